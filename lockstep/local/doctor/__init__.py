"""`lockstep doctor`: is everything there for a preview, a deployment, an audit; and what to type next. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a check ended. Only `fail` ends the command with 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """What was looked at, what came of it, and how to put it right."""

    name: str
    health: Health
    result: str
    fix: str = ""

    def document(self) -> dict[str, str]:
        """Return the check for `--json`."""
        return {"name": self.name, "health": self.health.value, "found": self.result, "fix": self.fix}


def ok(name: str, result: str) -> Check:
    """Return a check that is well."""
    return Check(name, Health.OK, result)


def warn(name: str, result: str, fix: str = "") -> Check:
    """Return a check that is worth knowing about."""
    return Check(name, Health.WARN, result, fix)


def fail(name: str, result: str, fix: str) -> Check:
    """Return a check without which the next step does not work."""
    return Check(name, Health.FAIL, result, fix)
