"""Who we are signed in as, read from the token's own claims.

The claims are not verified: Graph does that with every request. They are read so that a token of another
tenant is refused before anything is asked or changed there. Knows nothing of HTTP.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from lockstep.errors import SignInError, WrongTenantError


@dataclass(frozen=True)
class Identity:
    """The tenant, the application and the user or service principal of a token."""

    tenant_id: str
    client_id: str
    object_id: str


def identity_of(token: str) -> Identity:
    """Return the identity that a token's claims name; SignInError when it cannot be read."""
    claims = _claims(token)
    tenant_id = str(claims.get("tid") or "").casefold()
    if not tenant_id:
        raise SignInError("the token names no tenant (claim tid); to fix: sign in with an account of the target tenant")
    client_id = str(claims.get("appid") or claims.get("azp") or "").casefold()
    return Identity(tenant_id, client_id, str(claims.get("oid") or "").casefold())


def require_tenant(identity: Identity, tenant_id: str) -> None:
    """Refuse an identity of another tenant than the target."""
    if identity.tenant_id != tenant_id.casefold():
        raise WrongTenantError(
            f"signed in to tenant {identity.tenant_id}, but the stack's target is {tenant_id}; "
            f"nothing was read or written; to fix: set ARM_TENANT_ID={tenant_id}, "
            f"or az login --tenant {tenant_id}, or correct the stack's tenant"
        )


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    try:
        body = parts[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError, binascii.Error):
        claims = None
    if not isinstance(claims, dict):
        raise SignInError(
            "the token is not a JSON Web Token, so its tenant cannot be checked; to fix: sign in another way"
        )
    return claims
