"""What a token is requested for, what is in force there, and what the token then says. Knows no HTTP.

A token is of version 1 unless the API's application wants version 2 (`requestedAccessTokenVersion`).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.constants import GRAPH_APP_ID, TENANT_ID
from lockstep.emulator.signin import refusals
from lockstep.emulator.signin.credentials import AZURE_CLI, AZURE_CLI_SCOPES
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

LIFETIME = 3600
DEFAULT = ".default"
_SIGN_IN = ("openid", "profile", "email", "offline_access")
_LOOPBACK = ("localhost", "127.0.0.1", "[")


@dataclass(frozen=True)
class ScopeRequest:
    """What a token is requested for: an API of the tenant, the name it was called by, and scopes of it.

    No scopes stand for `.default`.
    """

    resource: Object
    name: str
    scopes: tuple[str, ...] = ()


def read_scope(tenant: Tenant, scope: str, base: str) -> ScopeRequest:
    """Return what a scope parameter requests; a bare word is a scope of Graph, as in Entra."""
    words = [word for word in scope.split() if word not in _SIGN_IN]
    names = {_split(word)[0] for word in words}
    if len(names) > 1:
        raise refusals.MIXED_RESOURCES.of(scope=scope)
    name = next(iter(names), "")
    resource = find_resource(tenant, name or GRAPH_APP_ID, base)
    return ScopeRequest(
        resource, name or GRAPH_APP_ID, tuple(part for _, part in map(_split, words) if part != DEFAULT)
    )


def _split(word: str) -> tuple[str, str]:
    """Return the API and the scope of one word."""
    if "/" not in word:
        return "", word
    name, _, scope = word.rpartition("/")
    return name.rstrip("/"), scope


def find_resource(tenant: Tenant, name: str, base: str) -> Object:
    """Return the API of this name or id; this emulator's own address is Graph."""
    bare = name.rstrip("/")
    if bare.split("//")[-1].split(":")[0] in _LOOPBACK or bare == base:
        return tenant.principals.get(GRAPH_APP_ID, "appId")
    for candidate in (bare, f"{bare}/"):
        for row in tenant.principals.table.by("servicePrincipalNames", candidate):
            return row
    raise refusals.UNKNOWN_RESOURCE.of(resource=name)


def is_for_graph(tenant: Tenant, audience: str, base: str) -> bool:
    """Tell whether a token of this audience is one for Graph."""
    try:
        return bool(find_resource(tenant, audience, base)["appId"] == GRAPH_APP_ID)
    except refusals.SignInRefusedError:
        return False


def consented(tenant: Tenant, client: Object, resource: Object, user: Object | None) -> list[str]:
    """Return the scopes that a client has on an API for a user: everyone's, the user's own, and pre-authorised ones."""
    if client is AZURE_CLI:
        return list(AZURE_CLI_SCOPES) if resource["appId"] == GRAPH_APP_ID else []
    scopes: set[str] = set()
    for grant in tenant.grants.table.by("clientId", client["id"]):
        own = user is not None and grant["principalId"] == user["id"]
        if grant["resourceId"] == resource["id"] and (grant["consentType"] == "AllPrincipals" or own):
            scopes |= set(grant["scope"].split())
    application = tenant.applications.find(resource["appId"], "appId")
    for entry in application["api"]["preAuthorizedApplications"] if application is not None else ():
        if entry["appId"] == client["appId"]:
            allowed = set(entry.get("delegatedPermissionIds") or ())
            scopes |= {scope["value"] for scope in resource["oauth2PermissionScopes"] if scope["id"] in allowed}
    return sorted(scopes)


def app_claims(tenant: Tenant, client: Object, request: ScopeRequest, base: str, how: str) -> dict[str, Any]:
    """Return the claims of a token that an application gets in its own name."""
    return {
        **_common(tenant, client, request, base, how),
        "idtyp": "app",
        "oid": client["id"],
        "sub": client["id"],
        **_roles(tenant, [client["id"]], request.resource),
    }


def user_claims(
    tenant: Tenant, client: Object, request: ScopeRequest, user: Object, scopes: list[str], base: str, how: str
) -> dict[str, Any]:
    """Return the claims of a token that an application gets in a user's name."""
    groups = [row["id"] for table, row in tenant.groups.of(user["id"], transitive=True) if table == "groups"]
    return {
        **_common(tenant, client, request, base, how),
        "idtyp": "user",
        "name": user["displayName"],
        "oid": user["id"],
        "scp": " ".join(scopes),
        "sub": _pairwise(user, client),
        "unique_name": user["userPrincipalName"],
        "upn": user["userPrincipalName"],
        **_roles(tenant, [user["id"], *groups], request.resource),
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


def _common(tenant: Tenant, client: Object, request: ScopeRequest, base: str, how: str) -> dict[str, Any]:
    now = int(tenant.clock())
    unique = hashlib.sha256(f"{client['id']}:{request.name}:{now}".encode()).digest()[:16]
    application = tenant.applications.find(request.resource["appId"], "appId")
    second = application is not None and application["api"]["requestedAccessTokenVersion"] == 2
    version: dict[str, Any] = (
        {
            "aud": request.resource["appId"],
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
            "aud": request.name,
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


def _roles(tenant: Tenant, idents: list[str], resource: Object) -> dict[str, Any]:
    """Return the app roles of somebody, with the groups after it, and the directory roles, as template ids.

    No claim where there are none.
    """
    memberships = tenant.groups.of(idents[0], transitive=True)
    directory_roles = sorted(row["roleTemplateId"] for table, row in memberships if table == "directoryRoles")
    roles = {"roles": tenant.assignments.roles(idents, resource), "wids": directory_roles}
    return {name: values for name, values in roles.items() if values}


def _pairwise(user: Object, client: Object) -> str:
    """Return the subject that this client, and no other, knows the user by."""
    return hashlib.sha256(f"{user['id']}:{client['appId']}".encode()).hexdigest()[:43]
