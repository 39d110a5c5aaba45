"""A file of faults: read whole, or refused with its line and what is allowed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.emulator import FaultPlan
from lockstep.emulator.faults.plan import KINDS, Latency
from lockstep.emulator.faults.reading import read_plan_file
from lockstep.emulator.faults.staleness import Replication
from lockstep.errors import UsageError

EVERYTHING = """
seed: 7
stopped_clock: false
latency: {median: 0.05, p99: 0.4}
throttling: {units: 3500, per: 10, writes: 3000, writes_per: 150, penalty: 10}
tokens: {lifetime: 600, requests: 100}
conflicts: {share: 1}
connections: {share: 0.01, done: 0.5}
errors: {share: 0.02, statuses: [500, 502, 503, 504], done: 0.5}
replication:
  delay: [0.5, 5]
  stale: 0.5
  objects: [applications, servicePrincipals, oauth2PermissionGrants, appRoleAssignments]
  by_id: true
  writes: true
absent: {share: 0.1, times: 1}
writer: {when: after, add: [Calendars.Read], times: 1}
rules:
- {method: POST, path: /v1.0/applications, status: 504, after: true, times: 2}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "faults.yaml"
    path.write_text(text, "utf-8")
    return path


def test_file_can_say_everything(tmp_path: Path) -> None:
    plan = read_plan_file(written(tmp_path, EVERYTHING))
    assert plan.seed == 7
    assert all(getattr(plan, name) is not None for name in KINDS), "a kind that this test does not know"
    assert plan.replication == Replication(delay=(0.5, 5.0))
    assert (plan.rules[0].status, plan.rules[0].after) == (504, True)


@pytest.mark.parametrize(
    ("text", "plan"),
    [("", FaultPlan()), ("latency: 0.25", FaultPlan(latency=Latency(0.25, 0.25))), ('{"seed": 3}', FaultPlan(seed=3))],
)
def test_short_forms(tmp_path: Path, text: str, plan: FaultPlan) -> None:
    assert read_plan_file(written(tmp_path, text)) == plan


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("seed: 3\nthrottling:\n  units: 30\n  unit: 4\n", 4, "throttling.unit: there is no such field.*did you mean"),
        ("replicaton: {}\n", 1, "replicaton: .*did you mean 'replication'"),
        ("rules:\n- status: 500\n- status: 200\n", 3, r"rules\[1\].status: .*400"),
        ("errors:\n  statuses:\n  - 500\n  - 404\n", 4, r"errors.statuses\[1\]"),
        ("replication:\n  delay: [1]\n", 2, r"replication.delay\[1\]: field required"),
        ("seed: 1\nlatency: -1\n", 2, "latency.median"),
        ("seed: one\n", 1, "seed: input should be a valid integer"),
        ("- seed\n", 1, "input should be an object"),
        ("seed: 2026-01-01\n", 1, "seed: input should be a valid integer"),
    ],
)
def test_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError, match=message) as caught:
        read_plan_file(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert "\n" not in str(caught.value)


def test_text_that_is_no_yaml_is_named_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "seed: 1\nrules: [\n")
    with pytest.raises(UsageError) as caught:
        read_plan_file(path)
    assert str(caught.value).startswith(f"{path}:3:1: is not YAML: ")


def test_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--faults .*nowhere\.yaml: cannot be read: No such file"):
        read_plan_file(tmp_path / "nowhere.yaml")
