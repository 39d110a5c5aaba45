"""Failures of one request: errors of the service (5xx), lost connections, and tokens that end in the middle of a run.

Errors and losses come by chance, before the work or after it was done. A token ends after a shorter life than usual, or
after so many requests.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge, Le, MinLen

from lockstep.emulator.faults.kind import FaultKind, FaultSettings, RequestFacts, Trouble

if TYPE_CHECKING:
    from lockstep.emulator.wire import Response


@dataclass(frozen=True)
class Connections(FaultSettings):
    """In which share of requests, and in which share of those the work was done."""

    share: Annotated[float, Ge(0), Le(1)] = 0.05
    done: Annotated[float, Ge(0), Le(1)] = 0.5


class ConnectionsKind(FaultKind[Connections]):
    """Loses connections. A request inside a batch has no connection of its own."""

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Drop a share of the connections."""
        where = (request.method, request.path)
        if request.batch or not request.graph or not self.dice.happens(self.settings.share, "lost", *where):
            return None
        done = self.dice.happens(self.settings.done, "lost after", *where)
        return Trouble("connections", done=done, drop=True)


@dataclass(frozen=True)
class Errors(FaultSettings):
    """In which share of requests, with which statuses, and in which share of those the work is done all the same."""

    share: Annotated[float, Ge(0), Le(1)] = 0.05
    statuses: Annotated[list[Annotated[int, Ge(500), Le(599)]], MinLen(1)] = field(
        default_factory=lambda: [500, 502, 503, 504]
    )
    done: Annotated[float, Ge(0), Le(1)] = 0.5


class ErrorsKind(FaultKind[Errors]):
    """Answers with errors."""

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Fail a share of the requests."""
        settings, where = self.settings, (request.method, request.path)
        if not request.graph or not self.dice.happens(settings.share, "errors", *where):
            return None
        status = settings.statuses[int(self.dice.roll("error", *where) * len(settings.statuses))]
        done = self.dice.happens(settings.done, "error after", *where)
        return Trouble("errors", status, "An internal server error has occurred.", done=done)


@dataclass(frozen=True)
class Tokens(FaultSettings):
    """When a token ends: after `lifetime` seconds, which clients are told, or after so many `requests`.

    Nobody tells a client about the latter, as nobody does when a token is revoked.
    """

    lifetime: Annotated[int, Ge(1)] | None = None
    requests: Annotated[int, Ge(1)] | None = None


@dataclass(eq=False)
class TokensKind(FaultKind[Tokens]):
    """Refuses a token that has ended; each token is counted on its own."""

    _uses: Counter[str] = field(init=False, default_factory=Counter)
    _first: dict[str, float] = field(init=False, default_factory=dict)

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Refuse a token that has ended."""
        if not request.graph or request.batch or not request.token:
            return None
        self._uses[request.token] += 1
        age = self.clock() - self._first.setdefault(request.token, self.clock())
        settings = self.settings
        worn = settings.requests is not None and self._uses[request.token] > settings.requests
        if not worn and (settings.lifetime is None or age < settings.lifetime):
            return None
        message = "Lifetime validation failed, the token is expired."
        return Trouble("tokens", 401, message, "InvalidAuthenticationToken")

    def finish(self, request: RequestFacts, response: Response) -> Response:
        """Tell the client how long its new token lives."""
        body, lifetime = response.body, self.settings.lifetime
        if request.graph or lifetime is None or not isinstance(body, dict) or "expires_in" not in body:
            return response
        told = {name: type(body[name])(lifetime) for name in ("expires_in", "ext_expires_in") if name in body}
        return replace(response, body={**body, **told})
