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


def killed(project: Path, when: str, number: int) -> None:
    """Kill an `up` by rehearsal at one of its writes."""
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


@pytest.mark.parametrize(("when", "number"), [("after", 1), ("before", 4), ("after", 9), ("after", 40)])
def test_the_next_up_finishes_a_killed_one(lockstep: Command, project: Path, when: str, number: int) -> None:
    killed(project, when, number)
    done = lockstep("up", "--using", "rehearsal", "--json")
    assert done.code == 0, done.err
    assert done.document["verification"]["agrees"]
    with Emulator.open(project / ".lockstep" / "dev" / "emulator.sqlite") as emulator:
        names = Counter(app["displayName"] for app in emulator.snapshot()["applications"])
    assert set(names.values()) == {1}


def test_repair_settles_what_a_killed_run_left(lockstep: Command, project: Path) -> None:
    killed(project, "after", 9)
    repaired = lockstep("repair", "--json")
    assert repaired.code == 0, repaired.err
    assert {line.partition(":")[0] for line in repaired.document["done"]} <= {"cleared", "taken up"}
    assert repaired.document["done"]
    assert repaired.document["target"]["kind"] == "local"
    again = lockstep("repair")
    assert again.code == 0
    assert "nothing to repair: no lock and no pending operations" in again.out
    assert again.out.splitlines()[-1].endswith(": repair done")
    refused = lockstep("repair", "--stack", "dve", "--json")
    assert refused.code == refused.document["exitCode"] == 2
    assert "did you mean 'dev'?" in refused.document["error"]
