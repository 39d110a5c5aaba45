"""Microsoft's own clients, azure-identity and msgraph-sdk, walk through the whole consent flow over TLS."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import httpx
import pytest
from azure.identity.aio import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.service_principal import ServicePrincipal

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID
from lockstep.emulator.testing import RunningServer

GRAPH = "00000003-0000-0000-c000-000000000000"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


async def _walk(server: RunningServer) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=server.ca)
    credential = ClientSecretCredential(
        TENANT_ID,
        DEPLOYER_CLIENT_ID,
        DEPLOYER_SECRET,
        authority=server.url,
        connection_verify=server.ca,
        disable_instance_discovery=True,
    )
    auth = AzureIdentityAuthenticationProvider(
        credential, scopes=[f"{server.url}/.default"], allowed_hosts=["localhost"]
    )
    async with credential, httpx.AsyncClient(verify=context, base_url=f"{server.url}/v1.0") as http:
        adapter = GraphRequestAdapter(auth, client=http)
        adapter.base_url = f"{server.url}/v1.0"
        return await _consent(GraphServiceClient(request_adapter=adapter))


async def _consent(graph: GraphServiceClient) -> dict[str, Any]:
    found: dict[str, Any] = {}
    app = await graph.applications.post(Application(display_name="By the SDK", sign_in_audience="AzureADMyOrg"))
    assert app is not None
    client = await graph.service_principals.post(ServicePrincipal(app_id=app.app_id))
    api = await graph.service_principals_with_app_id(GRAPH).get()
    assert client is not None
    assert api is not None
    grant = await graph.oauth2_permission_grants.post(
        OAuth2PermissionGrant(client_id=client.id, consent_type="AllPrincipals", resource_id=api.id, scope="User.Read")
    )
    assert grant is not None
    await graph.oauth2_permission_grants.by_o_auth2_permission_grant_id(str(grant.id)).patch(
        OAuth2PermissionGrant(scope="User.Read Mail.Read")
    )
    role = next(each for each in api.app_roles or [] if each.value == "Sites.Read.All")
    mine = graph.service_principals.by_service_principal_id(str(client.id))
    body = AppRoleAssignment(app_role_id=role.id, resource_id=api.id, principal_id=client.id)
    await mine.app_role_assignments.post(body)
    try:
        await mine.app_role_assignments.post(body)
    except ODataError as error:
        found["second"] = (error.response_status_code, error.error.message if error.error else "")
    address = f"{graph.oauth2_permission_grants.request_adapter.base_url}/oauth2PermissionGrants"
    grants = await graph.oauth2_permission_grants.with_url(f"{address}?$filter=clientId eq '{client.id}'").get()
    held = await mine.app_role_assignments.get()
    found["scopes"] = [each.scope for each in (grants.value if grants else None) or []]
    found["roles"] = [each.resource_display_name for each in (held.value if held else None) or []]
    await graph.applications.by_application_id(str(app.id)).delete()
    return found


def test_whole_consent_flow(entra_server: RunningServer) -> None:
    before = entra_server.emulator.snapshot()
    found = asyncio.run(_walk(entra_server))
    assert found["scopes"] == ["User.Read Mail.Read"]
    assert found["roles"] == ["Microsoft Graph"]
    assert found["second"] == (400, "Permission being assigned already exists on the object")
    after = entra_server.emulator.snapshot()
    assert {kind: after[kind] for kind in before if kind != "deletedItems"} == {
        kind: before[kind] for kind in before if kind != "deletedItems"
    }
