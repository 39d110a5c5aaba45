"""A rehearsal that is killed between two writes: the next run finishes it, and nothing doubles."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from lockstep.emulator import Emulator, Write
from lockstep.local.door import process_door
from lockstep.local.rehearsing import RehearsalDriver
from lockstep.local.state import environment
from lockstep.local.workplace import open_workplace
from lockstep.rehearsal import Killed
from tests.command.conftest import Command


@pytest.mark.parametrize(("when", "number"), [("after", 1), ("before", 4), ("after", 9), ("after", 40)])
def test_the_next_up_finishes_a_killed_one(lockstep: Command, project: Path, when: str, number: int) -> None:
    place = open_workplace(project, "dev")
    place.local.prepare()

    def kill(write: Write) -> None:
        if write.when == when and write.number >= number:
            raise Killed

    with Emulator.open(place.local.emulator) as emulator, environment(dict(os.environ)):
        emulator.on_write.append(kill)
        door = process_door(emulator)
        with environment(door.env), pytest.raises(Killed):
            RehearsalDriver(place, door).run("up")
        emulator.on_write.clear()
    done = lockstep("up", "--using", "rehearsal", "--json")
    assert done.code == 0, done.err
    assert done.document["verification"]["agrees"]
    with Emulator.open(place.local.emulator) as emulator:
        names = Counter(app["displayName"] for app in emulator.snapshot()["applications"])
    assert set(names.values()) == {1}
