"""What the pack reads before it judges: the stack's own settings, by the project's name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockstep.errors import SettingError, UsageError
from policy.pack import rules_by_name
from policy.world import read_world
from tests.policy.service import TODAY, make_world
from tests.stacks.reading import ATERA, config


def test_settings_that_cannot_be_read_are_named_by_file_and_key() -> None:
    with pytest.raises(SettingError, match=r"^Pulumi\.test\.yaml: lockstep:ateraTwins must be one of"):
        make_world(ateraTwins="some")
    environ = {"PULUMI_PROJECT": "lockstep", "PULUMI_STACK": "test"}
    with pytest.raises(SettingError, match=r"^stack test: its settings did not reach the policy pack$"):
        read_world(Path("/nowhere"), environ, rules_by_name(), TODAY)


def test_settings_carry_the_projects_name() -> None:
    given = {key.replace("lockstep:", "contoso-entra:"): text for key, text in config(ateraClientId=ATERA).items()}
    environ = {"PULUMI_PROJECT": "contoso-entra", "PULUMI_STACK": "test", "PULUMI_CONFIG": json.dumps(given)}
    found = read_world(Path("/nowhere"), environ, rules_by_name(), TODAY)
    assert ("atera", "atera") in found.apps
    with pytest.raises(SettingError, match="fabrikam:target is missing"):
        read_world(Path("/nowhere"), {**environ, "PULUMI_PROJECT": "fabrikam"}, rules_by_name(), TODAY)


@pytest.mark.parametrize("missing", ["PULUMI_PROJECT", "PULUMI_STACK"])
def test_an_engine_that_does_not_say_which_stack_it_runs_is_refused(missing: str) -> None:
    environ = {"PULUMI_PROJECT": "lockstep", "PULUMI_STACK": "test"}
    with pytest.raises(UsageError, match="the engine did not say which stack this is"):
        read_world(Path("/nowhere"), {**environ, missing: ""}, rules_by_name(), TODAY)
