"""What a rehearsal reports: steps, diagnostics, violations, progress, results. Plain data.

Knows no protobuf message, no state file and no plugin.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from lockstep.deployment import Properties


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
    old_inputs: Properties = field(default_factory=dict)
    new_inputs: Properties = field(default_factory=dict)
    old_outputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    diffs: list[str] = field(default_factory=list)
    detailed_diff: dict[str, DiffKind] = field(default_factory=dict)
    init_errors: list[str] = field(default_factory=list)
    error: str | None = None
    outcome: str | None = None

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
    """One finding of a policy; only a mandatory one stops anything."""

    pack: str
    policy: str
    level: str  # mandatory, advisory
    message: str
    urn: str = ""
    description: str = ""


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


class Killed(BaseException):
    """Raised by a test's hook to end a rehearsal as SIGKILL would: nothing is cleaned up, nothing more is written."""
