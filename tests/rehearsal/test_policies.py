"""Policy packs run for real, in a child process, and refuse before anything is created."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal.conftest import PROGRAMS, Boxes
from tests.rehearsal.toy import ToyPlugin

_PACK = (PROGRAMS / "pack",)


def test_policies_refuse_a_resource_before_its_create(boxes: Boxes, toy: ToyPlugin) -> None:
    result = boxes({"name": "a", "color": "green"}, packs=_PACK).up()
    assert result.exit_code == 1
    assert [(entry.policy, entry.level, entry.message) for entry in result.violations] == [
        ("no-green", "mandatory", "Boxes are not green.\na is green")
    ]
    assert toy.boxes == {}


def test_policies_let_the_rest_pass_and_show_advice(boxes: Boxes, toy: ToyPlugin) -> None:
    result = boxes({"name": "a", "color": "grey"}, {"name": "b"}, packs=_PACK).up()
    assert result.exit_code == 0
    assert [(entry.policy, entry.level) for entry in result.violations] == [("no-grey", "advisory")]
    assert len(toy.boxes) == 2


def test_policies_show_every_violation_of_a_preview_and_refuse_unknowns(boxes: Boxes) -> None:
    entries = ({"name": "a", "color": "green"}, {"name": "b", "color": "green"}, {"name": "c", "copies": "a"})
    result = boxes(*entries, packs=_PACK).preview()
    assert result.exit_code == 1
    assert [entry.policy for entry in result.violations if entry.level == "mandatory"] == [
        "no-green",
        "no-green",
        "light",
    ]
    assert len(result.steps) == 5


def test_policies_of_the_stack_judge_at_the_end(boxes: Boxes, toy: ToyPlugin) -> None:
    result = boxes(*({"name": name} for name in "abcd"), packs=_PACK).up()
    assert result.exit_code == 1
    assert [entry.policy for entry in result.violations] == ["few"]
    assert len(toy.boxes) == 4


def test_policies_that_cannot_start_stop_everything(boxes: Boxes, toy: ToyPlugin, tmp_path: Path) -> None:
    assert "not a policy pack" in boxes({"name": "a"}, packs=(tmp_path,)).up().errors[0]
    (tmp_path / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (tmp_path / "__main__.py").write_text("raise ValueError('broken pack')\n")
    result = boxes({"name": "a"}, packs=(tmp_path,)).up()
    assert result.exit_code == 2
    assert "did not start" in result.errors[0]
    assert toy.boxes == {}


@pytest.mark.parametrize("operation", ["refresh", "destroy"])
def test_policies_are_not_asked_when_nothing_is_registered(boxes: Boxes, operation: str) -> None:
    boxes({"name": "a"}).up()
    assert getattr(boxes(packs=_PACK), operation)().violations == []
