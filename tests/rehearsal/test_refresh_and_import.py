"""Refresh finds what changed outside; import takes over what exists, components and parents included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.deployment import load_state
from lockstep.errors import UsageError
from lockstep.rehearsal import DiffKind, ImportedResource, read_import_document
from tests.rehearsal.conftest import Boxes, steps
from tests.rehearsal.toy import BOX, ToyPlugin


def test_refresh_writes_down_drift_seen_from_the_other_side(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    boxes({"name": "a", "color": "red"}, {"name": "b"}).up()
    toy.boxes["box-1" if "color" in toy.boxes["box-1"] else "box-2"]["color"] = "blue"
    result = boxes().refresh()
    assert result.changes == {"same": 1, "update": 1}
    step = next(step for step in result.steps if step.name == "a")
    assert (step.outcome, step.detailed_diff) == ("update", {"color": DiffKind.UPDATE})
    kept = next(entry for entry in load_state(state).resources if entry.urn.endswith("::a"))
    assert (kept.inputs["color"], kept.outputs["color"]) == ("blue", "blue")


def test_refresh_drops_what_is_gone_and_up_makes_it_again(boxes: Boxes, toy: ToyPlugin) -> None:
    boxes({"name": "a"}).up()
    toy.boxes.clear()
    assert boxes({"name": "a"}).preview().changed is False
    preview = boxes({"name": "a"}).preview(refresh=True)
    assert steps(preview)["a"] == "create"
    assert boxes({"name": "a"}).up(refresh=True).changes == {"same": 2, "create": 1}
    assert list(toy.boxes) == ["box-2"]


def test_refresh_of_a_preview_writes_nothing(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    boxes({"name": "a", "color": "red"}).up()
    before = state.read_text()
    toy.boxes["box-1"]["color"] = "blue"
    assert steps(boxes({"name": "a", "color": "red"}).preview(refresh=True))["a"] == "update"
    assert state.read_text() == before


def test_import_puts_children_under_components(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    toy.boxes["mine"] = {"color": "red", "lid": "shut"}
    document = {
        "resources": [
            {"type": "house:index:Shelf", "name": "shelf", "component": True},
            {"type": BOX, "name": "shelf box", "logicalName": "a", "id": "mine", "parent": "shelf"},
        ]
    }
    result = boxes().import_(read_import_document(document))
    assert result.changes == {"import": 2}
    urns = {entry.urn: entry for entry in load_state(state).resources}
    child = urns["urn:pulumi:dev::boxes::house:index:Shelf$toy:index:Box::a"]
    assert (child.protect, child.id, child.import_id) == (True, "mine", "")
    after = boxes({"name": "a", "color": "red"}).up()
    assert steps(after) == {"shelf": "update", "a": "same"}
    assert not boxes({"name": "a", "color": "red"}).up().changed


def test_import_skips_the_children_of_what_failed(boxes: Boxes) -> None:
    result = boxes().import_([ImportedResource(BOX, "a", "nowhere"), ImportedResource(BOX, "b", "x", parent="a")])
    assert result.exit_code == 1
    assert result.errors == ["resource 'nowhere' does not exist", "b was skipped: its parent could not be imported"]


def test_import_of_what_the_state_has_is_refused(boxes: Boxes, toy: ToyPlugin) -> None:
    boxes({"name": "a", "inside": False}).up()
    result = boxes().import_([ImportedResource(BOX, "a", "box-1")])
    assert "already in the state" in result.errors[0]
    assert len(toy.boxes) == 1


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ([{"type": BOX}], "needs `type` and `name`"),
        ([{"type": BOX, "name": "a"}], "has no `id`"),
        ("no list", "must hold a list"),
    ],
)
def test_import_document_that_is_wrong_is_refused(resources: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_import_document({"resources": resources})


def test_import_document_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "import.json"
    path.write_text(json.dumps({"resources": [{"type": BOX, "name": "a", "id": "1"}]}))
    assert read_import_document(path) == [ImportedResource(BOX, "a", "1")]
    path.write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        read_import_document(path)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([ImportedResource(BOX, "a", "1"), ImportedResource(BOX, "a", "2")], "twice"),
        ([ImportedResource(BOX, "a", "1", parent="shelv")], "does not stand before it"),
    ],
)
def test_import_names_must_be_unique_and_parents_first(
    boxes: Boxes, toy: ToyPlugin, entries: list[ImportedResource], message: str
) -> None:
    toy.boxes["1"] = {}
    result = boxes().import_(entries)
    assert message in result.errors[-1]
