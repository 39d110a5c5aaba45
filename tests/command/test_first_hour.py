"""The first hour in an old tenant, as docs/first-hour.md tells it: from the doctor to an audit without errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command.conftest import Command

REHEARSE = ("--using", "rehearsal")


@pytest.mark.parametrize(("profile", "errors"), [("brownfield", 8), ("drifted", 13)])
def test_from_the_doctor_to_an_audit_without_errors(
    lockstep: Command, project: Path, profile: str, errors: int
) -> None:
    lockstep("emulator", "reset", "--profile", profile)
    doctor = lockstep("doctor", "--json")
    assert (doctor.code, doctor.document["next"]) == (1, "lockstep adopt --stack dev")
    audit = lockstep("audit", "--stack", "dev", "--json")
    assert (audit.code, audit.document["counts"]["error"]) == (1, errors)
    (project / "before.json").write_text(audit.out, encoding="utf-8")

    adopted = lockstep("adopt", "--stack", "dev", "--write", *REHEARSE)
    assert adopted.code == 0, adopted.err
    preview = lockstep("preview", *REHEARSE, "--json")
    assert preview.code == 0, preview.err
    assert preview.document["writes"] == 0
    up = lockstep("up", *REHEARSE, "--json")
    assert up.code == 0, up.err

    after = lockstep("audit", "--stack", "dev", "--compare", "before.json", "--json")
    assert after.code == 0, after.err
    assert after.document["counts"]["error"] == 0
    changed = {change["what"] for change in after.document["changes"]}
    assert {"permission", "state"} <= changed
    by = {event["by"] for change in after.document["changes"] for event in change["events"]}
    assert by == {"Lockstep deployer (22222222-2222-4222-8222-222222222222)"}
    again = lockstep("preview", *REHEARSE, "--expect-no-changes", "--json")
    assert (again.code, again.document["writes"]) == (0, 0), again.err
    assert lockstep("doctor", "--json").document["next"] == "lockstep audit --stack dev"
