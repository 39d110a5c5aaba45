"""Holds something for one process at a time, by a lock file beside it, and says who holds it.

The system lets go of a lock when its process ends, however that ends; the record of who has it may stay behind, and
counts only while the lock is held. Knows nothing of what is held.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from lockstep.errors import StateError, UsageError
from lockstep.text_file import read_json, write_text

_PATIENCE, _PAUSE = 0.2, 0.02  # seconds: whoever only looks whether it is held has it for a moment


class HeldFile:
    """Something that this process holds until it lets go; StateError, with who has it, when another one does."""

    def __init__(self, path: Path, what: str = "") -> None:
        """Hold `path`, which need not exist; messages call it `what`, or by its path."""
        self._record = _record(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(path)
        try:
            self._lock.acquire(timeout=_PATIENCE, poll_interval=_PAUSE)
        except Timeout:
            used = f"{what or path} is in use by {_recorded(self._record)}"
            raise StateError(f"{used}; to fix: wait until that has ended, and run this again") from None
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        since = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        with suppress(StateError):  # who holds it is a help, and no more
            record = {"pid": os.getpid(), "command": command, "since": since}
            write_text(self._record, json.dumps(record) + "\n", error=StateError)

    def release(self) -> None:
        """Let go."""
        with suppress(OSError):
            self._record.unlink(missing_ok=True)
        self._lock.release()

    def __enter__(self) -> HeldFile:
        """Hold it for a block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Let go after the block."""
        self.release()


def holder(path: Path) -> str:
    """Return who holds this, in words; nothing when nobody does."""
    lock = _lock(path)
    if not Path(lock.lock_file).exists():
        return ""
    try:
        with lock:
            return ""
    except Timeout:
        return _recorded(_record(path))


def _lock(path: Path) -> FileLock:
    return FileLock(path.with_name(path.name + ".lock"), timeout=0)


def _record(path: Path) -> Path:
    return path.with_name(path.name + ".held.json")


def _recorded(record: Path) -> str:
    try:
        entry = read_json(record, hint="")
        return f"`{entry['command']}` (process {entry['pid']}, since {entry['since']})"
    except (UsageError, LookupError, TypeError, ValueError):
        return "another process"
