"""Service principals: the properties that they have, with their defaults, and the rules for them. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lockstep.emulator.constants import TENANT_ID
from lockstep.emulator.credentials import (
    HOLDER_READ_ONLY,
    HOLDER_WRITABLE,
    INFO,
    CredentialHolders,
    kept_passwords,
)
from lockstep.emulator.exceptions import BadRequestError, NotSupportedError, SameKeyError
from lockstep.emulator.objects import checked
from lockstep.emulator.odata.filter import ANY, ANY_EQ, EQ, TEXT
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.registry import foreign_app
from lockstep.emulator.store import Object

WRITABLE: dict[str, Any] = {
    **HOLDER_WRITABLE,
    "accountEnabled": True,
    "alternativeNames": [],
    "appRoleAssignmentRequired": False,
    "homepage": None,
    "loginUrl": None,
    "logoutUrl": None,
    "notificationEmailAddresses": [],
    "preferredSingleSignOnMode": None,
    "preferredTokenSigningKeyThumbprint": None,
    "replyUrls": [],
    "samlSingleSignOnSettings": None,
    "servicePrincipalType": "Application",
}

READ_ONLY: dict[str, Any] = {
    **HOLDER_READ_ONLY,
    "appDescription": None,
    "appDisplayName": None,
    "appOwnerOrganizationId": None,
    "appRoles": [],
    "info": INFO,
    "isManagementRestricted": None,
    "oauth2PermissionScopes": [],
    "resourceSpecificApplicationPermissions": [],
    "samlMetadataUrl": None,
    "servicePrincipalNames": [],
    "signInAudience": None,
}

PRINCIPAL = Entity(
    name="ServicePrincipal",
    properties=frozenset(WRITABLE) | frozenset(READ_ONLY),
    filters={
        "accountEnabled": EQ,
        "alternativeNames": ANY,
        "appId": EQ,
        "appOwnerOrganizationId": EQ,
        "displayName": TEXT,
        "id": EQ,
        "servicePrincipalNames": ANY,
        "servicePrincipalType": EQ,
        "tags": ANY,
        "keyCredentials/any/keyId": ANY_EQ,
        "passwordCredentials/any/keyId": ANY_EQ,
    },
    beta_only=frozenset({"samlMetadataUrl"}),
    shown=(frozenset(WRITABLE) | frozenset(READ_ONLY)) - {"isManagementRestricted"},
    orders=frozenset({"createdDateTime", "displayName"}),
    expands=frozenset({"appRoleAssignedTo", "appRoleAssignments", "owners"}),
    binds=frozenset({"owners"}),
)


class ServicePrincipals(CredentialHolders):
    """The service principals of a tenant."""

    table_name, resource, keys = "servicePrincipals", "ServicePrincipal", ("appId",)
    writable, read_only = WRITABLE, READ_ONLY

    def create(self, body: Mapping[str, Any], owners: Iterable[str] = ()) -> Object:
        """Create the service principal of an application, of this tenant or of another."""
        _refuse_lacking({}, body)
        app_id = str(body.get("appId") or "").lower()
        self.required({"appId": app_id}, "appId")
        new = checked(body, WRITABLE, self.resource, ignored=("appId",))
        application = self._application(app_id)
        source = foreign_app(app_id) if application is None else taken_from(application)
        if source is None:
            raise _no_application(app_id)
        self._check_name(app_id)
        empty = self._empty(self.records.new_id("servicePrincipal"))
        empty["createdDateTime"] = self.records.now()
        properties = {name: value for name, value in new.items() if name != "displayName"}
        if properties.get("tags"):
            properties["tags"] = list(dict.fromkeys([*source.get("tags", ()), *properties["tags"]]))
        row = self._changed({**empty, **source}, properties)
        return self.put({**row, "_owners": self._owners(body, owners)})

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a service principal."""
        _refuse_lacking(row, body)
        return self.put(self._changed(row, self._values(row, body)))

    def follow(self, before: Object, after: Object) -> None:
        """Show on the service principal what has changed on its application; what it has of its own stays."""
        old, new = taken_from(before), taken_from(after)
        changed = {name: value for name, value in new.items() if value != old[name]}
        for row in self.table.by("appId", after["appId"]):
            kept = [tag for tag in row["tags"] if tag in new["tags"] or tag not in old["tags"]]
            added = [tag for tag in new["tags"] if tag not in old["tags"]]
            self.put({**row, **changed, "tags": list(dict.fromkeys([*kept, *added]))})

    def delete(self, row: Object) -> None:
        """Move a service principal to the deleted items; its consents are gone for good."""
        self.objects.forget(row["id"])
        self.objects.bury(self.table_name, row)

    def check_return(self, row: Object) -> None:
        """Refuse to restore a service principal whose application is gone, or that was made anew meanwhile."""
        self._check_name(row["appId"])
        if row["appOwnerOrganizationId"] == TENANT_ID and self._application(row["appId"]) is None:
            raise _no_application(row["appId"])

    def _application(self, app_id: str) -> Object | None:
        return next(iter(self.records.store["applications"].by("appId", app_id)), None)

    def _check_name(self, app_id: str) -> None:
        if self.table.by("appId", app_id):
            raise SameKeyError(
                "The service principal cannot be created, updated, or restored because the service principal name"
                f" {app_id} is already in use."
            )

    def _changed(self, row: Object, new: Mapping[str, Any]) -> Object:
        new = dict(new)
        if "passwordCredentials" in new:
            new["passwordCredentials"] = kept_passwords(row, new["passwordCredentials"] or [])
        return self._merged(row, new)


