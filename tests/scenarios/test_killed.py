"""A run killed right after any write: nothing doubles, nothing is lost, and destroy still returns the tenant.

Killed means that the client dies while the tenant has done the work. That leaves the tenant and the state file of the
moment, so one `up` that nobody kills shows what every kill leaves: both are copied right after each of its writes.
"""

import shutil
from pathlib import Path

import pytest

from lockstep.emulator import Emulator, Write
from tests.conftest import SOAK
from tests.scenarios.estate import Estate, held, our_writes
from tests.scenarios.test_whole_estate import assert_exact

pytestmark = pytest.mark.kind  # test_survival.py kills under faults
PARTS = 6  # the writes of one `up` are shared out over this many tests, so that they run side by side
TENANT, STATE = "tenant.sqlite", "state.json"
FILES = (TENANT, f"{TENANT}-wal", STATE)  # not the drafts beside them, which come and go


def _copy(place: Path, to: Path) -> None:
    to.mkdir(exist_ok=True)
    for name in FILES:
        (to / name).unlink(missing_ok=True)
        if (place / name).exists():
            shutil.copy(place / name, to)


@pytest.fixture(scope="module")
def kills(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return what a kill leaves: before the first write of an `up`, then right after each."""
    folder, copies = tmp_path_factory.mktemp("alive"), tmp_path_factory.mktemp("killed")
    emulator = Emulator.open(folder / TENANT)
    _copy(folder, copies / "0")

    def copy(write: Write) -> None:
        if write.when == "after":
            _copy(folder, copies / str(write.number))

    emulator.on_write.append(copy)
    assert Estate(emulator, state=folder / STATE).up().exit_code == 0
    emulator.close()
    found = sorted(copies.iterdir(), key=lambda copy: int(copy.name))
    assert len(found) == 1 + emulator.writes
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_up_killed_after_any_write_is_finished_by_the_next(part: int, tmp_path: Path, kills: list[Path]) -> None:
    _copy(kills[0], tmp_path)
    with Emulator.open(tmp_path / TENANT) as untouched:
        before = held(untouched)
    for number, killed in list(enumerate(kills))[1 + part :: PARTS]:
        _copy(killed, tmp_path)
        with Emulator.open(tmp_path / TENANT) as emulator:
            estate = Estate(emulator, state=tmp_path / STATE)
            done = estate.up()
            assert done.exit_code == 0, (number, [each.message for each in done.diagnostics])
            assert_exact(emulator)
            names = [each["displayName"] for each in emulator.snapshot()["applications"]]
            assert len(names) == len(set(names)), (number, names)
            if SOAK or number % 4 == 0:  # the same state by now, whichever write was the last before
                writes = our_writes(emulator)
                assert not estate.up(refresh=True).changed, number
                assert our_writes(emulator) == writes
                assert estate.destroy().exit_code == 0
                assert held(emulator) == before, number
