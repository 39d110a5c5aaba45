"""A finding's fix names who can mend it: the stack, or an administrator where the stack leaves consents to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lockstep.report import Finding
from lockstep.settings.selection import Withheld
from tests.audit.worlds import World, consent, exact, graph

STACKS = "`pulumi up --stack STACK --refresh --policy-pack policy` (STACK is this tenant's stack)"
UP, BOTH = f"{STACKS} puts it right", f"{STACKS} puts the configuration right"
GIVES, TAKES = "an administrator gives the consent", "an administrator takes back the consent"
CONSENTED, CONFIGURED = ("consented",), ("configured",)
HALVES = CONSENTED + CONFIGURED

Change = Callable[[World], object]


def _lacks(key: str, *halves: str) -> Change:
    """Take the first documented permission of an app out of its consents, its configuration, or both."""

    def change(world: World) -> None:
        entry = world.app(key).wanted[0]
        if "consented" in halves:
            world.hold(key, without=(consent(entry, world),))
        if "configured" in halves:
            world.configure(key, without=(entry.permission,))

    return change


def _withheld(key: str, *halves: str) -> Change:
    """Decide against a permission of which only these halves are still there."""

    def change(world: World) -> None:
        expected = world.app(key)
        _lacks(key, *(half for half in HALVES if half not in halves))(world)
        kept, gone = expected.wanted[1:], expected.wanted[:1]
        world.declare(key, wanted=kept, withheld=tuple(Withheld(entry, "r", "b") for entry in gone))

    return change


CASES = [
    ("permission-missing", "provisioning", _lacks("provisioning", *HALVES), (BOTH, GIVES)),
    ("configured-without-consent", "provisioning", _lacks("provisioning", *CONSENTED), (GIVES,)),
    ("consent-without-configuration", "provisioning", _lacks("provisioning", *CONFIGURED), (UP,)),
    ("permission-withheld", "provisioning", _withheld("provisioning", *HALVES), (BOTH, TAKES)),
    ("permission-withheld", "provisioning", _withheld("provisioning", *CONSENTED), (TAKES,)),
    ("permission-withheld", "provisioning", _withheld("provisioning", *CONFIGURED), (UP,)),
    ("permission-extra", "provisioning", lambda world: world.hold("provisioning", graph("Mail.Read")), (TAKES,)),
    ("permission-extra", "atera", lambda world: world.hold("atera", graph("Chat.Read")), (TAKES,)),
    ("permission-missing", "atera", _lacks("atera", *CONSENTED), (GIVES,)),
]
IDS = [f"{rule} of {key}: {' + '.join(part.split()[-1] for part in parts)}" for rule, key, _, parts in CASES]


def _fixes(world: World, rule: str) -> list[str]:
    return [finding.fix or "" for finding in world.findings() if finding.rule == rule]


def _leave_to_administrator(world: World, *keys: str) -> World:
    for key in keys:
        world.declare(key, consents="by-admin")
    return world


@pytest.mark.parametrize(("rule", "key", "change", "parts"), CASES, ids=IDS)
def test_fix_is_an_administrators_exactly_where_a_consent_is_wrong_that_is_theirs(
    rule: str, key: str, change: Change, parts: tuple[str, ...]
) -> None:
    world = exact()
    change(world)
    (managed,) = _fixes(world, rule)
    assert managed.startswith(UP)
    assert "administrator" not in managed
    (left,) = _fixes(_leave_to_administrator(world, key), rule)
    assert [part for part in (UP, BOTH, GIVES, TAKES) if part in left] == list(parts)
    if parts != (UP,):
        name = {"provisioning": "Atlas.ConneX Provisioning", "atera": "Atera"}[key]
        assert f"Enterprise applications > {name} > Permissions" in left
        assert "`lockstep show --stack STACK`" in left


def test_consents_of_a_shared_principal_are_given_in_sharepoint() -> None:
    world = _leave_to_administrator(exact(), "spfx")
    world.hold("spfx/new", without=(consent(world.app("spfx").wanted[0], world),))
    (fix,) = _fixes(world, "permission-missing")
    assert fix.startswith(GIVES)
    assert "SharePoint admin center > Advanced > API access" in fix


def test_what_the_stack_only_reports_no_up_takes_back() -> None:
    world = exact()
    world.hold("atera", graph("Chat.Read"))
    world.declare("atera", removals="report")
    (fix,) = _fixes(world, "permission-extra")
    assert fix.startswith(f"`removals: report` leaves it in place: set that to apply, and {UP}")
    assert fix.endswith("take it back at Microsoft Entra admin center > Enterprise applications > Atera > Permissions")
    _lacks("atera", *CONSENTED)(world)
    (given,) = _fixes(world, "permission-missing")
    assert given.startswith(UP)


def test_one_apps_administrator_is_not_anothers() -> None:
    world = _leave_to_administrator(exact(), "workspaces-sync")
    _lacks("provisioning", *HALVES)(world)
    (fix,) = _fixes(world, "permission-missing")
    assert fix.startswith(UP)


def test_app_that_is_not_there_is_made_by_up_and_consented_by_an_administrator() -> None:
    world = exact()
    for found in world.applications, world.principals, world.holdings:
        del found["provisioning"]
    (managed,) = _fixes(world, "app-missing")
    assert managed.startswith(UP)
    assert "administrator" not in managed
    (left,) = _fixes(_leave_to_administrator(world, "provisioning"), "app-missing")
    assert left.startswith(UP)
    assert "then an administrator consents" in left


def test_scope_that_an_app_exposes_is_the_stacks_whoever_consents() -> None:
    world = _leave_to_administrator(exact(), "connex-api")
    app = world.applications["connex-api"]
    world.applications["connex-api"] = replace(app, scopes=())
    changed: list[Finding] = [each for each in world.findings() if each.rule == "exposed-scope-changed"]
    assert changed
    assert all(each.fix and each.fix.startswith(UP) for each in changed)
