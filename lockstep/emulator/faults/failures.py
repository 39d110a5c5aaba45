"""Failures by chance: errors of the service (5xx) and lost connections, before the work or after it was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le, MinLen

from lockstep.emulator.faults.kind import STRICT, FaultKind, RequestFacts, Trouble


@dataclass(frozen=True)
class Connections:
    """In which share of requests, and in which share of those the work was done."""

    __pydantic_config__ = STRICT

    share: Annotated[float, Ge(0), Le(1)] = 0.05
    done: Annotated[float, Ge(0), Le(1)] = 0.5


class ConnectionsKind(FaultKind[Connections]):
    """Loses connections. A request inside a batch has no connection of its own."""

    name = "connections"

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Drop a share of the connections."""
        where = (request.method, request.path)
        if request.batch or not request.graph or not self.scene.dice.happens(self.settings.share, "lost", *where):
            return None
        done = self.scene.dice.happens(self.settings.done, "lost after", *where)
        return Trouble("connections", done=done, drop=True)


@dataclass(frozen=True)
class Errors:
    """In which share of requests, with which statuses, and in which share of those the work is done all the same."""

    __pydantic_config__ = STRICT

    share: Annotated[float, Ge(0), Le(1)] = 0.05
    statuses: Annotated[list[Annotated[int, Ge(500), Le(599)]], MinLen(1)] = field(
        default_factory=lambda: [500, 502, 503, 504]
    )
    done: Annotated[float, Ge(0), Le(1)] = 0.5


class ErrorsKind(FaultKind[Errors]):
    """Answers with errors."""

    name = "errors"

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Fail a share of the requests."""
        settings, where = self.settings, (request.method, request.path)
        if not request.graph or not self.scene.dice.happens(settings.share, "errors", *where):
            return None
        status = settings.statuses[int(self.scene.dice.roll("error", *where) * len(settings.statuses))]
        done = self.scene.dice.happens(settings.done, "error after", *where)
        return Trouble("errors", status, "An internal server error has occurred.", done=done)
