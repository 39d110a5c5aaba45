"""Cloud metadata: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.metadata.models import endpoints
from lockstep.emulator.wire import Request, Response


def get(request: Request) -> Response:
    """GET /metadata/endpoints."""
    return Response(200, endpoints(request.base))


def subscriptions(request: Request) -> Response:
    """GET /subscriptions: the Azure CLI asks for them when it signs in."""
    return Response(200, {"value": []})


def tenants(request: Request) -> Response:
    """GET /tenants."""
    row = {
        "defaultDomain": TENANT_DOMAIN,
        "displayName": TENANT_NAME,
        "id": f"/tenants/{TENANT_ID}",
        "tenantId": TENANT_ID,
    }
    return Response(200, {"value": [row]})
