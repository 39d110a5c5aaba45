"""Service principals: state and rules. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from lockstep.emulator.assignments.models import Assignments
from lockstep.emulator.constants import TENANT_ID
from lockstep.emulator.directoryobjects.models import DirectoryObjects
from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.grants.models import Grants
from lockstep.emulator.objects import bound, checked, merge, merge_keys, with_password, without_password
from lockstep.emulator.records import Records
from lockstep.emulator.registry import ForeignApp, foreign_apps
from lockstep.emulator.roles.models import Roles
from lockstep.emulator.serviceprincipals.entity import READ_ONLY, WRITABLE
from lockstep.emulator.serviceprincipals.exceptions import NameInUseError, NoBackingApplicationError
from lockstep.emulator.store import Object

_TABLE = "servicePrincipals"
_RESOURCE = "ServicePrincipal"


class ServicePrincipals:
    """The service principals of a tenant."""

    def __init__(
        self, records: Records, objects: DirectoryObjects, grants: Grants, assignments: Assignments, roles: Roles
    ) -> None:
        self.records = records
        self.objects = objects
        self.grants = grants
        self.assignments = assignments
        self.roles = roles
        self.table = records.store[_TABLE]
        self._applications = records.store["applications"]

    def get(self, value: str, key: str = "id") -> Object:
        """Return the service principal of this id or appId."""
        row = self.find(value, key)
        if row is None:
            raise NotFoundError(value)
        return row

    def find(self, value: str, key: str = "id") -> Object | None:
        """Return the service principal of this id or appId, or None."""
        if key == "id":
            return self.table.get(value)
        if key != "appId":
            raise BadRequestError(f"The alternate key '{key}' is not one of resource 'ServicePrincipal'.")
        return next(iter(self.table.by("appId", value)), None)

    def create(self, body: Mapping[str, Any], owners: list[str] | None = None) -> Object:
        """Create the service principal of an application, of this tenant or of another."""
        app_id = str(body.get("appId") or "").lower()
        if not app_id:
            raise BadRequestError("A value is required for property 'appId' of resource 'ServicePrincipal'.")
        new = checked(body, WRITABLE, _RESOURCE, ignored=("appId",))
        application = next(iter(self._applications.by("appId", app_id)), None)
        foreign = foreign_apps().get(app_id)
        if application is None and foreign is None:
            raise NoBackingApplicationError(app_id)
        if self.table.by("appId", app_id):
            raise NameInUseError(app_id)
        empty = {**deepcopy(WRITABLE), **deepcopy(READ_ONLY), "id": self.records.new_id("servicePrincipal")}
        empty["createdDateTime"] = self.records.now()
        source = _of_application(application) if application is not None else _of_foreign(foreign)
        row = self._changed({**empty, **source}, {name: value for name, value in new.items() if name != "displayName"})
        row["_owners"] = list(dict.fromkeys([*bound(body, "owners"), *(owners or ())]))
        for owner in row["_owners"]:
            self.objects.get(owner)
        return self.records.store.put(_TABLE, row)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a service principal."""
        for name in READ_ONLY:
            if body.get(name) is not None and body[name] != row[name]:
                raise BadRequestError(f"Property '{name}' is read-only and cannot be set.")
        new = checked(body, WRITABLE, _RESOURCE, ignored=READ_ONLY)
        return self.records.store.put(_TABLE, self._changed(row, new))

    def follow(self, application: Object) -> None:
        """Show on the service principal what its application says now."""
        for row in self.table.by("appId", application["appId"]):
            self.records.store.put(_TABLE, {**row, **_of_application(application)})

    def delete(self, row: Object) -> None:
        """Move a service principal to the deleted items; its consents are gone for good."""
        self.grants.forget(row["id"])
        self.assignments.forget(row["id"])
        self.roles.forget(row["id"])
        self.records.store.remove(_TABLE, row["id"])
        self.objects.bury(row, "#microsoft.graph.servicePrincipal")

    def restore(self, row: Object) -> Object:
        """Put a deleted service principal back, without consents."""
        if self.table.by("appId", row["appId"]):
            raise NameInUseError(row["appId"])
        if row["appOwnerOrganizationId"] == TENANT_ID and not self._applications.by("appId", row["appId"]):
            raise NoBackingApplicationError(row["appId"])
        return self.records.store.put(_TABLE, row)

    def add_password(self, ident: str, wanted: Any) -> Object:
        """Add a secret; what is returned shows it this once."""
        changed, shown = with_password(
            self.table.rows[ident], wanted, self.records.new_id("password"), self.records.clock()
        )
        self.records.store.put(_TABLE, changed)
        return shown

    def remove_password(self, row: Object, key_id: Any) -> None:
        """Remove a secret."""
        self.records.store.put(_TABLE, without_password(row, key_id))

    def _changed(self, row: Object, new: Mapping[str, Any]) -> Object:
        new = dict(new)
        if "keyCredentials" in new:
            new["keyCredentials"] = merge_keys(
                row["keyCredentials"],
                new["keyCredentials"] or [],
                lambda: self.records.new_id("key"),
                self.records.clock(),
            )
        if new.pop("passwordCredentials", None):
            raise BadRequestError("Adding password credentials by PATCH is not allowed: use addPassword.")
        return merge(row, new, WRITABLE)


def _of_application(application: Object) -> Object:
    """Return what a service principal takes from its application."""
    return {
        "appDescription": application["description"],
        "appDisplayName": application["displayName"],
        "appId": application["appId"],
        "appOwnerOrganizationId": TENANT_ID,
        "appRoles": [{"origin": "Application", **role} for role in application["appRoles"]],
        "displayName": application["displayName"],
        "homepage": application["web"]["homePageUrl"],
        "info": application["info"],
        "oauth2PermissionScopes": application["api"]["oauth2PermissionScopes"],
        "replyUrls": [uri for kind in ("web", "spa", "publicClient") for uri in application[kind]["redirectUris"]],
        "servicePrincipalNames": [*application["identifierUris"], application["appId"]],
        "signInAudience": application["signInAudience"],
    }


def _of_foreign(app: ForeignApp | None) -> Object:
    """Return what a service principal takes from an application of another tenant."""
    assert app is not None  # noqa: S101 - the caller has looked
    return {
        "appDisplayName": app.name,
        "appId": app.app_id,
        "appOwnerOrganizationId": app.owner,
        "appRoles": app.app_roles,
        "displayName": app.name,
        "oauth2PermissionScopes": app.scopes,
        "servicePrincipalNames": list(dict.fromkeys([*app.names, app.app_id])),
        "signInAudience": "AzureADMultipleOrgs",
    }
