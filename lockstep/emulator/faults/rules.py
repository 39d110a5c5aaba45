"""Rules: chosen requests fail, with a status or by losing the connection, before the work or after it was done.

A rule matches by method, path prefix or any predicate; it can let some requests pass first, and it ends by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from lockstep.emulator.faults.kind import Trouble

Predicate = Callable[[str, str], bool]


@dataclass
class Fault:
    """Requests that fail: with a status, or by losing the connection; before the work, or `after` it was done."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    method: str | None = None
    path: str = ""
    status: Annotated[int, Ge(400), Le(599)] = 503
    code: str | None = None
    retry_after: Annotated[float, Ge(0)] | None = None
    after: bool = False
    drop: bool = False
    skip: Annotated[int, Ge(0)] = 0
    times: Annotated[int, Ge(0)] | None = 1
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

    def describe(self) -> dict[str, Any]:
        """Return it as JSON, without its predicate."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "when"}

    def trouble(self) -> Trouble:
        """Return what becomes of a request that it strikes."""
        return Trouble(
            "rules",
            self.status,
            f"The emulator was asked to fail this request with {self.status}.",
            self.code or "",
            {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"},
            done=self.after,
            drop=self.drop,
        )
