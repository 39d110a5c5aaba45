"""What every tenant has: users, Microsoft's APIs, the deploying application; and the SharePoint principals, or not.

Ids and dates are the same in every run. Each thing goes through the services' own models, so that a profile can hold
nothing that the services would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lockstep.emulator.constants import (
    CONNECTOR_APP_ID,
    DEPLOYER_CLIENT_ID,
    DEPLOYER_SECRET,
    EPOCH,
    FORMS_APP_ID,
    GRAPH_APP_ID,
    SHAREPOINT_APP_ID,
    SPFX_APP_ID,
    TENANT_DOMAIN,
    TENANT_ID,
    USER_PASSWORD,
)
from lockstep.emulator.credentials import password_credential
from lockstep.emulator.objects import digest
from lockstep.emulator.records import fixed_id
from lockstep.emulator.registry import catalogue_facts, listed_apis, microsoft_apps
from lockstep.emulator.roles.model import BuiltInRole
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

DEPLOYER_NAME = "Lockstep deployer"
DEPLOYER_ROLES = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "RoleManagement.ReadWrite.Directory",
)
OLD_SPFX_NAME = "SharePoint Online Client Extensibility Web Application Principal"
OLD_SPFX_URI = f"api://{TENANT_ID}/microsoft.spfx3rdparty.com"
# What another vendor's web parts were given long ago; one of them, Calendars.Read, a catalogued app asks for as well.
OLD_SPFX_SCOPES = ("Calendars.Read", "Channel.ReadBasic.All", "Presence.Read.All")
USERS = {"ada": "Ada Admin", "ben": "Ben Builder", "cleo": "Cleo Clerk"}
"""The users of every tenant: the first word of the address, and the name."""
_TEAMS, _TEAMS_WEB = "1fec8e78-bce4-4aaf-ab1b-5451cc387264", "5e3ce6c0-2b1f-4285-8d4b-75ee78787346"
_FAR = "2099-12-31T00:00:00Z"


class Base:
    """A new tenant with the parts that profiles share, each made once; and what profiles put further things in with."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.users = [self.user(name, f"{short}@{TENANT_DOMAIN}") for short, name in USERS.items()]
        self.role(self.users[0], BuiltInRole.GLOBAL_ADMINISTRATOR)
        self.role(self.users[1], BuiltInRole.CLOUD_APPLICATION_ADMINISTRATOR)
        self.group("All Staff", self.users)
        self.resources: dict[str, Object] = {}
        firsts = (GRAPH_APP_ID, SHAREPOINT_APP_ID, CONNECTOR_APP_ID, FORMS_APP_ID)
        for app_id in dict.fromkeys((*firsts, *listed_apis().values())):
            name = microsoft_apps()[app_id]["displayName"]
            self.resources[name] = self.principal(app_id, name)
        self.graph = self.resources["Microsoft Graph"]
        self.sharepoint = self.resources["Office 365 SharePoint Online"]
        body = {"displayName": DEPLOYER_NAME, "signInAudience": "AzureADMyOrg"}
        self.application(body, app_id=DEPLOYER_CLIENT_ID, secret=DEPLOYER_SECRET)
        self.assign(self.principal(DEPLOYER_CLIENT_ID, DEPLOYER_NAME), self.graph, DEPLOYER_ROLES)

    def new_spfx(self) -> Object:
        """Add Microsoft's own SharePoint client, with the grants that Microsoft gives it."""
        principal = self.principal(SPFX_APP_ID, "SharePoint Online Web Client Extensibility")
        for grant in catalogue_facts("first-party.json")["observed_grants"]:
            self.grant(principal, self.resources[grant["resource"]], grant["scopes"])
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
        application = self.application(
            {
                "api": {"oauth2PermissionScopes": [scope], "preAuthorizedApplications": allowed},
                "displayName": OLD_SPFX_NAME,
                "identifierUris": [OLD_SPFX_URI],
                "signInAudience": "AzureADMyOrg",
                "spa": {"redirectUris": [f"https://{TENANT_DOMAIN}/_forms/spfxsinglesignon.aspx"]},
            }
        )
        principal = self.principal(application["appId"], OLD_SPFX_NAME)
        self.grant(principal, self.graph, OLD_SPFX_SCOPES)
        self.grant(principal, self.sharepoint, ("AllSites.Write",))
        return principal

    def user(self, name: str, address: str, *, ident: str | None = None) -> Object:
        """Add a user, by its address; or with an id of our choice."""
        given_name, _, surname = name.partition(" ")
        values = {
            "displayName": name,
            "givenName": given_name,
            "mail": address,
            "mailNickname": address.partition("@")[0],
            "surname": surname,
            "userPrincipalName": address,
            "_password": digest(USER_PASSWORD),
        }
        with self.tenant.named(name, EPOCH):
            return self.tenant.users.put(self.tenant.users.new(ident or fixed_id("user", address), values))

    def role(self, principal: Object, role: str) -> None:
        """Give a directory role in the whole tenant."""
        with self.tenant.named(f"{principal['displayName']} as {role}", EPOCH):
            self.tenant.roles.assign(principal["id"], role)

    def group(self, name: str, members: Iterable[Object]) -> Object:
        """Add a security group."""
        body = {
            "displayName": name,
            "mailEnabled": False,
            "mailNickname": name.replace(" ", ""),
            "securityEnabled": True,
        }
        bound = [f"https://graph/v1.0/directoryObjects/{member['id']}" for member in members]
        with self.tenant.named(name, EPOCH):
            return self.tenant.groups.create({**body, "members@odata.bind": bound})

    def application(
        self,
        body: Mapping[str, Any],
        *,
        app_id: str | None = None,
        secret: str | None = None,
        since: str = EPOCH,
    ) -> Object:
        """Add an app registration, by its name; with an app id and a secret of our choice."""
        with self.tenant.named(str(body["displayName"]), since):
            row = dict(self.tenant.applications.create(body))
            row["appId"] = app_id or row["appId"]
            if secret is not None:
                credential = self._credential("local", secret[:3], EPOCH, _FAR)
                row.update(passwordCredentials=[credential], _secrets={credential["keyId"]: digest(secret)})
            return self.tenant.store.put("applications", row)

    def secret(self, application: Object, name: str, start: str, end: str) -> None:
        """Give an application a client secret that nobody knows."""
        with self.tenant.named(f"{application['displayName']}/{name}", start):
            credential = self._credential(name, "Q~8", start, end)
            held = [*application["passwordCredentials"], credential]
            self.tenant.store.put("applications", {**application, "passwordCredentials": held})

    def principal(self, app_id: str, name: str, *, since: str = EPOCH, **values: Any) -> Object:
        """Add the service principal of an app, of this tenant or of another."""
        with self.tenant.named(name, since):
            return self.tenant.principals.create({"appId": app_id, **values})

    def grant(self, client: Object, resource: Object, scopes: Iterable[str], user: Object | None = None) -> None:
        """Consent to scopes, for everyone or for one user."""
        self.tenant.grants.consent(
            client["id"],
            resource["id"],
            " ".join(scopes),
            consent_type="Principal" if user else "AllPrincipals",
            principal_id=user["id"] if user else None,
        )

    def assign(self, client: Object, resource: Object, values: Sequence[str], *, since: str = EPOCH) -> None:
        """Give a client roles of a resource, by their values."""
        roles = {role["value"]: role["id"] for role in resource["appRoles"]}
        with self.tenant.named(f"{client['displayName']} on {resource['displayName']}", since):
            for value in values:
                self.tenant.assignments.assign(client["id"], resource["id"], roles[value])

    def _credential(self, name: str, hint: str, start: str, end: str) -> Object:
        body = {"displayName": name, "endDateTime": end, "startDateTime": start}
        return password_credential(body, self.tenant.new_id("password"), hint, self.tenant.clock())
