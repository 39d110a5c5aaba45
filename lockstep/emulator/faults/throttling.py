"""Throttling by resource units and by writes, with the headers that Microsoft documents.

https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits gives limits, costs and
headers. Microsoft does not document how much longer a caller waits that
comes back too early: here, each of its requests adds a penalty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qsl

from annotated_types import Ge, Gt

from lockstep.emulator.constants import TENANT_ID
from lockstep.emulator.faults.kind import FaultKind, FaultSettings, RequestFacts, Trouble

if TYPE_CHECKING:
    from lockstep.emulator.wire import Response

_TWO = frozenset({"applications", "oauth2permissiongrants", "approleassignments", "approleassignedto"})
_SMALL_PAGE = 20
_TOLD = 0.8  # share of the limit from which the header says how much was used
_MOST = 1.8
_LONGEST = 600.0  # seconds: no penalty goes beyond
_REACTION = 1.0  # seconds: what was on its way when the answer came does not count as ignoring it


@dataclass(frozen=True)
class Throttling(FaultSettings):
    """Limits of one application in one tenant: resource units and writes, each in so many seconds.

    The defaults are those of a small tenant. `penalty`: seconds that a request adds which comes before it may.
    """

    units: Annotated[int, Ge(1)] = 3500
    per: Annotated[float, Gt(0)] = 10.0
    writes: Annotated[int, Ge(1)] = 3000
    writes_per: Annotated[float, Gt(0)] = 150.0
    penalty: Annotated[float, Ge(0)] = 10.0


@dataclass
class _Window:
    """What one application has used of one limit."""

    limit: int
    seconds: float
    name: str
    information: str
    ends: float = 0.0
    used: int = 0
    opened: float = 0.0

    def charge(self, units: int, now: float) -> bool:
        """Take units; tell whether there were enough. What is refused is not taken."""
        if now >= self.ends:
            self.ends, self.used = now + self.seconds, 0
        if now < self.opened or self.used + units > self.limit:
            self.opened = max(self.opened, self.ends)
            return False
        self.used += units
        return True


@dataclass(eq=False)
class ThrottlingKind(FaultKind[Throttling]):
    """Counts what each application uses, and turns away what is too much."""

    _accounts: dict[str, tuple[_Window, _Window]] = field(init=False, default_factory=dict)
    _told: dict[str, float] = field(init=False, default_factory=dict)
    """When the bearer of a token was told to wait."""

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Charge a request, or say how long to wait."""
        if not request.graph or request.whole_batch:
            return None
        now, windows = self.clock(), self._windows(request.caller)
        charges = [cost(request), 1 if request.writes else 0]
        for window, units in zip(windows, charges, strict=True):
            if not units:
                continue
            told = self._told.get(request.token)
            if told is not None and told + _REACTION < now < window.opened:
                window.opened = min(window.opened + self.settings.penalty, now + _LONGEST)
            if not window.charge(units, now):
                self._told[request.token] = now
                headers = {
                    "Retry-After": str(max(1, math.ceil(window.opened - now))),
                    "x-ms-throttle-scope": f"Tenant_Application/{window.name}/{request.caller}/{TENANT_ID}",
                    "x-ms-throttle-information": window.information,
                }
                return Trouble("throttling", 429, "Too many requests", "TooManyRequests", headers)
        self._told.pop(request.token, None)
        return None

    def finish(self, request: RequestFacts, response: Response) -> Response:
        """Say what the request cost, and how much of the limit is used once that is much."""
        if not request.graph or request.whole_batch:
            return response
        headers = {"x-ms-resource-unit": str(cost(request))}
        used = max(window.used / window.limit for window in self._windows(request.caller))
        if used >= _TOLD:
            headers["x-ms-throttle-limit-percentage"] = f"{min(used, _MOST):.2f}"
        return replace(response, headers={**response.headers, **headers})

    def _windows(self, caller: str) -> tuple[_Window, _Window]:
        settings = self.settings
        units = _Window(settings.units, settings.per, "ReadWrite", "ResourceUnitLimitExceeded")
        writes = _Window(settings.writes, settings.writes_per, "Write", "WriteLimitExceeded")
        return self._accounts.setdefault(caller, (units, writes))


def cost(request: RequestFacts) -> int:
    """Return the resource units of one request: at least one."""
    units = 1
    options = {name.lstrip("$").lower(): value for name, value in parse_qsl(request.query)}
    if request.method == "GET":
        segments = [part.lower() for part in request.path.split("/") if part]
        units += not _TWO.isdisjoint(segments[-2:])
        units -= "select" in options
        units += "expand" in options
        top = options.get("top", "")
        units -= top.isascii() and top.isdigit() and int(top) < _SMALL_PAGE
    return max(1, units)
