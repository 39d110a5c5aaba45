"""Moving between editions and between SharePoint's two principals, and back: what goes, in which order, what stays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import DocumentedPermission, load
from lockstep.emulator import Emulator
from lockstep.rehearsal import Result
from tests.provider.harness import Tenant
from tests.scenarios.estate import (
    NEW_SPFX,
    NO_OPTIONAL,
    OLD_NAME,
    Estate,
    consents,
    documented,
    edition,
    held,
    of_apps,
    our_writes,
    principal,
)

EXPOSED = "Workspaces.FullControl.All"
CURRENT, OLD_EDITION = "2025-03-01", "2025-02-28"


def of_old(result: Result) -> list[str]:
    """Return what a run says of the consents on the old principal."""
    return [each.message for each in result.diagnostics if (each.urn or "").endswith(f"AdminConsent::{OLD_NAME}")]


def spfx() -> list[DocumentedPermission]:
    """Return what the current edition documents for the SharePoint principals."""
    return [entry for entry in load().edition("atlas", CURRENT).app("spfx").permissions if entry.certain]


def of_grants(emulator: Emulator, since: int) -> list[dict[str, Any]]:
    """Return the requests about grants after a moment, in order, those inside a batch too."""
    return [each for each in emulator.log if each["number"] > since and "oauth2PermissionGrants" in each["path"]]


def last_number(emulator: Emulator) -> int:
    return max(int(each["number"]) for each in emulator.log)


def test_withdrawal_is_named_and_comes_after_the_new_principal_is_granted_and_read_back() -> None:
    emulator = Emulator.open(profile="legacy-spfx")
    old = principal(emulator, name=OLD_NAME)["id"]
    theirs = consents(emulator, old)
    estate = Estate(emulator, settings={"lockstep:vendors": '["atlas"]', **of_apps({"spfx": {"principals": "old"}})})
    assert estate.up().exit_code == 0
    wanted = documented(emulator, "atlas", CURRENT, "spfx")
    assert consents(emulator, old) == theirs | wanted
    new = asyncio.run(Tenant(emulator).call("POST", "/servicePrincipals", {"appId": NEW_SPFX}))["id"]
    estate.change(of_apps({"spfx": {"principals": "new", "withdraw": True}}))
    writes = our_writes(emulator)
    said = of_old(estate.preview(refresh=True))
    assert our_writes(emulator) == writes
    ours = {entry.title for entry in spfx() if entry.name not in {name for _, _, name in theirs}}
    assert {line.partition("  (")[0] for line in said} == {f"- {title}" for title in ours}
    of_theirs = {each["id"] for each in emulator.snapshot()["oauth2PermissionGrants"] if each["clientId"] == old}
    since = last_number(emulator)
    assert estate.up().exit_code == 0
    assert consents(emulator, old) == theirs
    assert consents(emulator, new) == wanted
    log = of_grants(emulator, since)
    granted = [each["number"] for each in log if each["write"] and (each["body"] or {}).get("clientId") == new]
    read_back = [each["number"] for each in log if not each["write"] and new in str(each["query"])]
    taken = [each["number"] for each in log if each["write"] and each["path"].rpartition("/")[2] in of_theirs]
    assert len(granted) + len(taken) == sum(bool(each["write"]) for each in log)
    assert granted
    assert taken
    assert any(max(granted) < number < min(taken) for number in read_back)
    assert max(granted) < min(taken)


@pytest.mark.parametrize("sharepoint", ["auto", "old", "later"])
def test_withdrawal_does_not_begin_while_the_new_principal_is_not_there(sharepoint: str) -> None:
    emulator = Emulator.open(profile="legacy-spfx")
    old = principal(emulator, name=OLD_NAME)["id"]
    theirs = consents(emulator, old)
    estate = Estate(
        emulator, settings={"lockstep:vendors": '["atlas"]', **of_apps({"spfx": {"principals": sharepoint}})}
    )
    assert estate.up().exit_code == 0
    assert not estate.preview(refresh=True).changed
    before = consents(emulator, old)
    estate.change(of_apps({"spfx": {"principals": "new", "withdraw": True}}))
    for refresh in (False, True):
        assert estate.preview(refresh=refresh).changed
        refused = estate.up(refresh=refresh)
        assert refused.exit_code == 1
        assert any("run the same command again" in each.message for each in refused.diagnostics)
        assert consents(emulator, old) == before
    new = asyncio.run(Tenant(emulator).call("POST", "/servicePrincipals", {"appId": NEW_SPFX}))["id"]
    assert estate.up().exit_code == 0
    assert consents(emulator, old) == theirs
    assert consents(emulator, new) == documented(emulator, "atlas", CURRENT, "spfx")


def test_current_then_the_old_edition_then_current_is_the_way_back(tmp_path: Path) -> None:
    emulator = Emulator.open(profile="both-spfx")
    settings = {"lockstep:vendors": '["atlas"]', **of_apps(NO_OPTIONAL)}
    estate = Estate(emulator, settings=settings, state=tmp_path / "state.json")
    assert estate.up().exit_code == 0
    first, scopes = held(emulator), exposed(emulator)
    assert len(scopes) == 1
    old = principal(emulator, name=OLD_NAME)["id"]
    on_old = consents(emulator, old)
    for date in (OLD_EDITION, CURRENT):
        estate.settings = {**settings, **edition(atlas=date)}
        seen = estate.preview(refresh=True)
        assert {str(step.op) for step in seen.steps} <= {"same", "update", "read", "refresh"}, date
        since = last_number(emulator)
        done = estate.up(refresh=True)
        assert done.exit_code == 0, done.errors
        assert done.outputs["editions"]["atlas"] == date
        assert not [each for each in of_grants(emulator, since) if each["method"] == "DELETE"]
        assert consents(emulator, old) == on_old
        assert exposed(emulator) == scopes
        assert not estate.preview(refresh=True).changed
    assert held(emulator) == first


def exposed(emulator: Emulator) -> dict[str, str]:
    """Return the ids of the scopes that the tenant's applications expose, by value."""
    apps = emulator.snapshot()["applications"]
    scopes = [scope for app in apps for scope in app["api"]["oauth2PermissionScopes"]]
    return {scope["value"]: scope["id"] for scope in scopes if scope["value"] == EXPOSED}
