"""Drift under rehearsal: each change by hand is seen by `preview --refresh`, named, and healed by `up --refresh`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lockstep.emulator import Emulator
from lockstep.local.rehearsing import run_of
from lockstep.local.runs import Run
from lockstep.rehearsal import Result
from tests.provider.harness import Tenant
from tests.scenarios.drift import DRIFTS, NO_DRIFTS, Change, Drift
from tests.scenarios.estate import HOST, NO_OPTIONAL, Estate, held, of_apps, our_writes

SETTINGS = of_apps(NO_OPTIONAL)


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """A stack that is deployed, for one test: what people do to it is not all healed."""
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", HOST)
    estate = Estate(Emulator.open(), settings=SETTINGS, state=tmp_path / "state.json")
    assert estate.up().exit_code == 0
    return estate


def by_hand(estate: Estate, change: Change) -> None:
    asyncio.run(change(Tenant(estate.emulator)))


def named(result: Result) -> dict[tuple[str, str], list[str]]:
    """Return what each step says of permissions, as the command line prints it."""
    run: Run = run_of(result)
    found: dict[tuple[str, str], list[str]] = {}
    for step in run.steps:
        if step.op == "refresh" or not step.changes:
            continue
        lines = [f"{sign} {text.removeprefix('configured: ')}" for sign, text in step.configured()]
        consents = step.consents() or {"added": [], "removed": []}
        for sign, name in (("+", "added"), ("-", "removed")):
            lines += [f"{sign} {entry['api']} · {entry['type']} · {entry['value']}" for entry in consents[name]]
        found[step.type, step.name] = lines
    return found


@pytest.mark.parametrize("drift", DRIFTS, ids=[drift.title.replace(" ", "-") for drift in DRIFTS])
def test_drift_is_seen_named_and_healed(drift: Drift, deployed: Estate) -> None:
    before = held(deployed.emulator)
    by_hand(deployed, drift.change)
    writes = our_writes(deployed.emulator)
    seen = deployed.preview(refresh=True)
    assert our_writes(deployed.emulator) == writes
    assert seen.changed
    assert drift.shows in named(seen)[drift.step]
    assert set(named(seen)) == {drift.step}
    healed = deployed.up(refresh=True)
    assert healed.exit_code == 0, healed.errors
    assert drift.shows in named(healed)[drift.step]
    assert not deployed.preview(refresh=True).changed
    after = held(deployed.emulator)
    # The other API that somebody brought stays in the tenant; ours is as it was.
    for kind in ("oauth2PermissionGrants", "applications"):
        ours = [{name: value for name, value in each.items() if name != "id"} for each in before[kind]]
        now = [{name: value for name, value in each.items() if name != "id"} for each in after[kind]]
        assert [each for each in ours if _sorted(each) not in map(_sorted, now)] == []


def _sorted(row: dict[str, object]) -> str:
    scope = " ".join(sorted(str(row.get("scope", "")).split()))
    access = sorted(str(each) for each in row.get("requiredResourceAccess") or ())  # type: ignore[attr-defined]
    return str({**row, "scope": scope, "requiredResourceAccess": access})


@pytest.mark.parametrize(("title", "change"), NO_DRIFTS, ids=[title.replace(" ", "-") for title, _ in NO_DRIFTS])
def test_what_is_no_drift_changes_nothing(title: str, change: Change, deployed: Estate) -> None:
    by_hand(deployed, change)
    writes = our_writes(deployed.emulator)
    assert not deployed.preview(refresh=True).changed, title
    assert not deployed.up(refresh=True).changed, title
    assert our_writes(deployed.emulator) == writes


def test_withheld_permission_is_no_drift_while_it_is_absent(tmp_path: Path) -> None:
    withheld = {"permission": "Group.ReadWrite.All", "reason": "r", "by": "b"}
    decided = of_apps({**NO_OPTIONAL, "workspaces-sync": {"withhold": [withheld]}})
    settings = {"lockstep:vendors": '["atlas"]', **decided}
    estate = Estate(Emulator.open(), settings=settings, state=tmp_path / "state.json")
    assert estate.up().exit_code == 0
    assert not estate.preview(refresh=True).changed
