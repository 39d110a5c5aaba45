"""Sign-in: wire in, wire out."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl, unquote

from lockstep.emulator.constants import TENANT_ID
from lockstep.emulator.signin.keys import public_keys
from lockstep.emulator.signin.models import check_tenant, issue
from lockstep.emulator.wire import Request, Response

_ANY = ("common", "organizations", "consumers")


def _tenant(request: Request) -> str:
    name = request.ref("tenant").value
    if name.lower() in _ANY:
        return name
    check_tenant(name)
    return TENANT_ID


def discovery(request: Request) -> Response:
    """GET /common/discovery/instance: the login hosts, of which this is the only one."""
    host = request.base.split("//")[-1]
    return Response(
        200,
        {
            "api-version": "1.1",
            "metadata": [{"aliases": [host], "preferred_cache": host, "preferred_network": host}],
            "tenant_discovery_endpoint": f"{request.base}/{TENANT_ID}/v2.0/.well-known/openid-configuration",
        },
    )


def configuration(request: Request) -> Response:
    """GET /{tenant}/v2.0/.well-known/openid-configuration."""
    return Response(200, _configuration(request, "/v2.0"))


def configuration_v1(request: Request) -> Response:
    """GET /{tenant}/.well-known/openid-configuration."""
    return Response(200, _configuration(request, ""))


def _configuration(request: Request, version: str) -> dict[str, Any]:
    name = _tenant(request)
    base = f"{request.base}/{name}"
    return {
        "authorization_endpoint": f"{base}/oauth2{version}/authorize",
        "claims_supported": ["aud", "exp", "iat", "iss", "nbf", "oid", "sub", "tid", "ver"],
        "cloud_instance_name": request.base.split("//")[-1],
        "device_authorization_endpoint": f"{base}/oauth2{version}/devicecode",
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": f"{base}{version}" if version else f"https://sts.windows.net/{name}/",
        "jwks_uri": f"{base}/discovery{version}/keys",
        "msgraph_host": request.base.split("//")[-1],
        "response_types_supported": ["code", "id_token", "token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["pairwise"],
        "tenant_region_scope": None,
        "token_endpoint": f"{base}/oauth2{version}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    }


def realm(request: Request) -> Response:
    """GET /common/userrealm/{user}: every account is the tenant's own."""
    name = request.ref("user").value
    host = request.base.split("//")[-1]
    return Response(
        200,
        {
            "account_type": "Managed",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
            "cloud_instance_name": host,
            "domain_name": name.rpartition("@")[2],
            "ver": "1.0",
        },
    )


def keys(request: Request) -> Response:
    """GET /{tenant}/discovery/v2.0/keys."""
    _tenant(request)
    return Response(200, public_keys(request.tenant))


def token(request: Request) -> Response:
    """POST /{tenant}/oauth2/v2.0/token."""
    return _token(request, 2)


def token_v1(request: Request) -> Response:
    """POST /{tenant}/oauth2/token."""
    return _token(request, 1)


def _token(request: Request, version: int) -> Response:
    check_tenant(request.ref("tenant").value)
    form = dict(parse_qsl(request.body or "", keep_blank_values=True))
    scheme, _, word = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic" and "client_secret" not in form:
        try:
            client, _, secret = base64.b64decode(word).decode().partition(":")
            form.update(client_id=unquote(client), client_secret=unquote(secret))
        except (binascii.Error, ValueError):
            pass
    answer = issue(request.tenant, form, request.base, version=version)
    return Response(200, answer, {"Cache-Control": "no-store"})
