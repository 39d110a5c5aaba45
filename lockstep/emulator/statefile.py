"""The emulator's state file: sqlite, write-ahead log, one transaction a request, one process at a time.

A file that is truncated, or of another version, is refused before anything is written to it. Knows no Entra.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from lockstep.errors import StateError
from lockstep.file_lock import HeldFile

APPLICATION_ID = 0x4C4B5354  # "LKST"
VERSION = 1
_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE objects (kind TEXT, id TEXT, sequence INTEGER, body TEXT NOT NULL, PRIMARY KEY (kind, id))",
)


class StateFile:
    """One open state file; holds its lock until closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = HeldFile(path)
        try:
            if not path.exists():
                _create(path)
            _check(path)
            with _usable(path):
                # Requests are one at a time behind the emulator's own lock, whichever thread brings them.
                self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            self._held.release()
            raise

    def objects(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Return every kept object as (kind, sequence, object), oldest first."""
        with _usable(self.path):
            for kind, sequence, body in self._db.execute("SELECT kind, sequence, body FROM objects ORDER BY sequence"):
                yield kind, sequence, json.loads(body)

    def write(self, changes: Iterable[tuple[str, str, int, dict[str, Any] | None]]) -> None:
        """Keep all changes or none; once this returns they survive the end of the process."""
        with _usable(self.path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for kind, ident, sequence, row in changes:
                if row is None:
                    self._db.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, ident))
                else:
                    body = json.dumps(row, separators=(",", ":"))
                    self._db.execute(
                        "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", (kind, ident, sequence, body)
                    )

    def close(self) -> None:
        """Let go of the file."""
        try:
            with _usable(self.path):
                self._db.close()
        finally:
            self._held.release()


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Say in one line what the machine does to the file: a full disk, a file that may not be written."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StateError(
            f"{path} cannot be used: {error}; to fix: make room on the disk, and see that the file and its folder may"
            " be written"
        ) from None


def _create(path: Path) -> None:
    # Made aside and moved into place, so that a half-made file never has the real name.
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        with _usable(path), closing(sqlite3.connect(draft, isolation_level=None)) as db:
            db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            db.execute(f"PRAGMA user_version={VERSION}")
            for statement in _TABLES:
                db.execute(statement)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _check(path: Path) -> None:
    """Refuse, without touching it, a file that is not a whole state file of this version."""
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            ident = db.execute("PRAGMA application_id").fetchone()[0]
            version = db.execute("PRAGMA user_version").fetchone()[0]
            sound = db.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        finally:
            db.close()
    except sqlite3.DatabaseError as error:
        raise StateError(f"{path} is not a readable emulator state ({error}); {_FIX}") from None
    if ident != APPLICATION_ID:
        raise StateError(f"{path} is not an emulator state; {_FIX}")
    if version != VERSION:
        raise StateError(f"{path} has state version {version}, this Lockstep reads version {VERSION}; {_FIX}")
    if not sound:
        raise StateError(f"{path} is damaged or truncated; {_FIX}")


_FIX = "it was left as it is; to fix: move it away, and the next command makes a new tenant"
