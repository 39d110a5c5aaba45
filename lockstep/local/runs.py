"""What one run of an engine did, in the same words for both engines. Plain data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lockstep.local.configured import APPLICATION, configured_lines
from lockstep.local.consents import ADMIN_CONSENT, consent_lists

Properties = dict[str, Any]
_QUIET = ("same", "read")


@dataclass
class StepRecord:
    """One step on one resource. `outcome` says what a refresh found: same, update or delete."""

    op: str
    urn: str
    type: str
    name: str
    old: Properties = field(default_factory=dict)
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    diffs: list[str] = field(default_factory=list)
    outcome: str | None = None
    error: str | None = None

    @property
    def changes(self) -> bool:
        """Whether the step changes, or would change, anything."""
        return self.outcome not in (None, "same") if self.op == "refresh" else self.op not in _QUIET

    def consents(self) -> dict[str, list[dict[str, str]]] | None:
        """Return what the step adds, removes, keeps and tolerates, when it is on an AdminConsent."""
        if self.type != ADMIN_CONSENT:
            return None
        if self.op == "refresh":
            return consent_lists(self.op, self.old, self.outputs, self.outputs)
        return consent_lists(self.op, self.old, self.inputs, self.outputs)

    def configured(self) -> list[tuple[str, str]]:
        """Return (sign, text) for each configured permission and exposed scope that the step changes."""
        if self.type != APPLICATION or self.op != "update" or self.error:
            return []
        return configured_lines(self.old, self.inputs)

    def document(self) -> dict[str, Any]:
        """Return the step for `--json`."""
        found: dict[str, Any] = {"op": self.op, "urn": self.urn, "type": self.type, "name": self.name}
        if self.outcome is not None:
            found["outcome"] = self.outcome
        if self.diffs:
            found["diffs"] = self.diffs
        if self.error:
            found["error"] = self.error
        return {**found, **(self.consents() or {})}


@dataclass
class Run:
    """One operation of one engine."""

    operation: str
    steps: list[StepRecord] = field(default_factory=list)
    diagnostics: list[dict[str, str]] = field(default_factory=list)
    violations: list[dict[str, str]] = field(default_factory=list)
    outputs: Properties = field(default_factory=dict)
    exit_code: int = 0

    @property
    def changes(self) -> dict[str, int]:
        """Count the steps by what they do; a refresh counts what it found."""
        counted = Counter(step.outcome or step.op for step in self.steps if not step.error)
        return dict(sorted(counted.items()))

    @property
    def changed(self) -> bool:
        """Whether anything changed, or would."""
        return any(step.changes and not step.error for step in self.steps)

    @property
    def errors(self) -> list[str]:
        """The error messages, oldest first, each once."""
        return list(dict.fromkeys(entry["message"] for entry in self.diagnostics if entry["severity"] == "error"))
