"""What a customer decides: withheld permissions, Atera without Robin, and consents that an administrator gives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lockstep.catalogue import App, load
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.rehearsal import Result
from tests.provider.harness import Tenant
from tests.scenarios.estate import (
    NEW_SPFX,
    ROOT,
    Consents,
    Estate,
    consents,
    documented,
    held,
    of_apps,
    our_writes,
    principal,
)
from tests.vendors import ATERA_CLIENT_ID

ATERA = load().edition("atera", "2026-11-22").app("atera")
ROBIN = {(entry.permission.api, entry.type.value, entry.name) for entry in ATERA.permissions
         if entry.feature and entry.feature.key == "robin"}  # fmt: skip
WITHHELD: dict[str, dict[str, Any]] = {
    "connex-api": {"permission": "Mail.Send", "reason": "We send no reports", "by": "Security review 7"},
    "spfx": {"permission": "Mail.Send", "reason": "No feedback by mail", "by": "Security review 7"},
}
DECIDED = of_apps({key: {"withhold": [decision]} for key, decision in WITHHELD.items()})
WITHOUT_ROBIN = of_apps({"atera": {"features": {"robin": False}}})
BY_ADMIN = ("connex-api", "atera", "spfx")
LEFT_TO_AN_ADMINISTRATOR = of_apps({key: {"consents": "by-admin"} for key in BY_ADMIN})


def said(result: Result, severity: str = "") -> str:
    return "\n".join(each.message for each in result.diagnostics if severity in ("", each.severity))


def given_by_hand(emulator: Emulator, client: str, wanted: Iterable[tuple[str, str, str]]) -> None:
    """Give consents as an administrator would, by a door of their own."""

    async def give() -> None:
        tenant = Tenant(emulator)
        for api, type_, name in sorted(wanted):
            await (tenant.grant if type_ == "delegated" else tenant.assign)(client, api, name)

    asyncio.run(give())


def client_of(emulator: Emulator, app: App) -> str:
    return str(principal(emulator, name=app.name)["id"])


def test_preview_names_what_is_withheld_why_and_what_is_lost() -> None:
    estate = Estate(Emulator.open(), settings=DECIDED)
    words = said(estate.preview())
    for key, entry in WITHHELD.items():
        documented_one = load().edition("atlas", "2025-03-01").app(key)
        lost = next(each.purpose for each in documented_one.permissions if each.name == "Mail.Send")
        assert f"withheld: {documented_one.name}: Microsoft Graph · delegated · Mail.Send" in words
        assert f"({entry['reason']}; {entry['by']}); lost with it: {lost}" in words


def test_what_is_withheld_is_neither_configured_nor_consented() -> None:
    emulator = Emulator.open()
    estate = Estate(emulator, settings=DECIDED)
    made = estate.up()
    assert made.exit_code == 0, made.diagnostics
    wanted = documented(emulator, "atlas", "2025-03-01", "connex-api")
    sent = {entry for entry in wanted if entry[2] == "Mail.Send"}
    api = principal(emulator, name="Atlas.ConneX API")
    assert consents(emulator, api["id"]) == wanted - sent
    assert "Mail.Send" not in {name for _, _, name in consents(emulator, principal(emulator, app_id=NEW_SPFX)["id"])}
    app = next(each for each in emulator.snapshot()["applications"] if each["appId"] == api["appId"])
    assert sum(len(each["resourceAccess"]) for each in app["requiredResourceAccess"]) == len(wanted) - 1
    assert not estate.preview().changed


def test_a_permission_that_was_consented_goes_once_it_is_withheld(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = tmp_path_factory.mktemp("state") / "state.json"
    emulator = Emulator.open()
    assert Estate(emulator, state=state).up().exit_code == 0
    api = principal(emulator, name="Atlas.ConneX API")["id"]
    before = consents(emulator, api)
    withheld = Estate(emulator, settings=DECIDED, state=state)
    assert withheld.up().exit_code == 0
    assert {name for _, _, name in before - consents(emulator, api)} == {"Mail.Send"}
    assert Estate(emulator, state=state).up().exit_code == 0
    assert consents(emulator, api) == before


def test_atera_without_robin_has_nothing_that_only_robin_uses_twins_included() -> None:
    emulator = Emulator.open()
    estate = Estate(emulator, settings=WITHOUT_ROBIN)
    previewed = said(estate.preview())
    assert previewed.count("withheld: Atera: ") == len(ROBIN)
    made = estate.up()
    assert made.exit_code == 0, made.diagnostics
    found = consents(emulator, principal(emulator, app_id=ATERA_CLIENT_ID)["id"])
    assert found == documented(emulator, "atera", "2026-11-22", "atera") - ROBIN
    assert 0 < len(found) < 27


def waiting(result: Result) -> str:
    """Return the one error of a run that waits for an administrator."""
    errors = [each.message for each in result.diagnostics if each.severity == "error"]
    assert len(errors) == 1, errors
    return errors[0]


def test_by_admin_deploys_everything_else_writes_no_consent_and_waits() -> None:
    emulator = Emulator.open()
    before = held(emulator)
    theirs = consents(emulator, principal(emulator, app_id=NEW_SPFX)["id"])
    estate = Estate(emulator, settings=LEFT_TO_AN_ADMINISTRATOR)
    made = estate.up()
    assert made.exit_code == 1
    error = waiting(made)
    api = principal(emulator, name="Atlas.ConneX API")
    for app_id in (api["appId"], ATERA_CLIENT_ID):
        address = f"https://localhost:8443/{TENANT_ID}/adminconsent?client_id={app_id}"
        assert error.count(address) == 1
        assert parse_qs(urlsplit(address).query) == {"client_id": [app_id]}
    assert "SharePoint admin center > Advanced > API access" in error
    assert consents(emulator, api["id"]) == set()
    assert consents(emulator, principal(emulator, app_id=ATERA_CLIENT_ID)["id"]) == set()
    assert consents(emulator, principal(emulator, app_id=NEW_SPFX)["id"]) == theirs
    # What the stack does manage is there, whatever the administrator does.
    for key, name in (("provisioning", "Atlas.ConneX Provisioning"), ("pnp", "Atlas.PnP App")):
        client = principal(emulator, name=name)["id"]
        assert consents(emulator, client) == documented(emulator, "atlas", "2025-03-01", key)
    app = next(each for each in emulator.snapshot()["applications"] if each["appId"] == api["appId"])
    assert sum(len(each["resourceAccess"]) for each in app["requiredResourceAccess"]) == 15
    assert estate.destroy().exit_code == 0
    assert held(emulator) == before


def test_by_admin_finishes_once_the_administrator_has_consented_and_destroy_leaves_that() -> None:
    emulator = Emulator.open()
    estate = Estate(emulator, settings=LEFT_TO_AN_ADMINISTRATOR)
    assert estate.up().exit_code == 1
    again = estate.up()
    assert again.exit_code == 1  # nothing has happened, so the second run says the same
    assert "adminconsent?client_id=" in waiting(again)
    wanted: dict[str, Consents] = {
        client_of(emulator, load().edition("atlas", "2025-03-01").app("connex-api")): documented(
            emulator, "atlas", "2025-03-01", "connex-api"
        ),
        principal(emulator, app_id=ATERA_CLIENT_ID)["id"]: documented(emulator, "atera", "2026-11-22", "atera"),
        principal(emulator, app_id=NEW_SPFX)["id"]: documented(emulator, "atlas", "2025-03-01", "spfx"),
    }
    first, *rest = wanted
    given_by_hand(emulator, first, wanted[first])
    part = estate.up()
    assert part.exit_code == 1
    assert "Atlas.ConneX API:" not in waiting(part)
    for client in rest:
        given_by_hand(emulator, client, wanted[client])
    done = estate.up()
    assert done.exit_code == 0, done.diagnostics
    for client, consented in wanted.items():
        assert consented <= consents(emulator, client)
    writes = our_writes(emulator)
    rested = estate.up()
    assert (rested.exit_code, rested.changed) == (0, False)
    assert not estate.preview(refresh=True).changed
    assert our_writes(emulator) == writes
    assert estate.destroy().exit_code == 0
    shared = consents(emulator, principal(emulator, app_id=NEW_SPFX)["id"])
    graph = {entry for entry in wanted[principal(emulator, app_id=NEW_SPFX)["id"]] if entry[0].startswith("00000003")}
    assert graph <= shared


def test_by_admin_asks_the_administrator_to_take_back_what_is_not_documented() -> None:
    emulator = Emulator.open()
    estate = Estate(emulator, settings=of_apps({"provisioning": {"consents": "by-admin"}}))
    assert estate.up().exit_code == 1
    client = principal(emulator, name="Atlas.ConneX Provisioning")["id"]
    wanted = documented(emulator, "atlas", "2025-03-01", "provisioning")
    graph = "00000003-0000-0000-c000-000000000000"
    given_by_hand(emulator, client, {*wanted, (graph, "application", "Directory.ReadWrite.All")})
    left = estate.up()
    assert left.exit_code == 1
    assert "1 consent to take back: Microsoft Entra admin center > Enterprise applications" in waiting(left)
    assert "- Microsoft Graph · application · Directory.ReadWrite.All (for an administrator to take back)" in said(left)
    assert (graph, "application", "Directory.ReadWrite.All") in {
        (api, type_, name) for api, type_, name in consents(emulator, client)
    }


def test_going_from_the_stack_to_an_administrator_and_back_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    state = tmp_path_factory.mktemp("state") / "state.json"
    emulator = Emulator.open()
    before = held(emulator)
    assert Estate(emulator, state=state).up().exit_code == 0
    writes = our_writes(emulator)
    handed_over = Estate(emulator, settings=LEFT_TO_AN_ADMINISTRATOR, state=state).up()
    assert handed_over.exit_code == 0, handed_over.diagnostics
    assert not [line for line in our_writes(emulator)[len(writes) :] if "appRoleAssign" in line or "Grant" in line]
    assert Estate(emulator, state=state).up().exit_code == 0
    assert Estate(emulator, settings=LEFT_TO_AN_ADMINISTRATOR, state=state).up().exit_code == 0
    assert Estate(emulator, settings=LEFT_TO_AN_ADMINISTRATOR, state=state).destroy().exit_code == 0
    assert held(emulator) == before  # what the stack had added is taken back, whoever is in charge in the end


def test_preview_of_a_first_by_admin_stack_says_what_an_administrator_will_give() -> None:
    emulator = Emulator.open()
    estate = Estate(emulator, settings=of_apps({"provisioning": {"consents": "by-admin"}}))
    previewed = estate.preview()
    assert previewed.exit_code == 0
    line = "+ Microsoft Graph · application · Sites.Read.All (for an administrator to give)"
    assert line in said(previewed)
    assert our_writes(emulator) == []


@pytest.mark.parametrize(
    "decided",
    [
        DECIDED,
        WITHOUT_ROBIN,
        LEFT_TO_AN_ADMINISTRATOR,
    ],
    ids=["withheld", "without robin", "by admin"],
)
def test_the_policy_pack_lets_each_decision_through(decided: dict[str, str]) -> None:
    emulator = Emulator.open()
    packed = Estate(emulator, settings=decided, packs=(ROOT / "policy",))
    result = packed.up()
    assert [each.message for each in result.violations if each.level == "mandatory"] == []
    assert result.exit_code == (1 if decided is LEFT_TO_AN_ADMINISTRATOR else 0), result.diagnostics
    assert packed.up().exit_code == result.exit_code


@pytest.mark.parametrize(
    ("apps", "expected"),
    [
        ({"conex-api": {"consents": "by-admin"}}, "did you mean 'connex-api'?"),
        ({"connex-api": {"consents": "by-hand"}}, "managed"),
        ({"pnp": {"deploy": None, "consents": "by-admin"}}, "is about an optional app that this stack does not deploy"),
        (
            {"atera": {"features": {"robin": False}, "withhold": [{**WITHHELD["spfx"]}]}},
            "features: {robin: false} withholds it already",
        ),
        ({"connex-api": {"withhold": [WITHHELD["connex-api"]] * 2}}, "twice; keep one of the two entries"),
        (
            {"connex-api": {"withhold": [{**WITHHELD["connex-api"], "permission": "Mail.Sent"}]}},
            "names 'Mail.Sent', but connex-api has no such documented permission; did you mean 'Mail.Send'?",
        ),
    ],
)
def test_decisions_that_cannot_be_are_refused_before_anything_starts(apps: dict[str, Any], expected: str) -> None:
    emulator = Emulator.open()
    refused = Estate(emulator, settings=of_apps(apps)).up()
    assert refused.exit_code != 0
    assert expected in said(refused)
    assert our_writes(emulator) == []
