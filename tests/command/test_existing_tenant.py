"""An existing tenant, end to end: doctor, audit, adopt, preview, up, audit; nobody is ever without what they had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lockstep.emulator import Emulator
from tests.adopt.watch import Watch, rightful
from tests.command.conftest import Command


@pytest.fixture(params=["brownfield", "drifted"])
def watch(request: pytest.FixtureRequest, project: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A tenant of this profile, watched through whatever opens it."""
    folder = project / ".lockstep" / "dev"
    folder.mkdir(parents=True)
    with Emulator.open(folder / "emulator.sqlite", profile=request.param) as emulator:
        watch = Watch(rightful(emulator))
    ordinary = Emulator.open

    def watched(path: Path | None = None, **options: Any) -> Emulator:
        emulator = ordinary(path, **options)
        watch.over(emulator)
        return emulator

    monkeypatch.setattr(Emulator, "open", watched)
    return watch


def test_existing_tenant_becomes_exact_without_an_outage(watch: Watch, lockstep: Command) -> None:
    looked = lockstep("doctor", "--json")
    assert looked.code == 1, looked.err
    assert looked.document["next"] == "lockstep adopt --stack dev"
    before = lockstep("audit", "--stack", "dev", "--json")
    assert before.code == 1, before.err
    assert lockstep("adopt").code == 0
    adopted = lockstep("adopt", "--write")
    assert adopted.code == 0, adopted.err
    preview = lockstep("preview", "--json")
    assert preview.code == 0, preview.err
    assert {step["op"] for step in preview.document["steps"]} <= {"create", "update", "same"}
    assert watch.looked == 0, "adoption wrote to the tenant"
    up = lockstep("up", "--json")
    assert up.code == 0, up.err
    assert up.document["verification"]["agrees"]
    after = lockstep("audit", "--stack", "dev", "--json")
    assert after.code == 0, after.err
    assert lockstep("preview", "--expect-no-changes").code == 0
    assert lockstep("doctor").code == 0
    assert watch.looked > 10
    assert sum(len(rightful) for rightful in watch.had.values()) > 60
    assert watch.outages == []


def test_outage_would_be_seen(watch: Watch, lockstep: Command, project: Path) -> None:
    with Emulator.open(project / ".lockstep/dev/emulator.sqlite") as emulator:
        client = next(iter(watch.had))
        row = next(iter(emulator.tenant.store["appRoleAssignments"].by("principalId", client)))
        emulator.tenant.store.remove("appRoleAssignments", row["id"])
    assert lockstep("adopt", "--write").code == 0
    assert lockstep("up").code == 0
    assert watch.outages
