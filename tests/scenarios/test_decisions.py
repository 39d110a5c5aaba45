"""What a customer decides: withheld permissions, Atera without Robin, and consents that an administrator gives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

import pytest

from lockstep.catalogue import App, WhenUsed, load
from lockstep.emulator import ATERA_CLIENT_ID, TENANT_ID, Emulator
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
    our_writes,
    principal,
)

ATERA = load().edition("atera", "2026-11-22").app("atera")
ROBIN = {(entry.permission.api, entry.type.value, entry.name) for entry in ATERA.permissions
         if entry.when_used is WhenUsed.ONLY_WITH_ROBIN}  # fmt: skip
WITHHELD = [
    {"app": "connex-api", "permission": "Mail.Send", "reason": "We send no reports", "by": "Security review 7"},
    {"app": "spfx", "permission": "Mail.Send", "reason": "No feedback by mail", "by": "Security review 7"},
]
BY_ADMIN = {"connex-api": "by-admin", "atera": "by-admin", "spfx": "by-admin"}


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
    estate = Estate(Emulator.open(), settings={"lockstep:withhold": json.dumps(WITHHELD)})
    words = said(estate.preview())
    for entry in WITHHELD:
        documented_one = load().edition("atlas", "2025-03-01").app(entry["app"])
        lost = next(each.purpose for each in documented_one.permissions if each.name == "Mail.Send")
        assert f"withheld: {documented_one.name}: Microsoft Graph · delegated · Mail.Send" in words
        assert f"({entry['reason']}; {entry['by']}); lost with it: {lost}" in words


def test_what_is_withheld_is_neither_configured_nor_consented() -> None:
    emulator = Emulator.open()
    estate = Estate(emulator, settings={"lockstep:withhold": json.dumps(WITHHELD)})
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
    withheld = Estate(emulator, settings={"lockstep:withhold": json.dumps(WITHHELD)}, state=state)
    assert withheld.up().exit_code == 0
    assert {name for _, _, name in before - consents(emulator, api)} == {"Mail.Send"}
    assert Estate(emulator, state=state).up().exit_code == 0
    assert consents(emulator, api) == before


def test_atera_without_robin_has_nothing_that_only_robin_uses_twins_included() -> None:
    emulator = Emulator.open()
    estate = Estate(emulator, settings={"lockstep:ateraRobin": "false"})
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
    estate = Estate(emulator, settings={"lockstep:consents": json.dumps(BY_ADMIN)})
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
    estate = Estate(emulator, settings={"lockstep:consents": json.dumps(BY_ADMIN)})
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
    estate = Estate(emulator, settings={"lockstep:consents": json.dumps({"provisioning": "by-admin"})})
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
    by_admin = {"lockstep:consents": json.dumps(BY_ADMIN)}
    writes = our_writes(emulator)
    handed_over = Estate(emulator, settings=by_admin, state=state).up()
    assert handed_over.exit_code == 0, handed_over.diagnostics
    assert not [line for line in our_writes(emulator)[len(writes) :] if "appRoleAssign" in line or "Grant" in line]
    assert Estate(emulator, state=state).up().exit_code == 0
    assert Estate(emulator, settings=by_admin, state=state).up().exit_code == 0
    assert Estate(emulator, settings=by_admin, state=state).destroy().exit_code == 0
    assert held(emulator) == before  # what the stack had added is taken back, whoever is in charge in the end


def test_preview_of_a_first_by_admin_stack_says_what_an_administrator_will_give() -> None:
    emulator = Emulator.open()
    estate = Estate(emulator, settings={"lockstep:consents": json.dumps({"provisioning": "by-admin"})})
    previewed = estate.preview()
    assert previewed.exit_code == 0
    line = "+ Microsoft Graph · application · Sites.Read.All (for an administrator to give)"
    assert line in said(previewed)
    assert our_writes(emulator) == []


@pytest.mark.parametrize(
    "decided",
    [
        {"lockstep:withhold": json.dumps(WITHHELD)},
        {"lockstep:ateraRobin": "false"},
        {"lockstep:consents": json.dumps(BY_ADMIN)},
    ],
    ids=["withheld", "without robin", "by admin"],
)
def test_the_policy_pack_lets_each_decision_through(decided: dict[str, str]) -> None:
    emulator = Emulator.open()
    packed = Estate(emulator, settings=decided, packs=(ROOT / "policy",))
    result = packed.up()
    assert [each.message for each in result.violations if each.level == "mandatory"] == []
    assert result.exit_code == (1 if "lockstep:consents" in decided else 0), result.diagnostics
    assert packed.up().exit_code == result.exit_code


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"lockstep:consents": '{"conex-api": "by-admin"}'}, "did you mean 'connex-api'?"),
        ({"lockstep:consents": '{"connex-api": "by-hand"}'}, "managed"),
        ({"lockstep:optionalApps": "[]", "lockstep:consents": '{"pnp": "by-admin"}'}, "is not an app of this stack"),
        (
            {
                "lockstep:ateraRobin": "false",
                "lockstep:withhold": json.dumps(
                    [{"app": "atera", "permission": "Mail.Send", "reason": "no", "by": "me"}]
                ),
            },
            "ateraRobin: false withholds it already",
        ),
        (
            {"lockstep:withhold": json.dumps([WITHHELD[0], WITHHELD[0]])},
            "withheld twice",
        ),
        (
            {"lockstep:withhold": json.dumps([{**WITHHELD[0], "permission": "Mail.Sent"}])},
            "has no documented permission 'Mail.Sent'; did you mean 'Mail.Send'?",
        ),
    ],
)
def test_decisions_that_cannot_be_are_refused_before_anything_starts(settings: dict[str, str], expected: str) -> None:
    emulator = Emulator.open()
    refused = Estate(emulator, settings=settings).up()
    assert refused.exit_code != 0
    assert expected in said(refused)
    assert our_writes(emulator) == []
