"""Tokens: who may have one, and for what. Knows no HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID
from lockstep.emulator.objects import digest
from lockstep.emulator.signin import exceptions as refusals
from lockstep.emulator.signin.claims import LIFETIME, app_claims, id_claims, user_claims
from lockstep.emulator.signin.credentials import check_client, find_client, is_public
from lockstep.emulator.signin.keys import sign, verify
from lockstep.emulator.signin.scopes import DEFAULT, Asked, consented, read_scope
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

Form = Mapping[str, str]
_REFRESH, _REFRESHABLE = "refresh", 90 * 24 * 3600
_BEHALF = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def check_tenant(name: str) -> None:
    """Refuse any tenant but this one."""
    if name.lower() not in (TENANT_ID, TENANT_DOMAIN):
        raise refusals.unknown_tenant(name)


def issue(tenant: Tenant, form: Form, base: str, *, version: int) -> dict[str, Any]:
    """Return the answer of the token endpoint to a client that proves who it is, and in whose name it asks."""
    flow = _FLOWS.get(form.get("grant_type", ""))
    if flow is None:
        raise refusals.unsupported_flow(form.get("grant_type", ""))
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
    asked = read_scope(tenant, f"{api.rstrip('/')}/{DEFAULT}", base)
    if user is None:
        _check_assigned(tenant, principal, asked)
        claims = app_claims(tenant, principal, asked, base, "2")
    else:
        person = tenant.users.get(user)
        claims = _for_user(tenant, principal, asked, person, base, "2")
    return sign(tenant, claims), claims


_Answer = tuple[dict[str, Any], dict[str, Any]]


def _for_application(tenant: Tenant, form: Form, base: str, scope: str) -> _Answer:
    principal, owners = find_client(tenant, form.get("client_id", ""))
    how = check_client(tenant, owners, form, base)
    asked = read_scope(tenant, scope, base)
    if asked.scopes or not scope.strip():
        raise refusals.not_the_default_scope(scope)
    _check_assigned(tenant, principal, asked)
    return app_claims(tenant, principal, asked, base, how), {}


def _with_password(tenant: Tenant, form: Form, base: str, scope: str) -> _Answer:
    principal, owners = find_client(tenant, form.get("client_id", ""))
    how = "0" if is_public(owners) else check_client(tenant, owners, form, base)
    user = next(iter(tenant.users.table.by("userPrincipalName", form.get("username", ""))), None)
    if user is None:
        raise refusals.unknown_user(form.get("username", ""))
    if user.get("_password") != digest(form.get("password", "")):
        raise refusals.wrong_password()
    return _to_user(tenant, principal, read_scope(tenant, scope, base), user, base, how, scope)


def _on_behalf(tenant: Tenant, form: Form, base: str, scope: str) -> _Answer:
    principal, owners = find_client(tenant, form.get("client_id", ""))
    how = check_client(tenant, owners, form, base)
    given = verify(tenant, form.get("assertion", ""))
    if given is None:
        raise refusals.bad_user_assertion(50013, "Assertion failed signature validation.")
    if given["exp"] <= tenant.clock():
        raise refusals.bad_user_assertion(500133, "Assertion is not within its valid time range.")
    if str(given["aud"]).rstrip("/") not in {name.rstrip("/") for name in principal["servicePrincipalNames"]}:
        raise refusals.bad_user_assertion(
            500131, "Assertion audience does not match the Client app presenting the assertion."
        )
    user = tenant.users.table.get(str(given["oid"])) if given.get("idtyp") == "user" else None
    if user is None:
        raise refusals.bad_user_assertion(50000, "The assertion is no token of a user of this tenant.")
    return _to_user(tenant, principal, read_scope(tenant, scope, base), user, base, how, scope)


def _refreshed(tenant: Tenant, form: Form, base: str, scope: str) -> _Answer:
    principal, owners = find_client(tenant, form.get("client_id", ""))
    how = "0" if is_public(owners) else check_client(tenant, owners, form, base)
    given = verify(tenant, form.get("refresh_token", "")) or {}
    user = tenant.users.table.get(str(given.get("oid")))
    if given.get("typ") != _REFRESH or given.get("aud") != principal["appId"] or user is None:
        raise refusals.bad_user_assertion(9002313, "Invalid request. The refresh token is malformed or another's.")
    if given["exp"] <= tenant.clock():
        raise refusals.bad_user_assertion(700082, "The refresh token has expired due to inactivity.")
    return _to_user(tenant, principal, read_scope(tenant, scope, base), user, base, how, scope)


_FLOWS: dict[str, Callable[[Tenant, Form, str, str], _Answer]] = {
    "client_credentials": _for_application,
    "password": _with_password,
    "refresh_token": _refreshed,
    _BEHALF: _on_behalf,
}


def _to_user(tenant: Tenant, principal: Object, asked: Asked, user: Object, base: str, how: str, scope: str) -> _Answer:
    claims = _for_user(tenant, principal, asked, user, base, how)
    more: dict[str, Any] = {"scope": " ".join(f"{asked.name}/{word}" for word in claims["scp"].split())}
    if "openid" in scope.split():
        more["id_token"] = sign(tenant, id_claims(tenant, principal, user, base))
        known = json.dumps({"uid": user["id"], "utid": TENANT_ID}).encode()
        more["client_info"] = base64.urlsafe_b64encode(known).decode().rstrip("=")
    if "offline_access" in scope.split():
        until = int(tenant.clock()) + _REFRESHABLE
        stated = {"aud": principal["appId"], "exp": until, "oid": user["id"], "typ": _REFRESH}
        more["refresh_token"] = sign(tenant, stated)
    return claims, more


def _for_user(tenant: Tenant, principal: Object, asked: Asked, user: Object, base: str, how: str) -> dict[str, Any]:
    if not user["accountEnabled"]:
        raise refusals.disabled_user()
    if principal["appRoleAssignmentRequired"] and not _is_assigned(tenant, user, principal):
        raise refusals.unassigned_user(user["userPrincipalName"], principal)
    scopes = consented(tenant, principal, asked.resource, user)
    if not scopes or not set(asked.scopes) <= set(scopes):
        raise refusals.no_consent(principal)
    return user_claims(tenant, principal, asked, user, scopes, base, how)


def _check_assigned(tenant: Tenant, principal: Object, asked: Asked) -> None:
    """Refuse a client without any role, where the API wants one."""
    if asked.resource["appRoleAssignmentRequired"] and not _is_assigned(tenant, principal, asked.resource):
        raise refusals.unassigned_client(principal, asked.resource)


def _is_assigned(tenant: Tenant, principal: Object, resource: Object) -> bool:
    groups = [row["id"] for table, row in tenant.groups.of(principal["id"], transitive=False) if table == "groups"]
    held = (row for ident in (principal["id"], *groups) for row in tenant.assignments.table.by("principalId", ident))
    return any(row["resourceId"] == resource["id"] for row in held)
