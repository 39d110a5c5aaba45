"""What is in a token. Version 1 unless the API's application asks for version 2. Knows no HTTP."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from lockstep.emulator.constants import TENANT_ID
from lockstep.emulator.signin.scopes import Asked
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

LIFETIME = 3600


def app_claims(tenant: Tenant, client: Object, asked: Asked, base: str, how: str) -> dict[str, Any]:
    """Return the claims of a token that an application gets in its own name."""
    roles = tenant.assignments.roles([client["id"]], asked.resource)
    return {
        **_common(tenant, client, asked, base, how),
        "idtyp": "app",
        "oid": client["id"],
        "sub": client["id"],
        **({"roles": roles} if roles else {}),
        **_wids(tenant, client),
    }


def user_claims(
    tenant: Tenant, client: Object, asked: Asked, user: Object, scopes: list[str], base: str, how: str
) -> dict[str, Any]:
    """Return the claims of a token that an application gets in a user's name."""
    groups = [row["id"] for table, row in tenant.groups.of(user["id"], transitive=True) if table == "groups"]
    roles = tenant.assignments.roles([user["id"], *groups], asked.resource)
    return {
        **_common(tenant, client, asked, base, how),
        "idtyp": "user",
        "name": user["displayName"],
        "oid": user["id"],
        "scp": " ".join(scopes),
        "sub": _pairwise(user, client),
        "unique_name": user["userPrincipalName"],
        "upn": user["userPrincipalName"],
        **({"roles": roles} if roles else {}),
        **_wids(tenant, user),
    }


def id_claims(tenant: Tenant, client: Object, user: Object, base: str) -> dict[str, Any]:
    """Return the claims of the ID token that goes with a user's token."""
    now = int(tenant.clock())
    return {
        "aud": client["appId"],
        "exp": now + LIFETIME,
        "iat": now,
        "iss": f"{base}/{TENANT_ID}/v2.0",
        "name": user["displayName"],
        "nbf": now,
        "oid": user["id"],
        "preferred_username": user["userPrincipalName"],
        "sub": _pairwise(user, client),
        "tid": TENANT_ID,
        "ver": "2.0",
    }


def _common(tenant: Tenant, client: Object, asked: Asked, base: str, how: str) -> dict[str, Any]:
    now = int(tenant.clock())
    unique = hashlib.sha256(f"{client['id']}:{asked.name}:{now}".encode()).digest()[:16]
    application = tenant.applications.find(asked.resource["appId"], "appId")
    second = application is not None and application["api"]["requestedAccessTokenVersion"] == 2
    version: dict[str, Any] = (
        {
            "aud": asked.resource["appId"],
            "azp": client["appId"],
            "azpacr": how,
            "iss": f"{base}/{TENANT_ID}/v2.0",
            "ver": "2.0",
        }
        if second
        else {
            "app_displayname": client["displayName"],
            "appid": client["appId"],
            "appidacr": how,
            "aud": asked.name,
            "iss": f"https://sts.windows.net/{TENANT_ID}/",
            "ver": "1.0",
        }
    )
    return {
        **version,
        "exp": now + LIFETIME,
        "iat": now,
        "nbf": now,
        "tid": TENANT_ID,
        "uti": base64.urlsafe_b64encode(unique).decode().rstrip("="),
    }


def _wids(tenant: Tenant, principal: Object) -> dict[str, Any]:
    """Return the directory roles, as template ids; no claim where there are none."""
    found = tenant.groups.of(principal["id"], transitive=True)
    roles = sorted(row["roleTemplateId"] for table, row in found if table == "directoryRoles")
    return {"wids": roles} if roles else {}


def _pairwise(user: Object, client: Object) -> str:
    """Return the subject that this client, and no other, knows the user by."""
    return hashlib.sha256(f"{user['id']}:{client['appId']}".encode()).hexdigest()[:43]
