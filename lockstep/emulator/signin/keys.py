"""The signing key: made once for each process or state file; signs and checks tokens.

The libraries come in at the first token, so that importing the emulator stays cheap.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from lockstep.emulator.tenant import Tenant

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

_MAKING = threading.Lock()
"""Two emulators that are opened at once in one process share one key as well."""


@cache
def _shared_key() -> RSAKey:
    """Return the key of every emulator in memory in this process: making one costs a tenth of a second."""
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def signing_key(tenant: Tenant) -> RSAKey:
    """Return the tenant's signing key, kept with its state."""
    from joserfc.jwk import RSAKey

    kept = tenant.meta("signing-key").get("jwk")
    if kept is not None:
        return _imported(tenant, kept)
    if tenant.store.journal is None:
        with _MAKING:
            return _shared_key()
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
    with tenant.store.transaction():
        tenant.store.put("meta", {"id": "signing-key", "jwk": key.as_dict(private=True)})
    return key


def _imported(tenant: Tenant, kept: dict[str, Any]) -> RSAKey:
    from joserfc.jwk import RSAKey

    cached: RSAKey | None = getattr(tenant, "_signing_key", None)
    if cached is None or cached.kid != kept["kid"]:
        cached = RSAKey.import_key(kept)
        tenant._signing_key = cached  # type: ignore[attr-defined]
    return cached


def sign(tenant: Tenant, claims: dict[str, Any]) -> str:
    """Return a signed token."""
    from joserfc import jwt

    key = signing_key(tenant)
    return str(jwt.encode({"typ": "JWT", "alg": "RS256", "kid": key.kid}, claims, key))


def verify(tenant: Tenant, token: str) -> dict[str, Any] | None:
    """Return the claims of a token that this tenant has signed, or None."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        return dict(jwt.decode(token, signing_key(tenant), algorithms=["RS256"]).claims)
    except (JoseError, ValueError):
        return None


def public_keys(tenant: Tenant) -> dict[str, Any]:
    """Return the key set that clients check tokens with."""
    return {"keys": [{**signing_key(tenant).as_dict(private=False), "use": "sig", "alg": "RS256"}]}
