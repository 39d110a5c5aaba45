"""A credential: something that gives an access token, keeps it while it is good, and never shows it.

Knows nothing of how the token is had (`sign_in`) nor of what it is used for (`graph`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from lockstep.errors import SignInError

RENEW_BEFORE = 300.0  # seconds: a request must not start with a token that ends on its way


@dataclass(frozen=True)
class AccessToken:
    """A bearer token and the time (seconds since 1970) at which it ends. Its text is in no repr."""

    text: str = field(repr=False)
    expires_on: float


class Credential(Protocol):
    """What the Graph client needs of a sign-in."""

    async def token(self, *, fresh: bool = False) -> AccessToken:
        """Return a token that is still good; `fresh` asks for a new one because Graph refused the last."""
        ...


TokenSource = Callable[[], Awaitable[AccessToken]]


class CachedCredential:
    """Asks `source` for a token when there is none, when it is about to end, or when a fresh one is wanted."""

    def __init__(self, source: TokenSource, *, method: str, wall_clock: Callable[[], float] = time.time) -> None:
        self.method = method
        self._source = source
        self._wall_clock = wall_clock
        self._token: AccessToken | None = None
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(method={self.method!r})"

    async def token(self, *, fresh: bool = False) -> AccessToken:
        """Return a token; requests made at the same time share one sign-in."""
        before = self._token
        async with self._lock:
            held = self._token
            # Whoever waited for the lock while another renewed the token takes the renewed one.
            renewed = held is not before
            if held is not None and self._good(held) and (renewed or not fresh):
                return held
            self._token = await self._source()
            if self._token.expires_on <= self._wall_clock():
                raise SignInError(
                    f"the token from {self.method} has already expired; to fix: check this machine's clock, "
                    "then sign in again"
                )
            return self._token

    def _good(self, token: AccessToken) -> bool:
        return token.expires_on - RENEW_BEFORE > self._wall_clock()
