"""Collects what happens in one operation and tells it to whoever watches. Called from many threads.

Knows the words of `model` only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from lockstep.rehearsal.model import Diagnostic, Op, Progress, Result, Step, Violation


class Reporter:
    """The record of one running operation."""

    def __init__(self, operation: str, on_progress: Callable[[Progress], None] | None = None) -> None:
        self._result = Result(operation)
        self._on_progress = on_progress
        self._lock = threading.RLock()
        self._ranked: list[tuple[tuple[int, int, str], Step]] = []

    def done(self, step: Step, rank: tuple[int, int, str]) -> None:
        """Record a finished step; `rank` gives its place in the result, whatever the order of finishing."""
        with self._lock:
            self._ranked.append((rank, step))
        self._tell(Progress(step=step))

    def fail(self, step: Step, message: str, rank: tuple[int, int, str], exit_code: int = 1) -> None:
        """Record a step that failed, with the message for the user."""
        step.error = message
        self.error(message, step.urn, exit_code)
        self.done(step, rank)

    def error(self, message: str, urn: str = "", exit_code: int = 1) -> None:
        """Record an error; the first one decides the exit code."""
        with self._lock:
            self._result.exit_code = self._result.exit_code or exit_code
        self.say("error", message, urn)

    def say(self, severity: str, message: str, urn: str = "") -> None:
        """Record a message; an error logged by the program or a plugin fails the operation, as in the engine."""
        entry = Diagnostic(severity, message.rstrip(), urn)
        with self._lock:
            if severity == "error":
                self._result.exit_code = self._result.exit_code or 1
            if severity == "debug":
                return
            self._result.diagnostics.append(entry)
        self._tell(Progress(diagnostic=entry))

    def violation(self, violation: Violation) -> None:
        """Record a policy's finding; a mandatory one fails the operation."""
        with self._lock:
            self._result.violations.append(violation)
            if violation.level == "mandatory":
                self._result.exit_code = self._result.exit_code or 1
        self._tell(Progress(violation=violation))

    @property
    def failed(self) -> bool:
        """Tell whether anything went wrong so far."""
        return self._result.exit_code != 0

    def result(self) -> Result:
        """Return the record, steps in the order of their ranks."""
        with self._lock:
            self._result.steps = [step for _, step in sorted(self._ranked, key=lambda entry: entry[0])]
            self._result.violations.sort(key=lambda entry: (entry.urn, entry.policy, entry.message))
            return self._result

    def _tell(self, progress: Progress) -> None:
        if self._on_progress is not None:
            with self._lock:
                self._on_progress(progress)


REFRESHES, ROOTS, REGISTRATIONS, DELETIONS = range(4)
"""First numbers of ranks, in order; roots are the stack and the default providers."""


def new_step(op: Op, urn: str, type_: str, name: str) -> Step:
    """Return an empty step."""
    return Step(op=op, urn=urn, type=type_, name=name)
