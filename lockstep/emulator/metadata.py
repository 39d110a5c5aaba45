"""The metadata of the cloud, by which clients find where to sign in and where Graph is. Knows no state."""

from __future__ import annotations

from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.wire import Request, Response, Routes

ROUTES = Routes()


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