def _refuse_lacking(row: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Refuse by its name what a principal could have of its own in Entra, and here only takes from its application."""
    for name in ("appRoles", "servicePrincipalNames"):
        if body.get(name) is not None and body[name] != row.get(name):
            raise NotSupportedError(f"'{name}' of a service principal itself; here they are its application's")


def _no_application(app_id: str) -> BadRequestError:
    """Return the refusal of an app id that no application has, neither in this tenant nor in another."""
    return BadRequestError(
        f"The appId '{app_id}' of the service principal does not reference a valid application object.",
        code="NoBackingApplicationObject",
    )


TAKEN: dict[str, Callable[[Object], Any]] = {
    "appDescription": lambda application: application["description"],
    "appDisplayName": lambda application: application["displayName"],
    "appId": lambda application: application["appId"],
    "appOwnerOrganizationId": lambda application: TENANT_ID,
    "appRoles": lambda application: [{"origin": "Application", **role} for role in application["appRoles"]],
    "applicationTemplateId": lambda application: application["applicationTemplateId"],
    "disabledByMicrosoftStatus": lambda application: application["disabledByMicrosoftStatus"],
    "displayName": lambda application: application["displayName"],
    "homepage": lambda application: application["web"]["homePageUrl"],
    "info": lambda application: application["info"],
    "logoutUrl": lambda application: application["web"]["logoutUrl"],
    "oauth2PermissionScopes": lambda application: application["api"]["oauth2PermissionScopes"],
    "replyUrls": lambda application: [
        uri for kind in ("web", "spa", "publicClient") for uri in application[kind]["redirectUris"]
    ],
    "samlMetadataUrl": lambda application: application["samlMetadataUrl"],
    "servicePrincipalNames": lambda application: [*application["identifierUris"], application["appId"]],
    "signInAudience": lambda application: application["signInAudience"],
    "tags": lambda application: application["tags"],
    "verifiedPublisher": lambda application: application["verifiedPublisher"],
}
"""What a service principal takes from its application, when it is made and whenever the application changes.

Sources: https://learn.microsoft.com/graph/api/resources/serviceprincipal names the application as the origin of most of
them; that tags appear on the service principals, with their own ones, is said of an application's `tags`, and that the
principal of the application's own tenant follows its changes in
https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals. Where a principal has changed a
value of its own, such as `replyUrls`, the application's next change of just that value wins; that is an assumption.
"""


def taken_from(application: Object) -> Object:
    """Return what a service principal takes from its application."""
    return {name: take(application) for name, take in TAKEN.items()}
