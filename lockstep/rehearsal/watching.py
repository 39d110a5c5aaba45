"""Watches the processes of a program that nobody trusts: how much they take, and that all of them end with it.

A process that makes itself a session of its own outlives its parent, and is then nobody's. So this process asks to be
given such orphans (Linux: a subreaper, https://man7.org/linux/man-pages/man2/pr_set_child_subreaper.2const.html), and
ends them. Elsewhere, the session that the program is started in is ended, and its output and its time are bounded.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

MEBIBYTE = 1024 * 1024
_SET_SUBREAPER = 36
_POLL = 0.1  # seconds
_TRIES = 500

_lock = threading.RLock()
_programs: set[int] = set()
"""The process ids of the programs under way."""
_others: set[tuple[int, int]] = set()
"""The children that this process had before the first of them: id, and when each was started."""


@dataclass(frozen=True)
class Limits:
    """What a program may take, with everything that it starts."""

    memory: int = 1024 * MEBIBYTE
    processes: int = 64
    output: int = 16 * MEBIBYTE


LIMITS = Limits()
"""What each program may take."""


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    session: int
    started: int
    memory: int


@contextmanager
def started(words: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in a session of its own. At the end of the block nothing is left of it."""
    with _lock:
        if not _programs:
            _others.clear()
            _others.update((child.pid, child.started) for child in _processes().values() if child.parent == os.getpid())
            _take_orphans(True)
        process: subprocess.Popen[bytes] = subprocess.Popen(words, **options, start_new_session=True)  # noqa: S603 (the caller's own words)
        _programs.add(process.pid)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        with _lock:
            _programs.discard(process.pid)
            _end_orphans()
            if not _programs:
                _take_orphans(False)


def wait(
    process: subprocess.Popen[bytes], seconds: float, limits: Limits, written: Callable[[], int]
) -> tuple[int | None, str]:
    """Wait for a program's end; return its exit code, or None and what it did too much of. `written` is its output."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return process.wait(_POLL), ""
        except subprocess.TimeoutExpired:
            pass
        taken = _tree(process.pid)
        if time.monotonic() > deadline:
            return None, f"did not end within {seconds:.0f} seconds"
        if written() > limits.output:
            return None, f"printed more than {limits.output // MEBIBYTE} MiB"
        if len(taken) > limits.processes:
            return None, f"had more than {limits.processes} processes at once"
        if sum(member.memory for member in taken) > limits.memory:
            return None, f"took more than {limits.memory // MEBIBYTE} MiB of memory"


def _tree(pid: int) -> list[_Process]:
    """Return a program and all that descends from it, those included that nobody's child is any more."""
    every = _processes()
    roots = {pid, *(member.pid for member in _orphans(every))}
    return [member for member in every.values() if _leads_to(member, roots, every)]


def _leads_to(process: _Process | None, roots: set[int], every: dict[int, _Process]) -> bool:
    for _ in range(len(every)):
        if process is None:
            return False
        if process.pid in roots:
            return True
        process = every.get(process.parent)
    return False


def _orphans(every: dict[int, _Process]) -> list[_Process]:
    """Return the children that this process was given: it starts all of its own but programs in its own session."""
    own = os.getsid(0) if hasattr(os, "getsid") else 0
    return [
        member
        for member in every.values()
        if member.parent == os.getpid()
        and member.session != own
        and member.pid not in _programs
        and (member.pid, member.started) not in _others
    ]


def _end_orphans() -> None:
    """End what the program left, and what that starts while it is being ended."""
    for _ in range(_TRIES):
        every = _processes()
        roots = {member.pid for member in _orphans(every)}
        left = [member.pid for member in every.values() if _leads_to(member, roots, every)]
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.002)


def _take_orphans(wished: bool) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_SUBREAPER, int(wished), 0, 0, 0)


def _processes() -> dict[int, _Process]:
    """Return every process of this machine that can be seen; none where there is no /proc."""
    processes = {}
    with suppress(OSError), os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit() and (process := _process(int(entry.name))):
                processes[process.pid] = process
    return processes


def _process(pid: int) -> _Process | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            # The name of the program, which it chooses itself, ends with the last bracket.
            fields = stream.read().rpartition(")")[2].split()
    except OSError:
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    return _Process(pid, int(fields[1]), int(fields[3]), int(fields[19]), int(fields[21]) * page)
