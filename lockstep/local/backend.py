"""The two places of one local state: the rehearsal's file and the Pulumi CLI's backend. Keeps them in step.

Whichever engine ran last has the truth. Two fingerprints, taken after each hand-over, tell which one that was.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.deployment import load_state
from lockstep.errors import StateError
from lockstep.local.state import LocalState
from lockstep.text_file import read_json, write_text

Deployment = dict[str, Any]


@dataclass(frozen=True)
class Backend:
    """The state of one stack in the file backend of the Pulumi CLI."""

    local: LocalState
    project: str
    stack: str

    @property
    def path(self) -> Path:
        """The stack's checkpoint."""
        return self.local.backend / ".pulumi" / "stacks" / self.project / f"{self.stack}.json"

    @property
    def locks(self) -> list[Path]:
        """The locks on the stack: a running engine's, or a killed one's."""
        folder = self.local.backend / ".pulumi" / "locks"
        return sorted(folder.glob(f"**/{self.project}/{self.stack}/*.json"))

    def holder(self) -> str:
        """Return which running program has locked the stack, in words; nothing where a lock was left behind."""
        return next(filter(None, map(_running, self.locks)), "")

    def read(self) -> Deployment | None:
        """Return the deployment (as `pulumi stack export` has it), or None where there is no stack."""
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            deployment = document["checkpoint"].get("latest") or {}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, AttributeError):
            raise StateError(
                f"{self.path} is not a checkpoint of the Pulumi CLI; restore it from its .bak beside it, or move"
                f" {self.local.backend} away to go on from {self.local.state.name}"
            ) from None
        return {"version": document.get("version", 3), "deployment": deployment}


class Handover:
    """Carries the state from the engine that ran last to the one that runs next."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._local = backend.local

    def latest(self) -> Deployment:
        """Return the deployment of whichever engine ran last, empty where none did; changes nothing."""
        return (self._backend.read() or {}) if self._newer() == "backend" else self._file()

    def to_file(self) -> bool:
        """Bring `state.json` up to date before a rehearsal; tell whether it had to be."""
        if self._newer() != "backend":
            return False
        self.after_pulumi()
        return True

    def to_backend(self, import_: Callable[[Path], None]) -> bool:
        """Bring the backend up to date before the Pulumi CLI runs; tell whether it had to be."""
        newer = self._newer()
        if newer == "file":
            import_(self._local.state)
        self.settle()
        return newer == "file"

    def begin(self) -> None:
        """Forget the marks of another backend: in a new one nothing can be ahead."""
        self._local.handover.unlink(missing_ok=True)

    def settle(self) -> None:
        """Remember that both are in step now."""
        write_text(self._local.handover, json.dumps(self._current()) + "\n")

    def _newer(self) -> str:
        """Return which of the two is ahead: `file`, `backend`, or nothing."""
        load_state(self._local.state)  # refuses a broken file before anything is lost
        current = self._current()
        if current["file"] == current["backend"]:
            return ""
        former = self._read_marks()
        moved = [name for name, mark in current.items() if mark != former.get(name, _mark({}))]
        # One that was moved away, as the errors say, is not ahead of the one that is left.
        if "backend" in moved and not self._backend.path.exists():
            moved.remove("backend")
        if len(moved) > 1 and not self._local.state.exists():
            moved.remove("file")
        if len(moved) > 1:
            raise StateError(
                f"{self._local.state} and {self._backend.path} have both changed since they were last in step; to fix:"
                " move the one that is out of date away, and run this again"
            )
        return moved[0] if moved else ""

    def after_pulumi(self) -> None:
        """Write into `state.json` what the Pulumi CLI has done."""
        deployment = self._backend.read()
        if deployment is not None:
            write_text(self._local.state, json.dumps(deployment, ensure_ascii=False) + "\n")
        self.settle()

    def _file(self) -> Deployment:
        if not self._local.state.exists():
            return {}
        hint = "restore it from a copy, or delete it together with the emulator's state to start afresh"
        document: Deployment = read_json(
            self._local.state, f"state file {self._local.state}", hint=hint, error=StateError
        )
        return document

    def _current(self) -> dict[str, str]:
        """Return the fingerprints of both as they are now."""
        documents = {"file": self._file(), "backend": self._backend.read() or {}}
        return {name: _mark(document.get("deployment") or {}) for name, document in documents.items()}

    def _read_marks(self) -> dict[str, str]:
        try:
            marks = json.loads(self._local.handover.read_text(encoding="utf-8"))
            return {str(key): str(value) for key, value in marks.items()}
        except (OSError, ValueError, AttributeError):
            return {}


def _running(lock: Path) -> str:
    """Return the program behind a lock of the Pulumi CLI; one on another machine counts as running."""
    try:
        entry = json.loads(lock.read_text(encoding="utf-8"))
        pid, host = int(entry["pid"]), str(entry["hostname"])
        words = f"pulumi (process {pid} of {entry['username']} on {host}, since {entry['timestamp']})"
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return words if host != platform.node() or _lives(pid) else ""


def _lives(pid: int) -> bool:
    if os.name != "posix":  # elsewhere a signal, even none, may end the process
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _mark(deployment: Deployment) -> str:
    """Return the fingerprint of what is deployed; who wrote it when does not matter."""
    parts = [deployment.get("resources") or [], deployment.get("pending_operations") or []]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
