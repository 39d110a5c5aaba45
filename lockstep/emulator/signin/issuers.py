"""Whose assertions can be checked: the emulator's own issuers, and others whose keys somebody has handed in.

Nothing is fetched: the emulator never leaves the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockstep.emulator.constants import EXCHANGE_AUDIENCE, TENANT_ID, TEST_ISSUER
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.signin.keys import public_keys, sign
from lockstep.emulator.tenant import Tenant

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_META = "issuers"
_LIFETIME = 600


def issuers(tenant: Tenant) -> dict[str, Any]:
    """Return the issuers that were handed in: each with its key set, or None where the emulator's keys stand for it."""
    return dict(tenant.meta(_META).get("keys", {}))


def trust_issuer(tenant: Tenant, issuer: str, keys: dict[str, Any] | None) -> None:
    """Take an issuer's public key set (JWKS); None lets the emulator's own keys stand for the issuer."""
    if keys is not None:
        _imported(keys)
    with tenant.store.transaction():
        tenant.store.put("meta", {"id": _META, "keys": {**issuers(tenant), issuer: keys}})


def keys_of(tenant: Tenant, issuer: str, base: str) -> KeySet | None:
    """Return the keys that check an issuer's signatures, or None where nobody has handed them in."""
    known = issuers(tenant)
    own = (TEST_ISSUER, f"{base}/{TENANT_ID}/v2.0", f"https://sts.windows.net/{TENANT_ID}/")
    if known.get(issuer) is not None:
        return _imported(known[issuer])
    return _imported(public_keys(tenant)) if issuer in own or issuer in known else None


def assertion(tenant: Tenant, subject: str, *, issuer: str = TEST_ISSUER, audience: str = EXCHANGE_AUDIENCE) -> str:
    """Return what a pipeline would be given to sign in with, signed by the emulator in the name of an issuer."""
    if issuer != TEST_ISSUER and (issuer not in issuers(tenant) or issuers(tenant)[issuer] is not None):
        raise BadRequestError(
            f"The emulator's keys do not stand for the issuer {issuer}: trust it first, with null for its keys."
        )
    now = int(tenant.clock())
    claims = {"aud": audience, "exp": now + _LIFETIME, "iat": now, "iss": issuer, "nbf": now, "sub": subject}
    return sign(tenant, claims)


def _imported(keys: dict[str, Any]) -> KeySet:
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        return KeySet.import_key_set(keys)  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise BadRequestError('An issuer\'s keys are a JSON Web Key Set: {"keys": [...]}.') from None
