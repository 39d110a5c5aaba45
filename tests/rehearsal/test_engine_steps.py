"""What a registration becomes: create, update, replace, same, delete, and the options that bend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.deployment import UNKNOWN, load_state
from lockstep.errors import UsageError
from lockstep.rehearsal import Op
from tests.rehearsal.conftest import Boxes, steps
from tests.rehearsal.toy import ToyPlugin


def test_create_then_same_then_update_then_delete(boxes: Boxes, toy: ToyPlugin) -> None:
    assert steps(boxes({"name": "a", "color": "red"}).up()) == {"shelf": "create", "a": "create"}
    again = boxes({"name": "a", "color": "red"}).up()
    assert steps(again) == {"shelf": "same", "a": "same"}
    assert not again.changed
    changed = boxes({"name": "a", "color": "blue"}).up()
    assert steps(changed) == {"shelf": "same", "a": "update"}
    assert changed.changes == {"same": 2, "update": 1}
    assert toy.boxes == {"box-1": {"color": "blue", "lid": "shut"}}
    assert steps(boxes().up()) == {"shelf": "same", "a": "delete"}
    assert toy.boxes == {}


def test_no_change_writes_no_state(boxes: Boxes, state: Path) -> None:
    boxes({"name": "a"}, {"name": "b", "copies": "a"}).up()
    before = state.stat().st_mtime_ns
    boxes({"name": "a"}, {"name": "b", "copies": "a"}).up()
    assert state.stat().st_mtime_ns == before


def test_outputs_of_the_stack_are_returned_and_stored(boxes: Boxes, state: Path) -> None:
    result = boxes({"name": "a"}).up()
    assert result.outputs == {"a-weight": 7, "greeting": "hello", "names": ["a"]}
    assert load_state(state).resources[0].outputs == result.outputs


def test_preview_knows_what_a_plugin_knows_and_writes_nothing(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    result = boxes({"name": "a"}, {"name": "b", "copies": "a"}).preview()
    assert result.changes == {"create": 4}
    assert result.outputs["a-weight"] == UNKNOWN
    assert [step.new_inputs.get("contents") for step in result.steps if step.name == "b"] == [UNKNOWN]
    assert toy.boxes == {}
    assert not state.exists()


def test_replace_creates_first_and_deletes_at_the_end(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    boxes({"name": "a", "size": 1}, {"name": "b", "copies": "a"}).up()
    toy.calls.clear()
    result = boxes({"name": "a", "size": 2}, {"name": "b", "copies": "a"}).up()
    assert [step.op for step in result.steps if step.name == "a"] == [Op.REPLACE, Op.DELETE_REPLACED]
    assert result.changes == {"replace": 1, "same": 3}
    assert [method for method, urn in toy.calls if urn.endswith("::a")] == [
        "Check",
        "Diff",
        "Check",
        "Create",
        "Delete",
    ]
    assert list(toy.boxes) == ["box-2", "box-3"]
    assert [entry.delete for entry in load_state(state).resources] == [False] * 5


@pytest.mark.parametrize("by_program", [True, False])
def test_delete_before_replace_deletes_first(boxes: Boxes, toy: ToyPlugin, by_program: bool) -> None:
    options = {"delete_before_replace": True} if by_program else {}
    toy.replace_deletes_first = not by_program
    boxes({"name": "a", "size": 1, "options": options}).up()
    toy.calls.clear()
    boxes({"name": "a", "size": 2, "options": options}).up()
    assert [method for method, urn in toy.calls if urn.endswith("::a")] == [
        "Check",
        "Diff",
        "Check",
        "Delete",
        "Create",
    ]


def test_failed_create_after_delete_before_replace_creates_next_time(boxes: Boxes, toy: ToyPlugin) -> None:
    options = {"delete_before_replace": True}
    boxes({"name": "a", "size": 1, "options": options}).up()
    assert boxes({"name": "a", "size": 2, "broken": True, "options": options}).up().exit_code == 1
    assert toy.boxes == {}
    assert boxes({"name": "a", "size": 2, "options": options}).up().exit_code == 0
    assert list(toy.boxes.values()) == [{"size": 2, "lid": "shut"}]
    assert toy.named("Delete") == ["a"]


def test_replace_on_changes_turns_an_update_into_a_replacement(boxes: Boxes) -> None:
    options = {"replace_on_changes": ["color"]}
    boxes({"name": "a", "color": "red", "options": options}).up()
    assert steps(boxes({"name": "a", "color": "blue", "options": options}).preview())["a"] != "update"


def test_ignored_changes_reach_check_with_their_old_value(boxes: Boxes, toy: ToyPlugin) -> None:
    boxes({"name": "a", "color": "red"}).up()
    result = boxes({"name": "a", "color": "blue", "options": {"ignore_changes": ["color"]}}).up()
    assert steps(result)["a"] == "same"
    assert toy.boxes["box-1"]["color"] == "red"


def test_protect_is_inherited_and_refuses_a_delete(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    boxes({"name": "a"}, {"name": "b", "inside": False}, protect="true").up()
    assert [entry.protect for entry in load_state(state).resources if entry.urn.endswith("::a")] == [True]
    result = boxes(protect="true").destroy()
    assert result.exit_code == 1
    assert any("a is protected" in error for error in result.errors)
    assert list(toy.boxes.values()) == [{"lid": "shut"}]
    kept = {entry.type for entry in load_state(state).resources}
    assert kept == {"pulumi:pulumi:Stack", "pulumi:providers:toy", "house:index:Shelf", "toy:index:Box"}


def test_protect_refuses_a_replacement_before_anything_is_made(boxes: Boxes, toy: ToyPlugin) -> None:
    boxes({"name": "a", "size": 1}, protect="true").up()
    result = boxes({"name": "a", "size": 2}, protect="true").up()
    assert result.exit_code == 1
    assert "protected" in result.errors[0]
    assert list(toy.boxes) == ["box-1"]


def test_retained_resources_are_forgotten_without_a_call(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    boxes({"name": "a"}, {"name": "b", "inside": False}, retain="true").up()
    assert boxes().destroy().changes == {"delete": 4}
    assert toy.named("Delete") == ["b"]
    assert load_state(state).resources == []


def test_deletes_go_in_reverse_order_of_dependence(boxes: Boxes, toy: ToyPlugin) -> None:
    boxes({"name": "a"}, {"name": "b", "copies": "a"}, {"name": "c", "after": ["b"], "inside": False}).up()
    boxes().destroy()
    assert toy.named("Delete") == ["c", "b", "a"]


def test_failed_delete_keeps_the_resource_and_what_it_needs(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    boxes({"name": "a"}, {"name": "b", "copies": "a", "stuck": True}).up()
    result = boxes().destroy()
    assert result.exit_code == 1
    assert result.errors == ["the box is stuck"]
    assert sorted(entry.urn.rpartition("::")[2] for entry in load_state(state).resources) == [
        "a", "b", "boxes-dev", "default", "shelf",
    ]  # fmt: skip
    assert not load_state(state).pending


def test_failed_create_stops_its_dependants_and_nothing_else(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    result = boxes({"name": "a", "broken": True}, {"name": "b", "copies": "a"}, {"name": "c", "inside": False}).up()
    assert result.exit_code == 1
    assert result.errors == ["the box broke"]
    assert sorted(toy.named("Create")) == ["a", "c"]
    assert [entry.message for entry in result.diagnostics if "left out" in entry.message] == [
        "left out, because something that they need failed: b (Box)"
    ]
    assert not load_state(state).pending


def test_nothing_is_deleted_after_a_failure(boxes: Boxes, toy: ToyPlugin) -> None:
    boxes({"name": "old"}).up()
    assert boxes({"name": "new", "broken": True}).up().exit_code == 1
    assert toy.named("Delete") == []
    assert boxes({"name": "new"}, fail="it rained").up().exit_code == 1
    assert toy.named("Delete") == []


def test_incomplete_resource_is_kept_and_updated_next_time(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    result = boxes({"name": "a", "half": True}, {"name": "b", "copies": "a"}, {"name": "c"}).up()
    assert result.exit_code == 1
    assert result.errors == ["the lid is missing"]
    kept = next(entry for entry in load_state(state).resources if entry.urn.endswith("::a"))
    assert (toy.boxes[kept.id]["half"], kept.init_errors, kept.outputs["weight"]) == (True, ["the lid is missing"], 3)
    assert "c" in toy.named("Create")
    assert "b" not in toy.named("Create")
    mended = boxes({"name": "a"}, {"name": "b", "copies": "a"}, {"name": "c"}).up()
    assert mended.exit_code == 0
    assert steps(mended) == {"shelf": "same", "a": "update", "b": "create", "c": "same"}
    assert all(not entry.init_errors for entry in load_state(state).resources)


@pytest.mark.parametrize(
    ("why", "exit_code"),
    [("UNKNOWN", 1), ("FAILED_PRECONDITION", 1), ("DEADLINE_EXCEEDED", 3), ("UNAVAILABLE", 3), ("UNAUTHENTICATED", 3)],
)
def test_incomplete_resource_ends_the_run_by_what_stopped_it(
    boxes: Boxes, state: Path, why: str, exit_code: int
) -> None:
    assert boxes({"name": "a", "half": why}).up().exit_code == exit_code
    assert boxes({"name": "a", "half": why, "color": "red"}).up().exit_code == exit_code  # an update, likewise
    kept = next(entry for entry in load_state(state).resources if entry.urn.endswith("::a"))
    assert kept.init_errors == ["the lid is missing"]


def test_check_failures_stop_up_and_are_all_shown_in_a_preview(boxes: Boxes, toy: ToyPlugin) -> None:
    wrong = {"name": "a", "color": "plaid"}
    preview = boxes(wrong, {"name": "b", "color": "plaid"}).preview()
    assert (
        preview.errors == ["a: color: plaid is not a color", "b: color: plaid is not a color"]
        or len(preview.errors) == 2
    )
    assert boxes(wrong).up().exit_code == 1
    assert toy.boxes == {}


def test_messages_of_a_plugin_carry_their_resource(boxes: Boxes) -> None:
    result = boxes({"name": "a"}).up()
    entry = next(entry for entry in result.diagnostics if entry.message == "made box-1")
    assert (entry.severity, entry.urn.rpartition("::")[2]) == ("info", "a")


def test_import_by_the_program_takes_over_then_updates(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    toy.boxes["mine"] = {"color": "red", "lid": "shut"}
    entry = {"name": "a", "color": "blue", "options": {"import_": "mine"}}
    result = boxes(entry).up()
    assert [str(step.op) for step in result.steps if step.name == "a"] == ["import", "update"]
    assert toy.boxes == {"mine": {"color": "blue", "lid": "shut"}}
    kept = next(entry for entry in load_state(state).resources if entry.urn.endswith("::a"))
    assert (kept.id, kept.import_id) == ("mine", "mine")
    assert not boxes(entry).up().changed


def test_import_of_nothing_is_an_error(boxes: Boxes) -> None:
    result = boxes({"name": "a", "options": {"import_": "nowhere"}}).up()
    assert result.exit_code == 1
    assert result.errors == ["resource 'nowhere' does not exist"]


def test_import_id_forbids_a_replacement(boxes: Boxes, toy: ToyPlugin) -> None:
    toy.boxes["mine"] = {"size": 1, "lid": "shut"}
    entry = {"name": "a", "size": 2, "options": {"import_": "mine"}}
    assert boxes(entry).preview().exit_code == 0
    assert "import id" in boxes(entry).up().errors[0]
    assert list(toy.boxes) == ["mine"]


def test_results_do_not_depend_on_timing(boxes: Boxes) -> None:
    entries = [{"name": f"b{index}", "inside": index % 2 == 0} for index in range(8)]
    orders = {tuple(step.urn for step in boxes(*entries).preview().steps) for _ in range(5)}
    assert len(orders) == 1


def test_unknown_package_is_named(toy: ToyPlugin, boxes: Boxes) -> None:
    rehearsal = boxes({"name": "a"})
    rehearsal._plugins = {"other": toy}
    result = rehearsal.up()
    assert result.exit_code == UsageError.exit_code
    assert "no plugin 'toy'" in result.errors[0]
