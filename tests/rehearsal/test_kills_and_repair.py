"""A run killed at any moment leaves a state as SIGKILL would, and the next run finishes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.deployment import load_state
from lockstep.rehearsal import Killed
from tests.rehearsal.conftest import Boxes
from tests.rehearsal.toy import ToyPlugin

_ENTRIES = (
    {"name": "a", "color": "red"},
    {"name": "b", "copies": "a"},
    {"name": "c", "inside": False, "color": "blue"},
)


def _kill_at(toy: ToyPlugin, moment: int) -> None:
    count = iter(range(1000))

    def hook(_when: str, _what: str) -> None:
        if next(count) == moment:
            raise Killed

    toy.hook = hook


@pytest.mark.parametrize("moment", range(6))
def test_killed_up_is_finished_by_the_next_without_doubles(
    boxes: Boxes, toy: ToyPlugin, state: Path, moment: int
) -> None:
    _kill_at(toy, moment)
    with pytest.raises(Killed):
        boxes(*_ENTRIES).up()
    assert len(load_state(state).pending) >= 1
    toy.hook = lambda _when, _what: None
    result = boxes(*_ENTRIES).up()
    assert result.exit_code == 0
    assert len(toy.boxes) == 3
    assert not load_state(state).pending
    assert not boxes(*_ENTRIES).up().changed
    boxes().destroy()
    assert toy.boxes == {}


@pytest.mark.parametrize("moment", range(6))
def test_killed_destroy_is_finished_by_the_next(boxes: Boxes, toy: ToyPlugin, state: Path, moment: int) -> None:
    boxes(*_ENTRIES).up()
    _kill_at(toy, moment)
    with pytest.raises(Killed):
        boxes().destroy()
    assert len(load_state(state).pending) >= 1
    toy.hook = lambda _when, _what: None
    assert boxes().destroy().exit_code == 0
    assert toy.boxes == {}
    assert load_state(state).resources == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_update_runs_again(boxes: Boxes, toy: ToyPlugin, state: Path, when: str) -> None:
    boxes({"name": "a", "color": "red"}).up()
    _kill_at(toy, 0 if when == "before" else 1)
    with pytest.raises(Killed):
        boxes({"name": "a", "color": "blue"}).up()
    assert [entry.type for entry in load_state(state).pending] == ["updating"]
    toy.hook = lambda _when, _what: None
    assert boxes({"name": "a", "color": "blue"}).up().changes == {"same": 2, "update": 1}
    assert toy.boxes == {"box-1": {"color": "blue", "lid": "shut"}}


def test_destroy_after_a_killed_create_leaves_no_orphan(boxes: Boxes, toy: ToyPlugin) -> None:
    _kill_at(toy, 1)
    with pytest.raises(Killed):
        boxes({"name": "a"}).up()
    assert len(toy.boxes) == 1
    toy.hook = lambda _when, _what: None
    boxes().destroy()
    assert toy.boxes == {}


def test_repair_lists_what_became_of_each(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    _kill_at(toy, 1)
    with pytest.raises(Killed):
        boxes({"name": "a"}).up()
    settled = boxes().repair()
    assert [(entry.type, entry.urn.rpartition("::")[2], entry.adopted) for entry in settled] == [
        ("creating", "a", "box-1")
    ]
    assert boxes().repair() == []
    assert not load_state(state).pending


def test_repair_asks_the_callers_finder_first(boxes: Boxes, toy: ToyPlugin) -> None:
    _kill_at(toy, 1)
    with pytest.raises(Killed):
        boxes({"name": "a"}).up()
    candidates = []
    settled = boxes().repair(lambda resource: candidates.append(resource.inputs))
    assert candidates == [{"lid": "shut"}]
    assert settled[0].adopted == ""


def test_preview_after_a_kill_shows_the_truth_and_writes_nothing(boxes: Boxes, toy: ToyPlugin, state: Path) -> None:
    _kill_at(toy, 1)
    with pytest.raises(Killed):
        boxes({"name": "a"}).up()
    before = state.read_text()
    toy.hook = lambda _when, _what: None
    assert boxes({"name": "a"}).preview().changed is False
    assert state.read_text() == before
