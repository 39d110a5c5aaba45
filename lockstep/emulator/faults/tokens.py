"""Tokens that end in the middle of a run: after a shorter life than usual, or after so many requests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge

from lockstep.emulator.faults.kind import Asked, Kind, Scene, Trouble

if TYPE_CHECKING:
    from lockstep.emulator.wire import Response


@dataclass(frozen=True)
class Tokens:
    """`lifetime` in seconds, which clients are told; `requests`, which nobody tells them, as when one is revoked."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    lifetime: Annotated[int, Ge(1)] | None = None
    requests: Annotated[int, Ge(1)] | None = None


class TokensKind(Kind):
    """Refuses a token that has ended; each token is counted on its own."""

    name = "tokens"

    def __init__(self, settings: Tokens, scene: Scene) -> None:
        self._settings = settings
        self._clock = scene.clock
        self._uses: Counter[str] = Counter()
        self._first: dict[str, float] = {}

    def strike(self, asked: Asked) -> Trouble | None:
        """Refuse a token that has ended."""
        if not asked.graph or asked.batch or not asked.token:
            return None
        self._uses[asked.token] += 1
        age = self._clock() - self._first.setdefault(asked.token, self._clock())
        settings = self._settings
        worn = settings.requests is not None and self._uses[asked.token] > settings.requests
        if not worn and (settings.lifetime is None or age < settings.lifetime):
            return None
        message = "Lifetime validation failed, the token is expired."
        return Trouble(self.name, 401, message, "InvalidAuthenticationToken")

    def finish(self, asked: Asked, response: Response) -> Response:
        """Tell the client how long its new token lives."""
        body, lifetime = response.body, self._settings.lifetime
        if asked.graph or lifetime is None or not isinstance(body, dict) or "expires_in" not in body:
            return response
        told = {name: type(body[name])(lifetime) for name in ("expires_in", "ext_expires_in") if name in body}
        return replace(response, body={**body, **told})
