"""Each door of ours ends without a last search for cycles, however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_WATCHED = """
import atexit, gc, signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has its jobs ignore it
atexit.register(lambda: print("frozen" if gc.get_freeze_count() else "searched"))
{door}
"""
_DOORS = {
    "a command": "sys.argv[1:] = ['catalogue', 'show']\nfrom lockstep.cli import main\nmain()",
    "a command that fails": "sys.argv[1:] = ['catalogue', 'show', 'nobody']\nfrom lockstep.cli import main\nmain()",
    "the pack": "from lockstep.policy.pack import start\nstart(Path('policy'))",
    "a program": "from lockstep.program import run\nrun()",
}


def _ended(door: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WATCHED.format(door=door)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.parametrize("door", _DOORS.values(), ids=_DOORS)
def test_i14_a_door_of_ours_ends_without_a_search(door: str) -> None:
    with _ended(door) as process:
        assert process.communicate()[0].splitlines()[-1] == "frozen"


def test_i14_the_plugin_ends_without_a_search_when_the_engine_interrupts_it() -> None:
    with _ended("from lockstep.provider.plugin import main\nmain([])") as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdigit()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0].splitlines() == ["frozen"]


def test_i14_any_other_process_ends_as_python_does() -> None:
    with _ended("import lockstep.cli, lockstep.policy.pack, lockstep.program, lockstep.provider.plugin") as process:
        assert process.communicate()[0].splitlines() == ["searched"]
