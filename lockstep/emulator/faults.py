"""Faults on demand: latency, failures of chosen requests, and callbacks around each write.

A rule matches by method, path prefix or any predicate; it can let some requests pass first, and it ends by itself.
Knows no state and no server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lockstep.emulator.exceptions import BadRequestError

_FIELDS = ("method", "path", "status", "code", "retry_after", "after", "drop", "skip", "times")


@dataclass(frozen=True)
class Write:
    """One state-changing request, told to the `on_write` callbacks before and after it is done."""

    when: Literal["before", "after"]
    number: int
    method: str
    path: str


OnWrite = Callable[[Write], None]
Predicate = Callable[[str, str], bool]


@dataclass
class Fault:
    """Requests that fail: with a status, or by losing the connection; before the work, or `after` it was done."""

    method: str | None = None
    path: str = ""
    status: int = 503
    code: str | None = None
    retry_after: float | None = None
    after: bool = False
    drop: bool = False
    skip: int = 0
    times: int | None = 1
    when: Predicate | None = None

    def strikes(self, method: str, path: str) -> bool:
        """Tell whether this request is to fail now, and count it."""
        if self.times == 0 or (self.method and self.method.upper() != method) or not path.startswith(self.path):
            return False
        if self.when is not None and not self.when(method, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def error_code(self) -> str:
        """Return the error code that goes with the status."""
        codes = {429: "TooManyRequests", 500: "InternalServerError", 502: "BadGateway", 504: "GatewayTimeout"}
        return self.code or codes.get(self.status, "ServiceUnavailable" if self.status == 503 else "UnknownError")


class Faults:
    """What goes wrong at present."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.rules: list[Fault] = []

    def add(self, **fields: Any) -> Fault:
        """Add a rule and return it."""
        fault = Fault(**fields)
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything work again."""
        self.latency = 0.0
        self.rules = []

    def striking(self, method: str, path: str) -> Fault | None:
        """Return the first rule that strikes this request."""
        return next((rule for rule in self.rules if rule.strikes(method, path)), None)

    def replace(self, wanted: Mapping[str, Any]) -> None:
        """Set everything as `/_emulator/faults` was asked to."""
        latency, rules = wanted.get("latency", 0), wanted.get("rules", [])
        unknown = set(wanted) - {"latency", "rules"}
        if unknown or not _number(latency) or not isinstance(rules, list):
            raise BadRequestError("Faults are {latency: seconds >= 0, rules: [...]}.")
        self.rules = [_read(rule) for rule in rules]
        self.latency = float(latency)

    def describe(self) -> dict[str, Any]:
        """Return what is set, as JSON."""
        rules = [{name: getattr(rule, name) for name in _FIELDS} for rule in self.rules]
        return {"latency": self.latency, "rules": rules}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _read(rule: Any) -> Fault:
    kinds: dict[str, type | tuple[type, ...]] = {
        "method": str, "path": str, "status": int, "code": str, "retry_after": (int, float),
        "after": bool, "drop": bool, "skip": int, "times": int,
    }  # fmt: skip
    if not isinstance(rule, dict) or set(rule) - set(kinds):
        raise BadRequestError(f"A fault rule has these fields: {', '.join(_FIELDS)}.")
    given = {name: value for name, value in rule.items() if value is not None}
    for name, value in given.items():
        if not isinstance(value, kinds[name]):
            raise BadRequestError(f"The field '{name}' of a fault rule has the wrong type.")
    if not 400 <= given.get("status", 503) <= 599:
        raise BadRequestError("The status of a fault rule is between 400 and 599.")
    if "times" in rule and rule["times"] is None:
        given["times"] = None
    return Fault(**given)
