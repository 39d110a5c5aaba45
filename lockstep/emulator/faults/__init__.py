"""Faults on demand: what goes wrong with requests, by rules and by chance. The same seed gives the same faults again.

A plan names kinds of faults. `Faults` asks each kind at four points of a request: before it is served, for what it may
read, around its write, and when its answer goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from lockstep.emulator.faults.kind import Dice, FaultKind, Past, RequestFacts, Trouble
from lockstep.emulator.faults.plan import KINDS, Fault, FaultPlan, Latency

if TYPE_CHECKING:
    from lockstep.emulator.clock import Clock
    from lockstep.emulator.tenant import Tenant
    from lockstep.emulator.wire import Response

__all__ = ["KINDS", "Fault", "FaultPlan", "Faults", "OnWrite", "RequestFacts", "Trouble", "Write"]


@dataclass(frozen=True)
class Write:
    """One state-changing request, told to the `on_write` callbacks before and after it is done."""

    when: Literal["before", "after"]
    number: int
    method: str
    path: str


OnWrite = Callable[[Write], None]


class Faults:
    """What goes wrong with requests at present, and how to change that."""

    def __init__(self, tenant: Tenant, clock: Clock) -> None:
        self._tenant = tenant
        self._clock = clock
        self._dice = Dice(0)
        self._kinds: list[FaultKind[Any]] = []
        self.plan = FaultPlan()
        self.rules: list[Fault] = []
        self.spared: set[str] = set()
        """Doors whose requests meet nothing but rules and latency: for tests of one client among several."""
        self._latency = Latency()

    @property
    def latency(self) -> float:
        """The median time to an answer, in seconds."""
        return self._latency.median

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._latency = Latency(seconds, seconds)

    def pause(self, method: str, path: str) -> float:
        """Return how long the answer to a request takes."""
        return self._latency.draw(self._dice, method, path)

    def add(self, **fields: Any) -> Fault:
        """Add a rule and return it."""
        fault = Fault(**fields)
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything work again. The clock stays as it is."""
        self.set(FaultPlan(stopped_clock=self._clock.stopped))

    def set(self, plan: FaultPlan) -> None:
        """Follow a plan, in place of any earlier one."""
        for kind in self._kinds:
            kind.close()
        self._dice = Dice(plan.seed)
        self._kinds = plan.kinds(self._tenant, self._clock, self._dice)
        self._latency = plan.latency or Latency()
        self.plan, self.rules = plan, list(plan.rules)
        if plan.stopped_clock:
            self._clock.stop()
        else:
            self._clock.go()

    def replace(self, values: object) -> None:
        """Set everything as JSON says; UsageError when it is no plan."""
        from lockstep.emulator.faults.reading import read_plan

        self.set(read_plan(values))

    def describe(self) -> dict[str, Any]:
        """Return what is set, as JSON."""
        rules = [rule.describe() for rule in self.rules]
        kinds = {name: getattr(self.plan, name) for name in KINDS}
        set_ = {name: asdict(settings) for name, settings in kinds.items() if settings is not None}
        spread = {"median": self._latency.median, "p99": self._latency.p99}
        return {"seed": self.plan.seed, "stopped_clock": self._clock.stopped, **set_, "latency": spread, "rules": rules}

    def ruled(self, method: str, path: str) -> Trouble | None:
        """Return what the first rule that matches a request does to it, or None."""
        return next((rule.trouble() for rule in self.rules if rule.strikes(method, path)), None)

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Return what the first kind that wants to fail a request does to it, or None."""
        return next((trouble for kind in self._meeting(request) if (trouble := kind.strike(request)) is not None), None)

    def past(self, request: RequestFacts) -> list[Past]:
        """Return the objects that a request is to see in an earlier state."""
        return [entry for kind in self._meeting(request) for entry in kind.past(request)]

    @contextmanager
    def around(self, request: RequestFacts) -> Iterator[None]:
        """Let other people write just before and just after a write."""
        afterwards = [after for kind in self._meeting(request) if (after := kind.around(request)) is not None]
        yield
        for after in afterwards:
            after()

    def finish(self, request: RequestFacts, response: Response) -> Response:
        """Return the answer as it goes out."""
        for kind in self._meeting(request):
            response = kind.finish(request, response)
        return response

    def _meeting(self, request: RequestFacts) -> list[FaultKind[Any]]:
        return [] if request.door in self.spared else self._kinds
