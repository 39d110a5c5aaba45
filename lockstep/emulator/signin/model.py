"""Tokens: who may have one, and for what; what is in force there, and what the token then says. Knows no HTTP.

A token is of version 1 unless the API's application wants version 2 (`requestedAccessTokenVersion`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lockstep.emulator.constants import GRAPH_APP_ID, TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.objects import digest
from lockstep.emulator.registry import microsoft_apps
from lockstep.emulator.signin import refusals
from lockstep.emulator.signin.credentials import AZURE_CLI, AZURE_CLI_SCOPES, check_client, find_client
from lockstep.emulator.signin.keys import sign, verify
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

Form = Mapping[str, str]
_REFRESH, _REFRESHABLE = "refresh", 90 * 24 * 3600
_BEHALF = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = 3600
DEFAULT = ".default"
_SIGN_IN = ("openid", "profile", "email", "offline_access")
_LOOPBACK = ("localhost", "127.0.0.1", "[")


def check_tenant(name: str) -> None:
    """Refuse any tenant but this one."""
    if name.lower() not in (TENANT_ID, TENANT_DOMAIN):
        raise refusals.UNKNOWN_TENANT.of(tenant=name)


def issue(tenant: Tenant, form: Form, base: str, *, version: int) -> dict[str, Any]:
    """Return the answer of the token endpoint to a client that proves who it is, and in whose name it asks."""
    flow = _FLOWS.get(form.get("grant_type", ""))
    if flow is None:
        raise refusals.UNSUPPORTED_FLOW.of(flow=form.get("grant_type", ""))
    scope = form.get("scope") or (f"{form['resource']}/{DEFAULT}" if form.get("resource") else "")
    claims, more = flow(tenant, form, base, scope)
    answer: dict[str, Any] = {"access_token": sign(tenant, claims), "expires_in": LIFETIME, "token_type": "Bearer"}
    if version == 1:
        answer.update(expires_in=str(LIFETIME), expires_on=str(claims["exp"]), resource=claims["aud"])
    else:
        answer["ext_expires_in"] = LIFETIME
    return answer | more


def preview(tenant: Tenant, client: str, api: str, user: str | None, base: str) -> tuple[str, dict[str, Any]]:
    """Return the token that a client would get for an API, and its claims, without asking it who it is."""
    principal, _ = find_client(tenant, client)
    request = read_scope(tenant, f"{api.rstrip('/')}/{DEFAULT}", base)
    if user is None:
        _check_assigned(tenant, principal, request)
        claims = app_claims(tenant, principal, request, base, "2")
    else:
        person = tenant.users.get(user)
        claims = _for_user(tenant, principal, request, person, base, "2")
    return sign(tenant, claims), claims


_Answer = tuple[dict[str, Any], dict[str, Any]]
"""The claims of the access token, and what else the answer holds."""


def _client(tenant: Tenant, form: Form, base: str, *, public: bool = False) -> tuple[Object, str]:
    """Return the client that a form proves to be, and how it did; `public` ones may do without a proof."""
    principal, owners = find_client(tenant, form.get("client_id", ""))
    unproven = public and owners[0].get("isFallbackPublicClient")
    return principal, "0" if unproven else check_client(tenant, owners, form, base)


def _for_application(tenant: Tenant, form: Form, base: str, scope: str) -> _Answer:
    principal, how = _client(tenant, form, base)
    request = read_scope(tenant, scope, base)
    if request.scopes or not scope.strip():
        raise refusals.NOT_THE_DEFAULT_SCOPE.of(scope=scope)
    _check_assigned(tenant, principal, request)
    return app_claims(tenant, principal, request, base, how), {}


def _with_password(tenant: Tenant, form: Form, base: str, scope: str) -> _Answer:
    principal, how = _client(tenant, form, base, public=True)
    user = next(iter(tenant.users.table.by("userPrincipalName", form.get("username", ""))), None)
    if user is None:
        raise refusals.UNKNOWN_USER.of(name=form.get("username", ""))
    if user.get("_password") != digest(form.get("password", "")):
        raise refusals.WRONG_PASSWORD.of()
    return _to_user(tenant, principal, user, base, how, scope)


def _on_behalf(tenant: Tenant, form: Form, base: str, scope: str) -> _Answer:
    principal, how = _client(tenant, form, base)
    token = verify(tenant, form.get("assertion", ""))
    if token is None:
        raise refusals.UNSIGNED_USER_TOKEN.of()
    if token["exp"] <= tenant.clock():
        raise refusals.EXPIRED_USER_TOKEN.of()
    if str(token["aud"]).rstrip("/") not in {name.rstrip("/") for name in principal["servicePrincipalNames"]}:
        raise refusals.USER_TOKEN_FOR_ANOTHER.of()
    user = tenant.users.table.get(str(token["oid"])) if token.get("idtyp") == "user" else None
    if user is None:
        raise refusals.NO_USER_TOKEN.of()
    return _to_user(tenant, principal, user, base, how, scope)


def _refreshed(tenant: Tenant, form: Form, base: str, scope: str) -> _Answer:
    principal, how = _client(tenant, form, base, public=True)
    token = verify(tenant, form.get("refresh_token", "")) or {}
    user = tenant.users.table.get(str(token.get("oid")))
    if token.get("typ") != _REFRESH or token.get("aud") != principal["appId"] or user is None:
        raise refusals.BAD_REFRESH_TOKEN.of()
    if token["exp"] <= tenant.clock():
        raise refusals.EXPIRED_REFRESH_TOKEN.of()
    return _to_user(tenant, principal, user, base, how, scope)


_FLOWS: dict[str, Callable[[Tenant, Form, str, str], _Answer]] = {
    "client_credentials": _for_application,
    "password": _with_password,
    "refresh_token": _refreshed,
    _BEHALF: _on_behalf,
}


def _to_user(tenant: Tenant, principal: Object, user: Object, base: str, how: str, scope: str) -> _Answer:
    request = read_scope(tenant, scope, base)
    claims = _for_user(tenant, principal, request, user, base, how)
    more: dict[str, Any] = {"scope": " ".join(f"{request.name}/{word}" for word in claims["scp"].split())}
    if "openid" in scope.split():
        more["id_token"] = sign(tenant, id_claims(tenant, principal, user, base))
        info = json.dumps({"uid": user["id"], "utid": TENANT_ID}).encode()
        more["client_info"] = base64.urlsafe_b64encode(info).decode().rstrip("=")
    if "offline_access" in scope.split():
        until = int(tenant.clock()) + _REFRESHABLE
        stated = {"aud": principal["appId"], "exp": until, "oid": user["id"], "typ": _REFRESH}
        more["refresh_token"] = sign(tenant, stated)
    return claims, more


def _for_user(
    tenant: Tenant, principal: Object, request: ScopeRequest, user: Object, base: str, how: str
) -> dict[str, Any]:
    if not user["accountEnabled"]:
        raise refusals.DISABLED_USER.of()
    if principal["appRoleAssignmentRequired"] and not _is_assigned(tenant, user, principal):
        raise refusals.UNASSIGNED_USER.of(name=user["userPrincipalName"], client=principal)
    scopes = consented(tenant, principal, request.resource, user)
    if not scopes or not set(request.scopes) <= set(scopes):
        raise refusals.NO_CONSENT.of(client=principal)
    return user_claims(tenant, principal, request, user, scopes, base, how)


def _check_assigned(tenant: Tenant, principal: Object, request: ScopeRequest) -> None:
    """Refuse a client without any role, where the API wants one."""
    if request.resource["appRoleAssignmentRequired"] and not _is_assigned(tenant, principal, request.resource):
        raise refusals.UNASSIGNED_CLIENT.of(client=principal, resource=request.resource)


def _is_assigned(tenant: Tenant, principal: Object, resource: Object) -> bool:
    groups = [row["id"] for table, row in tenant.groups.of(principal["id"], transitive=False) if table == "groups"]
    held = (row for ident in (principal["id"], *groups) for row in tenant.assignments.table.by("principalId", ident))
    return any(row["resourceId"] == resource["id"] for row in held)


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
    name = next(iter(names), "") or GRAPH_APP_ID
    scopes = tuple(part for _, part in map(_split, words) if part != DEFAULT)
    return ScopeRequest(find_resource(tenant, name, base), name, scopes)


def _split(word: str) -> tuple[str, str]:
    """Return the API and the scope of one word."""
    if "/" not in word:
        return "", word
    name, _, scope = word.rpartition("/")
    return name.rstrip("/"), scope


def find_resource(tenant: Tenant, name: str, base: str) -> Object:
    """Return the API of this name or id; this emulator's own address is Graph."""
    bare = name.rstrip("/")
    address = GRAPH_APP_ID if _is_this_address(bare, base) else bare
    for candidate in (address, f"{address}/"):
        for row in tenant.principals.table.by("servicePrincipalNames", candidate):
            return row
    raise refusals.UNKNOWN_RESOURCE.of(resource=name, tenant=TENANT_NAME)


def is_for_graph(tenant: Tenant, audience: str, base: str) -> bool:
    """Tell whether a token of this audience is one for Graph, which knows its own names: a token that was good stays
    so when the tenant's service principal of Graph is gone.
    """
    if _is_this_address(audience.rstrip("/"), base) or audience.rstrip("/").casefold() in _names_of_graph():
        return True
    try:
        return bool(find_resource(tenant, audience, base)["appId"] == GRAPH_APP_ID)
    except refusals.SignInRefusedError:
        return False


def _is_this_address(name: str, base: str) -> bool:
    return name.split("//")[-1].split(":")[0] in _LOOPBACK or name == base


@cache
def _names_of_graph() -> frozenset[str]:
    return frozenset(name.rstrip("/").casefold() for name in microsoft_apps()[GRAPH_APP_ID]["servicePrincipalNames"])


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
