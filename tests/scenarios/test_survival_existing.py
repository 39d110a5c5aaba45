"""An existing tenant is taken over while Entra is at its worst, by the commands that a user runs.

Every command ends well, or says why in one line and is finished by running it again; nothing of others changes.
LOCKSTEP_SOAK=1 (`make soak`) goes through every kind of fault.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from lockstep.emulator import Emulator
from lockstep.local import rehearsing
from lockstep.local.door import EmulatorDoor
from lockstep.rehearsal.azuread import AzureAD
from tests.adopt.watch import Watch, clients, rightful
from tests.command.conftest import Command, Outcome, clock, lockstep, project, set_setting
from tests.scenarios.estate import NEW_SPFX, OLD_NAME, REGISTRATIONS, consents, documented, held, our_writes, principal
from tests.scenarios.test_survival import LONGEST, PLANS, RUNS, SEEDS
from tests.scenarios.unkind import THEIRS, opened, repeated_blindly, set_faults
from tests.vendors import ATERA_CLIENT_ID

__all__ = ["clock", "lockstep", "project"]

pytestmark = pytest.mark.kind  # these set faults of their own
OURS = "process"
"""The door of everything that is not azuread: provider, adoption, audit, capture and read-back."""
FEW = ["resource units", "late replicas", "all of it"]
FAULTS = list(PLANS) if os.environ.get("LOCKSTEP_SOAK") == "1" else FEW
WITHOUT_ATERA = ("lockstep:vendors: [atlas, atera]", "lockstep:vendors: [atlas]")


@dataclass
class Existing:
    """A tenant that lives in memory through many commands, on a clock that stands still until somebody waits."""

    emulator: Emulator
    lockstep: Command

    def finished(self, *words: str, code: int = 0) -> Outcome:
        """Run a command until it ends with `code`; each run that does not has said why, and kept to its time."""
        for _ in range(RUNS):
            begun = self.emulator.clock()
            done = self.lockstep(*words, "--json")
            assert self.emulator.clock() - begun < 2 * LONGEST  # `up` plans first, which is a run of its own
            if done.code == code:
                return done
            assert done.code in (1, 3), f"{words}: {done.code}: {done.err}"
            assert "Traceback" not in done.err
            assert _why(done), f"{words} ended with {done.code} without a word: {done.out[:2000]}"
            self.emulator.clock.advance(60)
        raise AssertionError(f"{words}: not finished after {RUNS} runs: {_why(done)}")


def _why(done: Outcome) -> list[str]:
    """Return what a command says of its failure; each in one line."""
    document = done.document
    said = [document["error"]] if document.get("error") else []
    said += [each["message"] for each in document.get("diagnostics", []) if each["severity"] == "error"]
    said += [problem for row in document.get("verification", {}).get("apps", []) for problem in row["problems"]]
    said += [each["message"] for each in document.get("findings", []) if each["severity"] == "error"]
    assert all("\n" not in text for text in said), said
    return said


def others(emulator: Emulator) -> dict[str, Any]:
    """Return everything in the tenant that is nobody's of this stack."""
    tenant = held(emulator)
    names = set(REGISTRATIONS.values())
    apps = {each["appId"] for each in tenant["applications"] if each["displayName"] in names}
    ours = {each["id"] for each in tenant["servicePrincipals"] if each["appId"] in {*apps, ATERA_CLIENT_ID}}
    shared = {each["id"] for each in tenant["servicePrincipals"]
              if each["appId"] == NEW_SPFX or each["displayName"] == OLD_NAME}  # fmt: skip
    grants = [
        each
        for each in tenant["oauth2PermissionGrants"]
        if each["consentType"] == "Principal" or each["clientId"] not in ours | shared
    ]
    return {
        "applications": [each for each in tenant["applications"] if each["appId"] not in apps],
        "servicePrincipals": [each for each in tenant["servicePrincipals"] if each["appId"] not in apps],
        "grants": grants,
        "assignments": [each for each in tenant["appRoleAssignments"] if each["principalId"] not in ours],
    }


