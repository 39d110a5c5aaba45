"""Sign-in: its operations, and the metadata of the cloud, by which clients find where to sign in and where Graph is."""

from __future__ import annotations

import base64
import binascii
from functools import partial
from urllib.parse import parse_qsl, unquote

from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.signin.keys import public_keys
from lockstep.emulator.signin.model import check_tenant, issue
from lockstep.emulator.wire import Request, Response, Routes

ROUTES = Routes()
_ANY = ("common", "organizations", "consumers")
# Who signs in tells the tenant: https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc
_OF_USERS = {"password": ("organizations",), "refresh_token": ("common", "organizations")}


@ROUTES.answer("GET", "/metadata/endpoints")
def _endpoints(request: Request) -> Response:
    """Endpoints of the cloud."""
    base = request.base
    body = {
        "activeDirectoryDataLake": base,
        "authentication": {
            "audiences": [base],
            "identityProvider": "AAD",
            "loginEndpoint": f"{base}/",
            "tenant": "common",
        },
        "batch": base,
        "gallery": base,
        "graph": base,
        "graphAudience": base,
        "media": base,
        "microsoftGraphResourceId": f"{base}/",
        "name": "AzureCloud",
        "portal": base,
        "resourceManager": base,
        "sqlManagement": base,
        "vmImageAliasDoc": base,
        "suffixes": {"acrLoginServer": "azurecr.local", "keyVaultDns": "vault.local", "storage": "core.local"},
    }
    return Response(200, body)


@ROUTES.answer("GET", "/subscriptions")
def _subscriptions(request: Request) -> Response:
    """Azure subscriptions, of which there are none: the Azure CLI asks for them when it signs in."""
    return Response(200, {"value": []})


@ROUTES.answer("GET", "/tenants")
def _tenants(request: Request) -> Response:
    """Tenants of the caller: this one."""
    row = {
        "defaultDomain": TENANT_DOMAIN,
        "displayName": TENANT_NAME,
        "id": f"/tenants/{TENANT_ID}",
        "tenantId": TENANT_ID,
    }
    return Response(200, {"value": [row]})


def _tenant(request: Request) -> str:
    name = request.refs["tenant"].value
    if name.lower() in _ANY:
        return name
    check_tenant(name)
    return TENANT_ID


@ROUTES.answer("GET", "/common/discovery/instance")
def _login_hosts(request: Request) -> Response:
    """Login hosts: there is only this one."""
    host = request.base.split("//")[-1]
    return Response(
        200,
        {
            "api-version": "1.1",
            "metadata": [{"aliases": [host], "preferred_cache": host, "preferred_network": host}],
            "tenant_discovery_endpoint": f"{request.base}/{TENANT_ID}/v2.0/.well-known/openid-configuration",
        },
    )


def _configuration(request: Request, version: str) -> Response:
    name = _tenant(request)
    base = f"{request.base}/{name}"
    body = {
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
    return Response(200, body)


for _version, _words in (("/v2.0", "OpenID configuration"), ("", "OpenID configuration (v1)")):
    _path = f"/{{tenant}}{_version}/.well-known/openid-configuration"
    ROUTES.add("GET", _path, partial(_configuration, version=_version), _words, None)


@ROUTES.answer("GET", "/common/userrealm/{user}")
def _realm(request: Request) -> Response:
    """Kind of an account, for sign-in by password: every account is the tenant's own."""
    name = request.refs["user"].value
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


@ROUTES.answer("GET", "/{tenant}/discovery/v2.0/keys")
@ROUTES.answer("GET", "/{tenant}/discovery/keys")
def _keys(request: Request) -> Response:
    """Signing keys."""
    _tenant(request)
    return Response(200, public_keys(request.tenant))


def _token(request: Request, version: int) -> Response:
    form = dict(parse_qsl(request.body or "", keep_blank_values=True))
    name = request.refs["tenant"].value
    if name.lower() not in _OF_USERS.get(form.get("grant_type", ""), ()):
        check_tenant(name)
    scheme, _, word = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic" and "client_secret" not in form:
        try:
            client, _, secret = base64.b64decode(word).decode().partition(":")
            form.update(client_id=unquote(client), client_secret=unquote(secret))
        except (binascii.Error, ValueError):
            pass
    answer = issue(request.tenant, form, request.base, version=version)
    return Response(200, answer, {"Cache-Control": "no-store"})


_WORDS = "Token for a client, or for a user by password or on behalf of"
ROUTES.add("POST", "/{tenant}/oauth2/v2.0/token", partial(_token, version=2), _WORDS, None, reads=True)
ROUTES.add("POST", "/{tenant}/oauth2/token", partial(_token, version=1), "Token for a client (v1)", None, reads=True)
