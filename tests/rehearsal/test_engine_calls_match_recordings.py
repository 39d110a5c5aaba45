"""The order of a plugin's calls for one resource is the recorded one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lockstep.rehearsal import ImportedResource, Result
from tests.rehearsal.conftest import Boxes
from tests.rehearsal.toy import BOX, ToyPlugin

_METHODS = {"Check", "Diff", "Create", "Read", "Update", "Delete"}


def _sequence(toy: ToyPlugin) -> str:
    return " ".join(method for method, urn in toy.calls if method in _METHODS and urn.endswith("::a"))


def test_calls_of_a_life_cycle_are_the_recorded_ones(boxes: Boxes, toy: ToyPlugin, recorded: dict[str, Any]) -> None:
    sequences = {}
    phases: dict[str, Callable[[], Result]] = {
        "02-create": lambda: boxes({"name": "a", "color": "red"}).up(),
        "03-noop-refresh": lambda: boxes({"name": "a", "color": "red"}).up(refresh=True),
        "05-update": lambda: boxes({"name": "a", "color": "blue"}).up(),
        "10-destroy": lambda: boxes().destroy(),
    }
    for phase, work in phases.items():
        toy.calls.clear()
        assert work().exit_code == 0
        sequences[phase] = _sequence(toy)
    for phase, sequence in sequences.items():
        assert sequence in recorded["calls"][phase]


def test_calls_of_an_import_are_the_recorded_ones_without_its_preview(
    boxes: Boxes, toy: ToyPlugin, recorded: dict[str, Any]
) -> None:
    toy.boxes["mine"] = {"lid": "shut"}
    boxes().import_([ImportedResource(BOX, "a", "mine")])
    assert [f"{_sequence(toy)} {_sequence(toy)}"] == list(recorded["calls"]["08-import"])


def test_provider_is_checked_and_configured_once_with_its_settings(boxes: Boxes, toy: ToyPlugin) -> None:
    boxes({"name": "a"}, {"name": "b"}, **{"toy:tenant": "t1", "other:tenant": "t2"}).up()
    assert toy.configured == [{"tenant": "t1"}]
    assert [method for method, _ in toy.calls].count("CheckConfig") == 1
