"""Whole programs, rehearsed with the pack: what they ask for is refused in a preview, and before it is made in `up`."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from lockstep.emulator import Emulator
from lockstep.rehearsal import Rehearsal, Result, local_plugins
from lockstep.settings.stack_file import read_stack_file
from tests.policy.programs import BAD, MAIL_READ_WRITE, Bad, write_project
from tests.scenarios.estate import ENV, HOST


@pytest.fixture(autouse=True)
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", HOST)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator.open()


def rehearse(project: Path, emulator: Emulator) -> Rehearsal:
    """Return a rehearsal of the project in a folder, with its own pack."""
    config = read_stack_file(project / "Pulumi.dev.yaml").config
    plugins = local_plugins(lambda: httpx.ASGITransport(app=emulator.app), ENV)
    return Rehearsal(project, "dev", config, plugins=plugins, policy_packs=(project / "policy",))


def refusing(result: Result) -> set[str]:
    """Return the rules that refuse."""
    return {each.policy for each in result.violations if each.level == "mandatory"}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_preview_refuses_it_and_names_each_rule(bad: Bad, tmp_path: Path, emulator: Emulator) -> None:
    result = rehearse(write_project(tmp_path, bad), emulator).preview()
    assert refusing(result) == bad.rules, [each.message for each in result.violations]
    assert result.exit_code != 0


def test_up_refuses_it_before_it_is_made(tmp_path: Path, emulator: Emulator) -> None:
    result = rehearse(write_project(tmp_path, BAD["an undocumented scope in a component"]), emulator).up()
    assert "only-documented-permissions-configured" in refusing(result)
    assert result.exit_code != 0
    assert MAIL_READ_WRITE not in str(emulator.snapshot()["applications"])
    consents = [step for step in result.steps if step.op == "create" and "AdminConsent" in step.type]
    # Atera has no application here that could be refused: its consents may come before the run has stopped, or not.
    assert {step.name for step in consents if not step.error} <= {"Atera"}


def test_the_projects_own_program_passes(tmp_path: Path, emulator: Emulator) -> None:
    project = write_project(tmp_path)
    rehearsal = rehearse(project, emulator)
    assert refusing(rehearsal.preview()) == set()
    result = rehearsal.up()
    assert (result.exit_code, refusing(result)) == (0, set())
    assert {each.policy for each in result.violations} == {"tier-0-is-named"}
    again = rehearsal.preview()
    assert (again.changed, refusing(again)) == (False, set())
