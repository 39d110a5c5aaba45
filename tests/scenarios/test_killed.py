"""A run killed right after any write: nothing doubles, nothing is lost, and destroy still returns the tenant.

Killed means that the client dies while the tenant has done the work: its state is what a SIGKILL leaves.
"""

from pathlib import Path

import pytest

from lockstep.emulator import Emulator, Write
from lockstep.rehearsal import Killed
from tests.conftest import SOAK
from tests.scenarios.estate import Estate, held, our_writes
from tests.scenarios.test_whole_estate import assert_exact

pytestmark = pytest.mark.kind  # test_survival.py kills under faults
PARTS = 6  # the writes of one `up` are shared out over this many tests, so that they run side by side


def _writes_of_one_up() -> int:
    emulator = Emulator.open()
    assert Estate(emulator).up().exit_code == 0
    return len([entry for entry in emulator.log if entry.get("write") and not entry["path"].endswith("/$batch")])


def _kill_after(emulator: Emulator, number: int) -> None:
    seen = 0

    def on_write(write: Write) -> None:
        nonlocal seen
        if write.when == "after":
            seen += 1
            if seen == number:
                raise Killed

    emulator.on_write.append(on_write)


@pytest.mark.parametrize("part", range(PARTS))
def test_up_killed_after_any_write_is_finished_by_the_next(part: int, tmp_path: Path) -> None:
    for number in range(1 + part, _writes_of_one_up() + 1, PARTS):
        emulator = Emulator.open()
        before = held(emulator)
        estate = Estate(emulator, state=tmp_path / f"{number}.json")
        _kill_after(emulator, number)
        with pytest.raises(Killed):
            estate.up()
        emulator.on_write.clear()
        done = estate.up()
        assert done.exit_code == 0, (number, [each.message for each in done.diagnostics])
        assert_exact(emulator)
        names = [each["displayName"] for each in emulator.snapshot()["applications"]]
        assert len(names) == len(set(names)), (number, names)
        if SOAK or number % 4 == 0:  # the same state by now, whichever write was the last before: some are enough
            writes = our_writes(emulator)
            assert not estate.up(refresh=True).changed, number
            assert our_writes(emulator) == writes
        assert estate.destroy().exit_code == 0
        assert held(emulator) == before, number
