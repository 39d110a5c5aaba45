"""What an operation of a rehearsal did: its steps, messages and violations, and the reporter that collects them.

Knows no protobuf message and no plugin.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from lockstep.deployment import Properties, StateResource, urn_name
from lockstep.report import Finding

Rank = tuple[int, int, str]
"""The place of a step in a result: part of the operation, depth of dependence, URN. It does not depend on timing."""

REFRESHES, ROOTS, REGISTRATIONS, DELETIONS = range(4)
"""First numbers of ranks, in order; roots are the stack and the default providers."""


class Op(StrEnum):
    """What one step does, in the words of the Pulumi CLI."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    DELETE_REPLACED = "delete-replaced"
    SAME = "same"
    IMPORT = "import"
    REFRESH = "refresh"
    READ = "read"
    DISCARD = "discard"


class DiffKind(StrEnum):
    """How one property path of a step changes."""

    ADD = "add"
    ADD_REPLACE = "add-replace"
    DELETE = "delete"
    DELETE_REPLACE = "delete-replace"
    UPDATE = "update"
    UPDATE_REPLACE = "update-replace"

    def inverted(self) -> DiffKind:
        """Return the same change seen from the other side, as a refresh shows it."""
        swapped = {DiffKind.ADD: DiffKind.DELETE, DiffKind.DELETE: DiffKind.ADD}
        return swapped.get(self, self)


@dataclass
class Step:
    """One step of an operation, on one resource.

    `outcome` is set on refreshes only: `same`, `update` or `delete`, what the refresh found.
    """

    op: Op
    urn: str
    type: str
    name: str
    new_inputs: Properties = field(default_factory=dict)
    old_outputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    diffs: list[str] = field(default_factory=list)
    detailed_diff: dict[str, DiffKind] = field(default_factory=dict)
    init_errors: list[str] = field(default_factory=list)
    error: str | None = None
    outcome: str | None = None

    @classmethod
    def of(cls, op: Op, new: StateResource, old: StateResource | None = None) -> Step:
        """Return a step on `new`, before it is done; `old` is the same resource as it was."""
        step = cls(op, new.urn, new.type, urn_name(new.urn), new_inputs=new.inputs)
        if old is not None:
            step.old_outputs = old.outputs
        return step

    @property
    def failed(self) -> bool:
        """Tell whether the step did not do all that it was to do."""
        return self.error is not None


@dataclass(frozen=True)
class Diagnostic:
    """A message of the program, of a plugin or of the engine, with the resource that it is about."""

    severity: str  # debug, info, warning, error
    message: str
    urn: str = ""


@dataclass(frozen=True)
class Violation:
    """One finding of a policy; only a mandatory one stops anything.

    `message` is prose for people. `finding` is what a pack of ours says in it as data; other packs have none.
    """

    pack: str
    policy: str
    level: str  # mandatory, advisory
    message: str
    urn: str = ""
    description: str = ""
    finding: Finding | None = None


@dataclass(frozen=True)
class Progress:
    """One moment of a running operation, for whoever shows its progress: a step that is done, a message or a violation.

    Exactly one of the three is there.
    """

    step: Step | None = None
    diagnostic: Diagnostic | None = None
    violation: Violation | None = None


@dataclass
class Result:
    """What one operation did, or in a preview would do."""

    operation: str
    steps: list[Step] = field(default_factory=list)
    outputs: Properties = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    exit_code: int = 0

    @property
    def changes(self) -> Counter[str]:
        """Count the steps by operation, as the CLI's last lines do; a refresh counts what it found."""
        if self.operation == "refresh":
            return Counter(str(step.outcome) for step in self.steps if step.op is Op.REFRESH and not step.failed)
        uncounted = (Op.REFRESH, Op.DELETE_REPLACED)
        return Counter(str(step.op) for step in self.steps if step.op not in uncounted and not step.failed)

    @property
    def changed(self) -> bool:
        """Tell whether anything differs, or would, after this operation."""
        quiet = {str(Op.SAME), str(Op.READ)}
        return any(count for op, count in self.changes.items() if op not in quiet)

    @property
    def errors(self) -> list[str]:
        """Return the error messages, oldest first."""
        return [entry.message for entry in self.diagnostics if entry.severity == "error"]


class Reporter:
    """The record of one running operation."""

    def __init__(self, operation: str, on_progress: Callable[[Progress], None] | None = None) -> None:
        self._result = Result(operation)
        self._on_progress = on_progress
        self._lock = threading.RLock()
        self._ranked: list[tuple[Rank, Step]] = []

    def done(self, step: Step, rank: Rank) -> None:
        """Record a finished step; `rank` gives its place in the result, whatever the order of finishing."""
        with self._lock:
            self._ranked.append((rank, step))
        self._tell(Progress(step=step))

    def fail(self, step: Step, message: str, rank: Rank, exit_code: int = 1) -> None:
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


class Killed(BaseException):
    """Raised by a test's hook to end a rehearsal as SIGKILL would: nothing is cleaned up, nothing more is written."""
