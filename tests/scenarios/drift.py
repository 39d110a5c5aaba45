"""Changes by hand in a deployed tenant: those that are drift, and those that never are. For both engines' tests."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from lockstep.catalogue import GRAPH, SHAREPOINT
from tests.provider.harness import Json, Tenant
from tests.scenarios.estate import NEW_SPFX
from tests.vendors import ATERA_CLIENT_ID

API, PROVISIONING, SYNC = "Atlas.ConneX API", "Atlas.ConneX Provisioning", "Atlas.ConneX Workspaces Sync"
SPFX = "SharePoint Online Web Client Extensibility"
Change = Callable[[Tenant], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Drift:
    """One change by hand. `step` is the resource that heals it, (type, name); `shows` what names the change."""

    title: str
    change: Change
    step: tuple[str, str]
    shows: str


async def client(tenant: Tenant, name: str) -> Json:
    """Return the service principal of this name."""
    found = await tenant.call("GET", f"/servicePrincipals?$filter=displayName eq '{name}'")
    return dict(found["value"][0])


async def application(tenant: Tenant, name: str) -> Json:
    """Return the application of this name."""
    found = await tenant.call("GET", f"/applications?$filter=displayName eq '{name}'")
    return dict(found["value"][0])


async def scope_added(tenant: Tenant) -> None:
    await tenant.grant((await client(tenant, API))["id"], GRAPH, "Chat.Read")


async def role_assigned(tenant: Tenant) -> None:
    await tenant.assign((await client(tenant, PROVISIONING))["id"], GRAPH, "Mail.ReadWrite")


async def role_removed(tenant: Tenant) -> None:
    ident = (await client(tenant, SYNC))["id"]
    roles = {role["value"]: role["id"] for role in (await tenant.principal(GRAPH))["appRoles"]}
    held = await tenant.call("GET", f"/servicePrincipals/{ident}/appRoleAssignments")
    (gone,) = [each for each in held["value"] if each["appRoleId"] == roles["User.Read.All"]
               and each["resourceDisplayName"] == "Microsoft Graph"]  # fmt: skip
    await tenant.call("DELETE", f"/servicePrincipals/{ident}/appRoleAssignments/{gone['id']}")


async def entry_added(tenant: Tenant) -> None:
    app = await application(tenant, SYNC)
    roles = {role["value"]: role["id"] for role in (await tenant.principal(GRAPH))["appRoles"]}
    access = app["requiredResourceAccess"]
    (graph,) = [each for each in access if each["resourceAppId"] == GRAPH]
    graph["resourceAccess"].append({"id": roles["Mail.Read"], "type": "Role"})
    await tenant.call("PATCH", f"/applications/{app['id']}", {"requiredResourceAccess": access})


async def api_consented(tenant: Tenant) -> None:
    scope = {"id": "aaaaaaaa-0000-4000-8000-000000000001", "value": "Payroll.Read", "isEnabled": True, "type": "Admin",
             "adminConsentDisplayName": "Payroll", "adminConsentDescription": "Payroll."}  # fmt: skip
    api = await tenant.register("Contoso Payroll API", api={"oauth2PermissionScopes": [scope]})
    await tenant.grant((await client(tenant, PROVISIONING))["id"], api["appId"], "Payroll.Read")


async def grant_deleted(tenant: Tenant) -> None:
    ident = (await client(tenant, API))["id"]
    found = await tenant.call("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{ident}'")
    resource = (await tenant.principal(GRAPH))["id"]
    (gone,) = [each for each in found["value"] if each["resourceId"] == resource]
    await tenant.call("DELETE", f"/oauth2PermissionGrants/{gone['id']}")


async def exposed_scope_disabled(tenant: Tenant) -> None:
    app = await application(tenant, API)
    scopes = [{**scope, "isEnabled": False} for scope in app["api"]["oauth2PermissionScopes"]]
    await tenant.call("PATCH", f"/applications/{app['id']}", {"api": {"oauth2PermissionScopes": scopes}})


async def ours_taken_from_the_shared_principal(tenant: Tenant) -> None:
    await tenant.take((await tenant.principal(NEW_SPFX))["id"], GRAPH, "Mail.Send")


CONSENT, APPLICATION = "entraconsent:index:AdminConsent", "azuread:index/application:Application"

DRIFTS = [
    Drift("a scope added to a grant", scope_added, (CONSENT, API), "- Microsoft Graph · delegated · Chat.Read"),
    Drift("a role assigned", role_assigned, (CONSENT, PROVISIONING),
          "- Microsoft Graph · application · Mail.ReadWrite"),
    Drift("a role removed", role_removed, (CONSENT, SYNC), "+ Microsoft Graph · application · User.Read.All"),
    Drift("a configured entry added", entry_added, (APPLICATION, SYNC), "- Microsoft Graph · application · Mail.Read"),
    Drift("a whole new API consented", api_consented, (CONSENT, PROVISIONING),
          "- Contoso Payroll API · delegated · Payroll.Read"),
    Drift("a grant deleted", grant_deleted, (CONSENT, API), "+ Microsoft Graph · delegated · User.Read"),
    Drift("an exposed scope disabled", exposed_scope_disabled, (APPLICATION, API),
          "~ exposed scope Workspaces.FullControl.All: enabled"),
    Drift("ours taken from a shared principal", ours_taken_from_the_shared_principal, (CONSENT, SPFX),
          "+ Microsoft Graph · delegated · Mail.Send"),
]  # fmt: skip


async def twin_consented(tenant: Tenant) -> None:
    await tenant.grant((await tenant.principal(ATERA_CLIENT_ID))["id"], GRAPH, "Mail.Send")


async def somebody_signed_in(tenant: Tenant) -> None:
    await tenant.grant((await client(tenant, API))["id"], GRAPH, "openid profile email offline_access")


async def foreign_scope_on_the_shared_principal(tenant: Tenant) -> None:
    await tenant.grant((await tenant.principal(NEW_SPFX))["id"], GRAPH, "Chat.Read")
    await tenant.grant((await tenant.principal(NEW_SPFX))["id"], SHAREPOINT, "AllSites.Read")


NO_DRIFTS: list[tuple[str, Change]] = [
    ("a tolerated twin", twin_consented),
    ("what sign-in adds", somebody_signed_in),
    ("foreign scopes on a shared principal", foreign_scope_on_the_shared_principal),
]
