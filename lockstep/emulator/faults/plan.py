"""What a plan of faults may say: a seed, settings for each kind, latency, and rules. A missing kind does not happen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from statistics import NormalDist
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge, Le

from lockstep.emulator.faults.conflicts import Conflicts, ConflictsKind, Writer, WriterKind
from lockstep.emulator.faults.failures import Connections, ConnectionsKind, Errors, ErrorsKind, Tokens, TokensKind
from lockstep.emulator.faults.kind import Dice, FaultKind, FaultSettings, Trouble
from lockstep.emulator.faults.staleness import Absent, AbsentKind, Replication, ReplicationKind
from lockstep.emulator.faults.throttling import Throttling, ThrottlingKind

if TYPE_CHECKING:
    from lockstep.emulator.tenant import Tenant

_P99 = NormalDist().inv_cdf(0.99)


@dataclass(frozen=True)
class Latency(FaultSettings):
    """How long an answer takes: seconds, drawn from a log-normal distribution by median and 99th percentile.

    Equal values make every answer take the same time.
    """

    median: Annotated[float, Ge(0)] = 0.0
    p99: Annotated[float, Ge(0)] = 0.0

    def draw(self, dice: Dice, *question: object) -> float:
        """Return the seconds of one answer."""
        if self.median <= 0 or self.p99 <= self.median:
            return self.median
        sigma = math.log(self.p99 / self.median) / _P99
        chance = min(max(dice.roll("latency", *question), 1e-6), 1 - 1e-6)
        return self.median * math.exp(sigma * NormalDist().inv_cdf(chance))


Predicate = Callable[[str, str], bool]


@dataclass
class Fault(FaultSettings):
    """Chosen requests that fail: with a status, or by losing the connection; before the work, or `after` it was done.

    A rule matches by method, path prefix or any predicate; it can let some requests pass first, and it ends by itself.
    """

    method: str | None = None
    path: str = ""
    status: Annotated[int, Ge(400), Le(599)] = 503
    code: str | None = None
    message: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
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
            self.message or f"The emulator was asked to fail this request with {self.status}.",
            self.code or "",
            self.headers | ({} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}),
            done=self.after,
            drop=self.drop,
        )


_KINDS: dict[str, Any] = {
    "throttling": ThrottlingKind,
    "tokens": TokensKind,
    "conflicts": ConflictsKind,
    "connections": ConnectionsKind,
    "errors": ErrorsKind,
    "replication": ReplicationKind,
    "absent": AbsentKind,
    "writer": WriterKind,
}
"""In the order in which a request meets them."""


@dataclass(frozen=True)
class FaultPlan(FaultSettings):
    """Everything that is to go wrong. The same plan, seed and requests give the same faults."""

    seed: int = 0
    stopped_clock: bool = False
    """Whether the clock stands still until somebody waits; for clients that wait by the emulator's clock."""
    latency: Latency | None = None
    throttling: Throttling | None = None
    tokens: Tokens | None = None
    conflicts: Conflicts | None = None
    connections: Connections | None = None
    errors: Errors | None = None
    replication: Replication | None = None
    absent: Absent | None = None
    writer: Writer | None = None
    rules: list[Fault] = field(default_factory=list)

    def kinds(self, tenant: Tenant, clock: Callable[[], float], dice: Dice) -> list[FaultKind[Any]]:
        """Return the kinds that the plan asks for, ready to strike."""
        settings_of = [(make, getattr(self, name)) for name, make in _KINDS.items()]
        return [make(settings, tenant, clock, dice) for make, settings in settings_of if settings is not None]


KINDS = tuple(entry.name for entry in fields(FaultPlan) if entry.name not in ("seed", "stopped_clock", "rules"))
"""The names of all kinds of fault."""
