"""`lockstep capture` and the rehearsals on what it printed."""

from __future__ import annotations

from pathlib import Path

from tests.command.conftest import Command


def test_a_capture_is_a_profile_for_every_command(lockstep: Command, project: Path) -> None:
    lockstep("emulator", "reset", "--profile", "brownfield")
    made = lockstep("capture", "--stack", "dev")
    assert made.code == 0, made.err
    assert "no secret, no key" in made.err
    assert made.err.splitlines()[-1].endswith("capture done")
    (project / "contoso.json").write_text(made.out, encoding="utf-8")
    before = lockstep("audit", "--stack", "dev", "--json").document

    reset = lockstep("emulator", "reset", "--profile", "contoso.json")
    assert reset.code == 0, reset.err
    again = lockstep("capture", "--stack", "dev").document
    assert {**again, "time": ""} == {**made.document, "time": ""}
    after = lockstep("audit", "--stack", "dev", "--json").document
    assert after["counts"] == before["counts"]
    assert lockstep("doctor", "--json").document["next"] == "lockstep adopt --stack dev"
    refused = lockstep("up", "--using", "rehearsal", "--profile", "contoso.json")
    assert refused.code == 1
    assert "Atlas.ConneX Workspaces Sync" in refused.err


def test_a_capture_that_is_not_there_is_refused_and_the_tenant_stays(lockstep: Command, project: Path) -> None:
    lockstep("emulator", "reset", "--profile", "drifted")
    before = lockstep("emulator", "snapshot").out
    refused = lockstep("emulator", "reset", "--profile", "nowhere.json")
    assert refused.code == 2
    assert "nowhere.json: cannot be read" in refused.err
    assert lockstep("emulator", "snapshot").out == before
    other = lockstep("up", "--using", "rehearsal", "--profile", "fresh")
    assert other.code == 2
    assert "made with the profile drifted" in other.err


def test_the_document_says_what_it_is(lockstep: Command) -> None:
    lockstep("emulator", "reset", "--profile", "fresh")
    document = lockstep("capture").document
    assert list(document)[:3] == ["format", "lockstep", "time"]
    assert document["applications"] == []
