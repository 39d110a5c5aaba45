"""Every recorded release can be taken over by this one: nothing is replaced, nothing deleted, and nobody is cut off."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from lockstep.catalogue import load
from lockstep.settings.former import replacement
from tests.scenarios.estate import HOST, Estate, consents, our_writes
from tests.upgrades.recording import recordings, replay

STAND_IN = "a7e7a000-0000-4000-8000-00000000a7e1"
"""The client id that Atera had in emulators before the catalogue knew the one that it publishes."""


@pytest.fixture(autouse=True)
def local_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", HOST)


def as_they_are_now(recorded: dict[str, str]) -> dict[str, str]:
    """Return recorded settings after what the refusal of the former ones says was done."""
    names = {key.removeprefix("lockstep:"): text for key, text in recorded.items()}
    former, lines = replacement(names, load())
    kept = {f"lockstep:{name}": text for name, text in names.items() if name not in former}
    written = {f"lockstep:{name}": json.dumps(value) for line in lines for name, value in yaml.safe_load(line).items()}
    apps = json.loads(written.get("lockstep:apps", "{}"))
    apps.setdefault("atera", {})["clientId"] = STAND_IN  # as the stack file of that day said
    return {**kept, **written, "lockstep:apps": json.dumps(apps)}


def taken_over(release: Path, folder: Path) -> Estate:
    """Return the stack of a recorded release, under this one."""
    settings = as_they_are_now(json.loads((release / "settings.json").read_text(encoding="utf-8")))
    state = folder / "state.json"
    shutil.copy(release / "state.json", state)
    return Estate(replay(release), settings=settings, state=state)


def test_there_is_a_recorded_release() -> None:
    assert recordings()


@pytest.mark.parametrize("release", recordings(), ids=lambda release: release.name)
def test_recorded_release_is_taken_over_in_place(release: Path, tmp_path: Path) -> None:
    estate = taken_over(release, tmp_path)
    emulator = estate.emulator
    ids = {each["id"] for kind in ("applications", "servicePrincipals") for each in emulator.snapshot()[kind]}
    held = {ident: consents(emulator, ident) for ident in ids}
    for refresh in (False, True):
        seen = estate.preview(refresh=refresh)
        assert seen.exit_code == 0, seen.errors
        steps = {str(step.op) for step in seen.steps}
        assert steps <= {"same", "update", "read", "refresh"}, [
            (str(step.op), step.urn) for step in seen.steps if str(step.op) in ("create", "replace", "delete")
        ]
        assert all(step.outcome != "delete" for step in seen.steps)
    done = estate.up()
    assert done.exit_code == 0, done.errors
    assert {each["id"] for kind in ("applications", "servicePrincipals") for each in emulator.snapshot()[kind]} == ids
    assert {ident: consents(emulator, ident) for ident in ids} == held
    writes = our_writes(emulator)
    assert not estate.up(refresh=True).changed
    assert our_writes(emulator) == writes


@pytest.mark.parametrize("release", recordings(), ids=lambda release: release.name)
def test_recorded_release_can_be_taken_back(release: Path, tmp_path: Path) -> None:
    estate = taken_over(release, tmp_path)
    done = estate.destroy()
    assert done.exit_code == 0, done.errors
    left = {each["displayName"] for each in estate.emulator.snapshot()["applications"]}
    assert not {name for name in left if name.startswith("Atlas")}