@pytest.fixture
def existing(lockstep: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Existing]:
    """Open a tenant of a profile, which every command of the test then meets; azuread by a door of its own."""

    def make(profile: str) -> Existing:
        emulator = opened(profile)
        theirs = emulator.app_behind(THEIRS)
        ordinary = rehearsing.local_plugins_of

        def plugins(door: EmulatorDoor) -> dict[str, Any]:
            def client() -> httpx.AsyncClient:
                return httpx.AsyncClient(transport=httpx.ASGITransport(theirs), base_url=door.url)

            return {**ordinary(door), "azuread": lambda: AzureAD(client, door.env, door.waiting)}

        monkeypatch.setattr(rehearsing, "local_plugins_of", plugins)
        monkeypatch.setattr(emulator, "close", lambda: None)
        monkeypatch.setattr(Emulator, "open", lambda path=None, **options: emulator)
        return Existing(emulator, lockstep)

    return make


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_existing_tenant_is_taken_over_under_each_fault(
    fault: str, seed: int, existing: Callable[[str], Existing]
) -> None:
    """Audit, adopt, preview, up, no change, audit, capture; and nobody is ever without what was theirs."""
    tenant = existing("brownfield")
    emulator = tenant.emulator
    theirs, watch = others(emulator), Watch(rightful(emulator))
    spfx = {client: consents(emulator, client) for key, client in clients(emulator).items() if "spfx" in key}
    watch.over(emulator)
    set_faults(emulator, PLANS[fault], seed, spare=[THEIRS])
    tenant.finished("audit", "--stack", "dev", code=1)
    tenant.finished("adopt", "--write")
    assert our_writes(emulator) == [], "an adoption wrote to the tenant"
    preview = tenant.finished("preview")
    assert {step["op"] for step in preview.document["steps"]} <= {"create", "update", "same"}
    assert our_writes(emulator) == [], "a preview wrote to the tenant"
    assert tenant.finished("up").document["verification"]["agrees"]
    emulator.clock.advance(60)
    for key, name in REGISTRATIONS.items():
        held_now = consents(emulator, principal(emulator, name=name)["id"])
        assert held_now == documented(emulator, "atlas", "2025-03-01", key), key
    for client, before in spfx.items():
        assert consents(emulator, client) >= before
    assert others(emulator) == theirs
    writes = our_writes(emulator)
    tenant.finished("preview", "--expect-no-changes")
    tenant.finished("audit", "--stack", "dev")
    captured = tenant.lockstep("capture", "--stack", "dev")
    while captured.code:
        assert captured.code == 3, captured.err
        emulator.clock.advance(60)
        captured = tenant.lockstep("capture", "--stack", "dev")
    names = {each["displayName"] for each in captured.document["applications"]}
    assert set(REGISTRATIONS.values()) <= names
    assert our_writes(emulator) == writes
    assert repeated_blindly(emulator.log, OURS) == []
    assert watch.outages == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", FAULTS if len(FAULTS) > len(FEW) else ["all of it"])
def test_claimed_scopes_go_with_the_stack_and_those_of_others_stay(
    fault: str, seed: int, existing: Callable[[str], Existing], project: Path
) -> None:
    set_setting(project, *WITHOUT_ATERA)
    tenant = existing("brownfield")
    emulator = tenant.emulator
    theirs, client = others(emulator), principal(emulator, app_id=NEW_SPFX)["id"]
    before = consents(emulator, client)
    set_faults(emulator, PLANS[fault], seed, spare=[THEIRS])
    adopted = tenant.finished("adopt", "--write", "--claim")
    shared = next(row for row in adopted.document["apps"] if row.get("claimed"))
    claimed = {(each["type"], each["value"]) for each in shared["claimed"]}
    assert len(claimed) == 14
    assert our_writes(emulator) == []
    tenant.finished("up")
    emulator.clock.advance(60)
    tenant.finished("preview", "--expect-no-changes")
    assert others(emulator) == theirs
    tenant.finished("destroy")
    left = consents(emulator, client)
    assert {entry for entry in before - left if entry[1:] not in claimed} == set()
    assert not left - before
    assert len(before - left) == 14
    assert others(emulator) == theirs
    assert repeated_blindly(emulator.log, OURS) == []
