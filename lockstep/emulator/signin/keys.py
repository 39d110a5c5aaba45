"""Keys: the emulator's own, which sign tokens, and those of other issuers, which check assertions.

An emulator signs with one key for as long as it lives; those that one process makes share it. Keys of other issuers are
handed in, never fetched: the emulator sends nothing anywhere. The libraries are imported at the first token, so that
importing the emulator stays cheap.
"""

from __future__ import annotations

import json
import threading
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from lockstep.emulator.constants import EXCHANGE_AUDIENCE, TENANT_ID, TEST_ISSUER
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.tenant import Tenant

if TYPE_CHECKING:
    from joserfc.jwk import KeySet, RSAKey

_MAKING = threading.Lock()
"""Two emulators that are opened at once in one process share one key as well."""


@cache
def _shared_key() -> RSAKey:
    """Return the key of every emulator that is made in this process: making one costs a tenth of a second."""
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def signing_key(tenant: Tenant) -> RSAKey:
    """Return the tenant's signing key, kept with its state."""
    kept = tenant.meta("signing-key").get("jwk")
    if kept is not None:
        return _imported(json.dumps(kept))
    with _MAKING:
        key = _shared_key()
    if tenant.store.journal is None:
        return key
    with tenant.store.transaction():
        tenant.store.put("meta", {"id": "signing-key", "jwk": key.as_dict(private=True)})
    return key


@lru_cache(maxsize=8)
def _imported(kept: str) -> RSAKey:
    from joserfc.jwk import RSAKey

    return RSAKey.import_key(json.loads(kept))


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


_META = "issuers"
_LIFETIME = 600


def issuers(tenant: Tenant) -> dict[str, Any]:
    """Return the trusted issuers, each with its key set, or None where the emulator signs for it."""
    return dict(tenant.meta(_META).get("keys", {}))


def trust_issuer(tenant: Tenant, issuer: str, keys: dict[str, Any] | None) -> None:
    """Trust an issuer, with its public key set (JWKS), or with the emulator's own keys for None."""
    if keys is not None:
        _key_set(keys)
    with tenant.store.transaction():
        tenant.store.put("meta", {"id": _META, "keys": {**issuers(tenant), issuer: keys}})


def keys_of(tenant: Tenant, issuer: str, base: str) -> KeySet | None:
    """Return the keys that check an issuer's signatures, or None where nobody has handed them in."""
    trusted = issuers(tenant)
    own = (TEST_ISSUER, f"{base}/{TENANT_ID}/v2.0", f"https://sts.windows.net/{TENANT_ID}/")
    if trusted.get(issuer) is not None:
        return _key_set(trusted[issuer])
    return _key_set(public_keys(tenant)) if issuer in own or issuer in trusted else None


def assertion(tenant: Tenant, subject: str, *, issuer: str = TEST_ISSUER, audience: str = EXCHANGE_AUDIENCE) -> str:
    """Return what a pipeline would be given to sign in with, signed by the emulator in the name of an issuer."""
    if issuer != TEST_ISSUER and (issuer not in issuers(tenant) or issuers(tenant)[issuer] is not None):
        raise BadRequestError(
            f"The emulator's keys do not stand for the issuer {issuer}: trust it first, with null for its keys."
        )
    now = int(tenant.clock())
    claims = {"aud": audience, "exp": now + _LIFETIME, "iat": now, "iss": issuer, "nbf": now, "sub": subject}
    return sign(tenant, claims)


def _key_set(keys: dict[str, Any]) -> KeySet:
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        return KeySet.import_key_set(keys)  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise BadRequestError('An issuer\'s keys are a JSON Web Key Set: {"keys": [...]}.') from None
