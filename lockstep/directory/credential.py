"""A credential: something that gives an access token, keeps it while it is good, and never shows it.

Who we are signed in as is read from the token's own claims. They are not verified: Graph does that with every request.
They are read so that a token of another tenant is refused before anything is asked or changed there.

Knows nothing of how the token is had (`sign_in`) nor of what it is used for (`graph`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from lockstep.directory.challenge import Challenge
from lockstep.errors import SignInError, WrongTenantError

RENEW_BEFORE = 300.0  # seconds: a request must not start with a token that ends on its way


@dataclass(frozen=True)
class AccessToken:
    """A bearer token and the time (seconds since 1970) at which it ends. Its text is in no repr."""

    text: str = field(repr=False)
    expires_on: float


class Credential(Protocol):
    """What the Graph client needs of a sign-in."""

    async def token(self, *, fresh: bool = False, challenge: Challenge | None = None) -> AccessToken:
        """Return a token that is still good; `fresh` asks for a new one because Graph refused the last.

        `challenge` is what Graph demanded of the new one.
        """
        ...


TokenSource = Callable[[], Awaitable[AccessToken]]
ChallengedSource = Callable[[Challenge], Awaitable[AccessToken]]


class CachedCredential:
    """Asks `source` for a token when there is none, when it is about to end, or when a fresh one is wanted.

    `challenged` is asked for one that satisfies a challenge; a sign-in that cannot ask for claims has none.
    """

    def __init__(
        self,
        source: TokenSource,
        *,
        method: str,
        wall_clock: Callable[[], float] = time.time,
        challenged: ChallengedSource | None = None,
    ) -> None:
        self.method = method
        self._source = source
        self._challenged = challenged
        self._wall_clock = wall_clock
        self._token: AccessToken | None = None
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(method={self.method!r})"

    async def token(self, *, fresh: bool = False, challenge: Challenge | None = None) -> AccessToken:
        """Return a token; requests made at the same time share one sign-in."""
        before = self._token
        async with self._lock:
            held = self._token
            # Whoever waited for the lock while another renewed the token takes the renewed one.
            renewed = held is not before
            if held is not None and self._good(held) and (renewed or not fresh):
                return held
            if challenge is not None and self._challenged is not None:
                self._token = await self._challenged(challenge)
            else:
                self._token = await self._source()
            if self._token.expires_on <= self._wall_clock():
                raise SignInError(
                    f"the token from {self.method} has already expired; to fix: check this machine's clock, "
                    "then sign in again"
                )
            return self._token

    def _good(self, token: AccessToken) -> bool:
        return token.expires_on - RENEW_BEFORE > self._wall_clock()


@dataclass(frozen=True)
class Identity:
    """The tenant, the application and the user or service principal of a token, and what the token says it may do.

    `permissions` are the application permissions of an app's token, or the scopes of a user's. `roles` are the
    template ids of the directory roles, None where the token does not say.
    """

    tenant_id: str
    client_id: str
    object_id: str
    permissions: frozenset[str] = frozenset()
    roles: frozenset[str] | None = None
    is_user: bool = False
    name: str = ""


def identity_of(token: str) -> Identity:
    """Return the identity that a token's claims name; SignInError when it cannot be read."""
    claims = _claims(token)
    tenant_id = str(claims.get("tid") or "").casefold()
    if not tenant_id:
        raise SignInError("the token names no tenant (claim tid); to fix: sign in with an account of the target tenant")
    client_id = str(claims.get("appid") or claims.get("azp") or "").casefold()
    is_user = "scp" in claims or claims.get("idtyp") == "user"
    permissions = str(claims.get("scp") or "").split() if is_user else _listed(claims.get("roles"))
    roles = claims.get("wids")
    return Identity(
        tenant_id,
        client_id,
        str(claims.get("oid") or "").casefold(),
        permissions=frozenset(map(str, permissions)),
        roles=None if roles is None else frozenset(str(role).casefold() for role in _listed(roles)),
        is_user=is_user,
        name=str(claims.get("upn") or claims.get("unique_name") or claims.get("app_displayname") or ""),
    )


def require_tenant(identity: Identity, tenant_id: str) -> None:
    """Refuse an identity of another tenant than the target."""
    if identity.tenant_id != tenant_id.casefold():
        raise WrongTenantError(
            f"signed in to tenant {identity.tenant_id}, but the stack's target is {tenant_id}; "
            f"nothing was read or written; to fix: set ARM_TENANT_ID={tenant_id}, "
            f"or az login --tenant {tenant_id}, or correct the stack's tenant"
        )


def _listed(claim: Any) -> list[Any]:
    """Return a claim that is a list, as it should be; nothing of one that is something else."""
    return claim if isinstance(claim, list) else []


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    try:
        body = parts[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError, RecursionError, binascii.Error):
        claims = None
    if not isinstance(claims, dict) or not token.isascii() or len(token.split()) != 1:
        raise SignInError(
            "the token is not a JSON Web Token, so its tenant cannot be checked; to fix: sign in another way"
        )
    return claims
