"""The hand-over of one state between two engines: whoever ran last has the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.errors import StateError
from lockstep.local.backend import Backend, Handover
from lockstep.local.state import LocalState


class Place:
    """One local state with both its halves."""

    def __init__(self, folder: Path) -> None:
        self.local = LocalState(folder)
        self.backend = Backend(self.local, "lockstep", "dev")
        self.handover = Handover(self.backend)
        self.imported: list[Any] = []

    def file(self, *names: str) -> None:
        """Let the rehearsal have made these."""
        self.local.state.write_text(json.dumps({"version": 3, "deployment": _deployment(names)}), encoding="utf-8")

    def pulumi(self, *names: str) -> None:
        """Let the Pulumi CLI have made these."""
        self.backend.path.parent.mkdir(parents=True, exist_ok=True)
        checkpoint = {"version": 3, "checkpoint": {"stack": "dev", "latest": _deployment(names)}}
        self.backend.path.write_text(json.dumps(checkpoint), encoding="utf-8")

    def take(self, state: Path) -> None:
        """Do what `pulumi stack import` does."""
        resources = json.loads(state.read_text(encoding="utf-8"))["deployment"]["resources"]
        self.imported.append([entry["urn"] for entry in resources])
        self.pulumi(*self.imported[-1])

    def names(self) -> list[str]:
        """Return what the rehearsal would find."""
        document = json.loads(self.local.state.read_text(encoding="utf-8"))
        return [entry["urn"] for entry in document["deployment"].get("resources", [])]


def _deployment(names: tuple[str, ...]) -> dict[str, Any]:
    return {"resources": [{"urn": name, "type": "t", "custom": False} for name in names]} if names else {}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_nothing_on_either_side_needs_no_hand_over(place: Place) -> None:
    place.pulumi()
    assert not place.handover.to_backend(place.take)
    assert not place.handover.to_file()


def test_a_rehearsed_state_is_imported_into_an_empty_backend(place: Place) -> None:
    place.file("a", "b")
    place.pulumi()
    assert place.handover.to_backend(place.take)
    assert place.imported == [["a", "b"]]
    assert not place.handover.to_backend(place.take)


def test_what_pulumi_did_by_hand_reaches_the_rehearsal(place: Place) -> None:
    place.file("a")
    place.pulumi("a")
    place.handover.settle()
    place.pulumi("a", "b")
    assert place.handover.to_file()
    assert place.names() == ["a", "b"]


def test_two_histories_are_not_guessed_at(place: Place) -> None:
    place.file("a")
    place.pulumi("a")
    place.handover.settle()
    place.file("a", "b")
    place.pulumi("a", "c")
    with pytest.raises(StateError, match="have both changed"):
        place.handover.to_backend(place.take)
    assert place.names() == ["a", "b"]


@pytest.mark.parametrize("away", ["file", "backend"])
def test_b6_of_two_histories_the_one_that_is_left_holds(place: Place, away: str) -> None:
    """The error says to move one away, and that has to be enough."""
    place.file("a")
    place.pulumi("a")
    place.handover.settle()
    place.file("a", "b")
    place.pulumi("a", "c")
    with pytest.raises(StateError, match="move the one that is out of date away, and run this again"):
        place.handover.latest()
    (place.local.state if away == "file" else place.backend.path).unlink()
    resources = place.handover.latest()["deployment"]["resources"]
    assert [entry["urn"].rpartition("::")[2] for entry in resources] == (["a", "c"] if away == "file" else ["a", "b"])


def test_a_broken_checkpoint_is_refused(place: Place) -> None:
    place.pulumi("a")
    place.backend.path.write_text("{", encoding="utf-8")
    with pytest.raises(StateError, match="is not a checkpoint"):
        place.handover.to_file()


def test_b6_without_a_broken_backend_it_goes_on_from_the_file(place: Place) -> None:
    """The error says to move the backend away; the Pulumi CLI then gets a new one, with what the file has."""
    place.file("a")
    place.pulumi("a")
    place.handover.settle()
    place.backend.path.write_text("{", encoding="utf-8")
    with pytest.raises(StateError, match=r"move .* away to go on from state\.json"):
        place.handover.latest()
    place.local.backend.rename(place.local.directory / "moved-away")
    assert place.handover.latest()["deployment"]["resources"][0]["urn"] == "a"
    place.pulumi()  # a new stack
    place.handover.begin()
    assert place.handover.to_backend(place.take)
    assert place.imported == [["a"]]
