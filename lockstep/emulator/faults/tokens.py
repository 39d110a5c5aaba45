"""Tokens that end in the middle of a run: after a shorter life than usual, or after so many requests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge

from lockstep.emulator.faults.kind import STRICT, FaultKind, RequestFacts, Scene, Trouble

if TYPE_CHECKING:
    from lockstep.emulator.wire import Response


@dataclass(frozen=True)
class Tokens:
    """When a token ends: after `lifetime` seconds, which clients are told, or after so many `requests`.

    Nobody tells a client about the latter, as nobody does when a token is revoked.
    """

    __pydantic_config__ = STRICT

    lifetime: Annotated[int, Ge(1)] | None = None
    requests: Annotated[int, Ge(1)] | None = None


class TokensKind(FaultKind[Tokens]):
    """Refuses a token that has ended; each token is counted on its own."""

    name = "tokens"

    def __init__(self, settings: Tokens, scene: Scene) -> None:
        super().__init__(settings, scene)
        self._uses: Counter[str] = Counter()
        self._first: dict[str, float] = {}

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Refuse a token that has ended."""
        if not request.graph or request.batch or not request.token:
            return None
        self._uses[request.token] += 1
        age = self.scene.clock() - self._first.setdefault(request.token, self.scene.clock())
        settings = self.settings
        worn = settings.requests is not None and self._uses[request.token] > settings.requests
        if not worn and (settings.lifetime is None or age < settings.lifetime):
            return None
        message = "Lifetime validation failed, the token is expired."
        return Trouble(self.name, 401, message, "InvalidAuthenticationToken")

    def finish(self, request: RequestFacts, response: Response) -> Response:
        """Tell the client how long its new token lives."""
        body, lifetime = response.body, self.settings.lifetime
        if request.graph or lifetime is None or not isinstance(body, dict) or "expires_in" not in body:
            return response
        told = {name: type(body[name])(lifetime) for name in ("expires_in", "ext_expires_in") if name in body}
        return replace(response, body={**body, **told})
