"""The state file: its shape, what is refused, and that a write is whole or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from lockstep.deployment import (
    PendingOperation,
    Snapshot,
    StateResource,
    StateWriter,
    deletion_levels,
    load_state,
    parse_state,
)
from lockstep.errors import StateError
from tests.rehearsal.conftest import Boxes

_TIMES = {"created", "modified"}


def test_state_is_a_version_three_deployment(boxes: Boxes, state: Path) -> None:
    boxes({"name": "a", "color": "red"}).up()
    document = json.loads(state.read_text())
    deployment = document["deployment"]
    assert document["version"] == 3
    assert set(deployment) == {"manifest", "secrets_providers", "resources", "metadata"}
    manifest = deployment["manifest"]
    assert manifest["magic"] == hashlib.sha256(manifest["version"].encode()).hexdigest()


def test_state_entries_have_the_recorded_fields(boxes: Boxes, state: Path, recorded: dict[str, Any]) -> None:
    boxes({"name": "a", "color": "red"}, **{"toy:tenant": "t"}).up()
    ours = {entry["type"]: entry for entry in json.loads(state.read_text())["deployment"]["resources"]}
    theirs = {entry["type"]: entry for entry in recorded["state"]}
    pairs = [
        ("pulumi:pulumi:Stack", "pulumi:pulumi:Stack"),
        ("pulumi:providers:toy", "pulumi:providers:azuread"),
        ("toy:index:Box", "azuread:index/application:Application"),
    ]
    for mine, recorded_type in pairs:
        assert set(ours[mine]) - _TIMES == set(theirs[recorded_type])
    assert ours["pulumi:providers:toy"]["inputs"] == {"__internal": {}, "tenant": "t"}
    assert ours["toy:index:Box"]["provider"].startswith(ours["pulumi:providers:toy"]["urn"] + "::")
    assert ours["toy:index:Box"]["propertyDependencies"] == {"color": []}


def test_state_resources_stand_after_all_that_they_need(boxes: Boxes, state: Path) -> None:
    boxes({"name": "b"}, {"name": "a", "copies": "b"}, {"name": "c", "after": ["a"], "inside": False}).up()
    before: set[str] = set()
    for resource in load_state(state).resources:
        assert resource.needs() <= before
        before.add(resource.urn)


def test_state_keeps_fields_that_it_does_not_know(state: Path) -> None:
    entry = {"urn": "u", "custom": True, "type": "t", "customTimeouts": {"create": 3}}
    text = json.dumps({"version": 3, "deployment": {"resources": [entry], "metadata": {"tags": {}}}})
    again = json.loads(StateWriter(state).text(parse_state(text, "x")))["deployment"]
    assert again["resources"] == [entry]
    assert again["metadata"] == {"tags": {}}


def test_a_state_that_is_written_again_says_what_became_of_each_resource(state: Path) -> None:
    one, other = (StateResource(name, "t", custom=True, inputs={"é": "\n"}) for name in "ab")
    file = StateWriter(state)
    for number, (name, value) in enumerate((field.name, field.default) for field in fields(StateResource)):
        setattr(one, name, not value if isinstance(value, bool) else f"{name} {number}")
        one.rest = {}
        snapshot = Snapshot([other, one], [PendingOperation("creating", replace(one))], {"tags": {}})
        file.write(snapshot)
        assert load_state(state) == snapshot, name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"version": 3, "deploy', "truncated"),
        ("", "truncated"),
        ("[]", "version None"),
        ('{"version": 4, "deployment": {}}', "version 4"),
        ('{"version": 3}', "not a deployment"),
        ('{"version": 3, "deployment": {"resources": [{"custom": true}]}}', "not a deployment"),
    ],
)
def test_state_that_is_broken_is_refused_and_left_alone(state: Path, boxes: Boxes, text: str, message: str) -> None:
    state.write_text(text)
    with pytest.raises(StateError, match=message):
        boxes({"name": "a"}).up()
    assert state.read_text() == text


def test_state_of_a_failed_write_is_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    file = StateWriter(path)
    file.write(Snapshot())
    before = path.read_text()
    with pytest.raises(TypeError):
        file.write(Snapshot([StateResource("u", "t", custom=True, inputs={"bad": object()})]))
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_deletions_go_before_what_they_need() -> None:
    a = StateResource("a", "t", custom=True)
    b = StateResource("b", "t", custom=True, dependencies=["a"])
    c = StateResource("c", "t", custom=True, parent="a", property_dependencies={"x": ["b"]})
    d = StateResource("d", "t", custom=True)
    assert [{entry.urn for entry in level} for level in deletion_levels([a, b, c, d])] == [{"c"}, {"b"}, {"a", "d"}]
