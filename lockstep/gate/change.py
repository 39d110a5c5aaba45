"""A pull request as the gate sees it: what became of each stack, which files it changes, who agreed. Values only."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from lockstep.gate.approvals import Approval, find
from lockstep.gate.changes import FileChange, files_digest
from lockstep.gate.difference import Difference, digest
from lockstep.rehearsal.boundary import Registration
from lockstep.rehearsal.results import Diagnostic, Violation
from lockstep.report import Location
from lockstep.scaffold.lock import LockError


@dataclass(frozen=True)
class StackRun:
    """What became of one stack of the head. `refused` is what kept it from being run at all."""

    stack: str
    file: str
    difference: Difference
    violations: Sequence[Violation] = ()
    diagnostics: Sequence[Diagnostic] = ()
    registrations: Sequence[Registration] = ()
    missing: Sequence[str] = ()
    ended_early: str = ""
    refused: str = ""


@dataclass(frozen=True)
class PullRequest:
    """Everything that a pull request changes, and what the base says of it."""

    runs: Sequence[StackRun]
    guarded: Sequence[FileChange]
    approvals: Sequence[Approval]
    removed: Sequence[str] = ()
    """The stack files that go."""
    unguarded: Sequence[str] = ()
    """The changed files that somebody may run, and that need no approval."""
    added_approvals: Sequence[Location] = ()
    approvals_alone: bool = False
    broken_approvals: str = ""
    weakened: Sequence[tuple[Location | None, str]] = ()
    softened: Sequence[str] = ()
    lock: LockError | None = None
    """Why the packages that this change locks cannot be installed, if they cannot: nothing of it was run then."""
    trial: str = ""
    today: datetime.date = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date())

    @property
    def digest(self) -> str:
        """What an approval of this change has to name; nothing when there is nothing to approve."""
        changed = [run.difference for run in self.runs if run.difference.to_approve]
        return digest(changed, self.guarded) if changed or self.guarded else ""

    @property
    def files(self) -> str:
        """What an approval has to name of the guarded files alone; nothing when there are none."""
        return files_digest(self.guarded)

    @property
    def held(self) -> Approval | None:
        """The base's approval of exactly this change, expired or not."""
        return find(self.approvals, self.digest, self.files) if self.digest else None
