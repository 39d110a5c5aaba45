"""What every tenant has: users, Microsoft's APIs, the deploying application; and the SharePoint principals, or not."""

from __future__ import annotations

from lockstep.emulator.constants import (
    CONNECTOR_APP_ID,
    DEPLOYER_CLIENT_ID,
    DEPLOYER_SECRET,
    FORMS_APP_ID,
    GRAPH_APP_ID,
    SHAREPOINT_APP_ID,
    SPFX_APP_ID,
    TENANT_DOMAIN,
    TENANT_ID,
)
from lockstep.emulator.profiles.seeder import Seeder
from lockstep.emulator.records import fixed_id
from lockstep.emulator.registry import foreign_apps, observed_grants
from lockstep.emulator.roles.model import CLOUD_APPLICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR
from lockstep.emulator.store import Object

DEPLOYER_NAME = "Lockstep deployer"
DEPLOYER_ROLES = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
)
OLD_SPFX_NAME = "SharePoint Online Client Extensibility Web Application Principal"
OLD_SPFX_URI = f"api://{TENANT_ID}/microsoft.spfx3rdparty.com"
# What another vendor's web parts were given long ago; one of them, Calendars.Read, Atlas asks for as well.
OLD_SPFX_SCOPES = ("Calendars.Read", "Channel.ReadBasic.All", "Presence.Read.All")
_TEAMS, _TEAMS_WEB = "1fec8e78-bce4-4aaf-ab1b-5451cc387264", "5e3ce6c0-2b1f-4285-8d4b-75ee78787346"


class Base:
    """The parts of a tenant that profiles share, each made once."""

    def __init__(self, seed: Seeder) -> None:
        self.seed = seed
        names = (("Ada Admin", "ada"), ("Ben Builder", "ben"), ("Cleo Clerk", "cleo"))
        self.users = [seed.user(name, f"{short}@{TENANT_DOMAIN}") for name, short in names]
        seed.role(self.users[0], GLOBAL_ADMINISTRATOR)
        seed.role(self.users[1], CLOUD_APPLICATION_ADMINISTRATOR)
        seed.group("All Staff", self.users)
        self.resources: dict[str, Object] = {}
        for app_id in (GRAPH_APP_ID, SHAREPOINT_APP_ID, CONNECTOR_APP_ID, FORMS_APP_ID):
            self.resource(app_id)
        self.deployer()

    @property
    def graph(self) -> Object:
        """Microsoft Graph's principal."""
        return self.resources["Microsoft Graph"]

    @property
    def sharepoint(self) -> Object:
        """SharePoint's principal."""
        return self.resources["Office 365 SharePoint Online"]

    def resource(self, app_id: str) -> Object:
        """Add the principal of one of Microsoft's APIs."""
        name = foreign_apps()[app_id].name
        self.resources[name] = self.seed.principal(app_id, name)
        return self.resources[name]

    def deployer(self) -> None:
        """Add the application that deployments sign in as."""
        body = {"displayName": DEPLOYER_NAME, "signInAudience": "AzureADMyOrg"}
        self.seed.application(body, app_id=DEPLOYER_CLIENT_ID, secret=DEPLOYER_SECRET)
        principal = self.seed.principal(DEPLOYER_CLIENT_ID, DEPLOYER_NAME)
        self.seed.assign(principal, self.graph, DEPLOYER_ROLES)

    def new_spfx(self) -> Object:
        """Add Microsoft's own SharePoint client, with the grants that Microsoft gives it."""
        principal = self.seed.principal(SPFX_APP_ID, "SharePoint Online Web Client Extensibility")
        for grant in observed_grants():
            self.seed.grant(principal, self.resources[grant["resource"]], grant["scopes"])
        return principal

    def old_spfx(self) -> Object:
        """Add the SharePoint client that each tenant once made for itself, with another vendor's grants."""
        scope = {
            "adminConsentDescription": "Access the application on behalf of the signed-in user.",
            "adminConsentDisplayName": "Access the application",
            "id": fixed_id("scope", OLD_SPFX_NAME),
            "isEnabled": True,
            "type": "User",
            "userConsentDescription": None,
            "userConsentDisplayName": None,
            "value": "user_impersonation",
        }
        clients = (SPFX_APP_ID, SHAREPOINT_APP_ID, _TEAMS, _TEAMS_WEB)
        allowed = [{"appId": client, "delegatedPermissionIds": [scope["id"]]} for client in clients]
        application = self.seed.application(
            {
                "api": {"oauth2PermissionScopes": [scope], "preAuthorizedApplications": allowed},
                "displayName": OLD_SPFX_NAME,
                "identifierUris": [OLD_SPFX_URI],
                "signInAudience": "AzureADMyOrg",
                "spa": {"redirectUris": [f"https://{TENANT_DOMAIN}/_forms/spfxsinglesignon.aspx"]},
            }
        )
        principal = self.seed.principal(application["appId"], OLD_SPFX_NAME)
        self.seed.grant(principal, self.graph, OLD_SPFX_SCOPES)
        self.seed.grant(principal, self.sharepoint, ("AllSites.Write",))
        return principal
