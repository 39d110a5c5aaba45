"""Tokens: who may have one, and what it says. Knows no HTTP."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lockstep.emulator.constants import GRAPH_APP_ID, TENANT_DOMAIN, TENANT_ID
from lockstep.emulator.objects import digest
from lockstep.emulator.signin import exceptions as refusals
from lockstep.emulator.signin.assertions import check_assertion
from lockstep.emulator.signin.keys import sign
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

LIFETIME = 3600


def check_tenant(name: str) -> None:
    """Refuse any tenant but this one."""
    if name.lower() not in (TENANT_ID, TENANT_DOMAIN):
        raise refusals.unknown_tenant(name)


def issue(tenant: Tenant, form: Mapping[str, str], base: str, *, version: int) -> dict[str, Any]:
    """Return the answer of the token endpoint to a client that proves who it is."""
    if form.get("grant_type") != "client_credentials":
        raise refusals.SignInRefusedError(
            70003,
            "unsupported_grant_type",
            "The app requested an unsupported grant type; here it is client_credentials only.",
        )
    client = form.get("client_id", "")
    application = tenant.applications.find(client, "appId")
    principal = tenant.principals.find(client, "appId")
    if application is None or principal is None:
        raise refusals.unknown_client(client)
    if not principal["accountEnabled"]:
        raise refusals.disabled_client(client)
    _check_credential(tenant, application, form, base)
    resource, audience = find_resource(tenant, form.get("scope") or form.get("resource") or "", base)
    claims = _claims(tenant, principal, resource, audience, version)
    answer: dict[str, Any] = {"access_token": sign(tenant, claims), "expires_in": LIFETIME, "token_type": "Bearer"}
    if version == 1:
        answer.update(expires_in=str(LIFETIME), expires_on=str(claims["exp"]), resource=audience)
    else:
        answer["ext_expires_in"] = LIFETIME
    return answer


def find_resource(tenant: Tenant, scope: str, base: str) -> tuple[Object, str]:
    """Return the API that a scope asks for, and the audience of the token; this emulator's own address is Graph."""
    words = [word for word in scope.split() if word not in ("openid", "profile", "offline_access")]
    name = (words[0] if words else "").removesuffix(".default").rstrip("/")
    if name.split("//")[-1].split(":")[0] in ("localhost", "127.0.0.1", "[") or name == base:
        return tenant.principals.get(GRAPH_APP_ID, "appId"), name
    table = tenant.principals.table
    for candidate in (name, f"{name}/"):
        for row in table.by("servicePrincipalNames", candidate):
            return row, name
    raise refusals.unknown_resource(name)


def is_for_graph(tenant: Tenant, audience: str, base: str) -> bool:
    """Tell whether a token of this audience is one for Graph."""
    try:
        return bool(find_resource(tenant, audience, base)[0]["appId"] == GRAPH_APP_ID)
    except refusals.SignInRefusedError:
        return False


def _claims(tenant: Tenant, principal: Object, resource: Object, audience: str, version: int) -> dict[str, Any]:
    now = int(tenant.clock())
    unique = hashlib.sha256(f"{principal['id']}:{audience}:{now}".encode()).digest()[:16]
    return {
        "aud": audience,
        "iss": f"https://sts.windows.net/{TENANT_ID}/",
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "app_displayname": principal["displayName"],
        "appid": principal["appId"],
        "azp": principal["appId"],
        "idtyp": "app",
        "oid": principal["id"],
        "roles": tenant.assignments.roles(principal["id"], resource),
        "sub": principal["id"],
        "tid": TENANT_ID,
        "uti": base64.urlsafe_b64encode(unique).decode().rstrip("="),
        "ver": f"{version}.0",
    }


def _check_credential(tenant: Tenant, application: Object, form: Mapping[str, str], base: str) -> None:
    client = application["appId"]
    assertion, secret = form.get("client_assertion"), form.get("client_secret")
    if assertion:
        audiences = [f"{base}/{name}{tail}" for name in (TENANT_ID, TENANT_DOMAIN)
                     for tail in ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "")]  # fmt: skip
        check_assertion(application, assertion, audiences, tenant.clock())
        return
    if not secret:
        raise refusals.no_credential()
    wanted = digest(secret)
    for key_id, kept in application.get("_secrets", {}).items():
        if kept == wanted:
            entry = next(item for item in application["passwordCredentials"] if item["keyId"] == key_id)
            if _seconds(entry["endDateTime"]) < tenant.clock():
                raise refusals.expired_secret(client)
            return
    raise refusals.wrong_secret(client)


def _seconds(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return float("inf")
