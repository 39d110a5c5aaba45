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
    permissions = str(claims.get("scp") or "").split() if is_user else claims.get("roles") or ()
    roles = claims.get("wids")
    return Identity(
        tenant_id,
        client_id,
        str(claims.get("oid") or "").casefold(),
        permissions=frozenset(map(str, permissions)),
        roles=None if roles is None else frozenset(str(role).casefold() for role in roles),
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
