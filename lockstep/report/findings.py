"""One model for everything that a gate or an audit finds; the writers beside it turn it into SARIF, JUnit and so on.

Values only: who judges, and what becomes of the verdict, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs. An error ends the command with 1, a warning only with `--strict`."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file of the repository: a path relative to its root with `/`, line and column from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return `file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a finding is an instance of. `name` is in kebab case and never changes; `page` is a file under docs/."""

    name: str
    title: str
    description: str
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be, or is worth knowing.

    `message` says in one line what was found or refused, `subject` where: the stack, app or resource by name, with its
    id where it has one. `allowed`, `fix` and `source` complete the sentence. `properties` are further facts for a
    machine (`app`, `api`, `type`, `permission`, `tenant`, `list`, …); they hold names and ids, and never a secret.
    """

    rule: str
    severity: Severity
    message: str
    subject: str
    allowed: str | None = None
    fix: str | None = None
    source: str | None = None
    location: Location | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        """The order of findings in every form: worst first, then by place, rule and words."""
        weight = str(list(Severity).index(self.severity))
        place = f"{self.location.file}:{self.location.line or 0:09}" if self.location else ""
        return (weight, place, self.subject, self.rule, self.message)


@dataclass(frozen=True, slots=True)
class Findings:
    """What one command found. `checked` counts what was looked at, in words: `{"permissions": 82, "apps": 8}`.

    `verdict` is what follows from it, in one line, where the command decides something.
    """

    command: str
    version: str
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    checked: Mapping[str, int] = field(default_factory=dict)
    verdict: str = ""

    def sorted(self) -> tuple[Finding, ...]:
        """Return the findings in their order."""
        return tuple(sorted(self.findings, key=lambda finding: finding.key))

    def count(self, severity: Severity) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def exit_code(self, *, strict: bool = False) -> int:
        """Return 1 for an error, and with `strict` for a warning too; else 0."""
        return int(bool(self.count(Severity.ERROR) or (strict and self.count(Severity.WARNING))))
