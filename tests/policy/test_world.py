"""What the pack reads before it judges: the stack's own settings, by the project's name."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path

import pytest

from lockstep.errors import SettingError, UsageError
from lockstep.policy.rules import rules_by_name
from lockstep.policy.world import read_world
from tests.policy.service import TODAY, make_world
from tests.settings.reading import ATERA, config


def test_settings_that_cannot_be_read_are_named_by_file_and_key() -> None:
    with pytest.raises(SettingError, match=r"^Pulumi\.test\.yaml: lockstep:apps\.atera\.possible must be one of"):
        make_world(None, {"atera": {"possible": "some"}})
    environ = {"PULUMI_PROJECT": "lockstep", "PULUMI_STACK": "test"}
    with pytest.raises(SettingError, match=r"^stack test: its settings did not reach the policy pack$"):
        read_world(Path("/nowhere"), environ, rules_by_name(), TODAY)


def test_settings_carry_the_projects_name() -> None:
    given = {key.replace("lockstep:", "contoso-entra:"): text for key, text in config().items()}
    environ = {"PULUMI_PROJECT": "contoso-entra", "PULUMI_STACK": "test", "PULUMI_CONFIG": json.dumps(given)}
    found = read_world(Path("/nowhere"), environ, rules_by_name(), TODAY)
    assert ("atera", "atera") in found.apps
    with pytest.raises(SettingError, match="fabrikam:target is missing"):
        read_world(Path("/nowhere"), {**environ, "PULUMI_PROJECT": "fabrikam"}, rules_by_name(), TODAY)


NO_STACK = (
    "the engine did not say which stack this is, so nothing can be judged; run the pack by `pulumi preview` or "
    "`pulumi up` with --policy-pack"
)


@pytest.mark.parametrize("missing", ["PULUMI_PROJECT", "PULUMI_STACK"])
def test_an_engine_that_does_not_say_which_stack_it_runs_is_refused(missing: str) -> None:
    environ = {"PULUMI_PROJECT": "lockstep", "PULUMI_STACK": "test", "PULUMI_CONFIG": json.dumps(config())}
    assert read_world(Path("/nowhere"), environ, rules_by_name(), TODAY).stack == "test"
    for without in ({**environ, missing: ""}, {name: text for name, text in environ.items() if name != missing}):
        with pytest.raises(UsageError) as caught:
            read_world(Path("/nowhere"), without, rules_by_name(), TODAY)
        assert str(caught.value) == NO_STACK


def test_the_day_is_the_one_given_and_else_this_one_in_utc_wherever_the_machine_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environ = {"PULUMI_PROJECT": "lockstep", "PULUMI_STACK": "test", "PULUMI_CONFIG": json.dumps(config())}
    given = datetime.date(2031, 5, 17)
    assert read_world(Path("/nowhere"), environ, rules_by_name(), given).today == given
    try:
        # Between them, these two have another date than UTC at any hour.
        for zone in ("Etc/GMT-14", "Etc/GMT+12"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            before = datetime.datetime.now(datetime.UTC).date()
            found = read_world(Path("/nowhere"), environ, rules_by_name()).today
            assert before <= found <= datetime.datetime.now(datetime.UTC).date()
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_principal_of_a_vendor_that_is_not_deployed_is_not_ours_either() -> None:
    assert ATERA in make_world(vendors='["atlas"]').foreign_clients
