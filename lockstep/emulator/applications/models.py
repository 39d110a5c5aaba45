"""App registrations: state and rules. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from lockstep.emulator.applications.entity import READ_ONLY, WRITABLE
from lockstep.emulator.applications.exceptions import IdentifierUriTakenError
from lockstep.emulator.applications.manifest import check_manifest
from lockstep.emulator.applications.rules import check_application
from lockstep.emulator.constants import TENANT_DOMAIN
from lockstep.emulator.directoryobjects.models import DirectoryObjects
from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.objects import (
    bound,
    check_permissions,
    checked,
    merge,
    merge_keys,
    with_password,
    without_password,
)
from lockstep.emulator.records import Records
from lockstep.emulator.serviceprincipals.models import ServicePrincipals
from lockstep.emulator.store import Object

_TABLE = "applications"
_RESOURCE = "Application"


class Applications:
    """The app registrations of a tenant."""

    def __init__(self, records: Records, objects: DirectoryObjects, principals: ServicePrincipals) -> None:
        self.records = records
        self.objects = objects
        self.principals = principals
        self.table = records.store[_TABLE]

    def get(self, value: str, key: str = "id") -> Object:
        """Return the application of this id, appId or uniqueName."""
        row = self.find(value, key)
        if row is None:
            raise NotFoundError(value)
        return row

    def find(self, value: str, key: str = "id") -> Object | None:
        """Return the application of this id, appId or uniqueName, or None."""
        if key == "id":
            return self.table.get(value)
        if key not in ("appId", "uniqueName"):
            raise BadRequestError(f"The alternate key '{key}' is not one of resource 'Application'.")
        return next(iter(self.table.by(key, value)), None)

    def create(self, body: Mapping[str, Any], owners: list[str] | None = None) -> Object:
        """Register an application; `owners` are added to those that the body binds."""
        new = checked(body, WRITABLE, _RESOURCE)
        ident, app_id = self.records.new_id("application"), self.records.new_id("appId")
        empty = {**deepcopy(WRITABLE), **deepcopy(READ_ONLY), "id": ident, "appId": app_id}
        empty.update({"createdDateTime": self.records.now(), "publisherDomain": TENANT_DOMAIN})
        passwords = new.pop("passwordCredentials", None) or []
        row = self._changed(empty, new)
        row["_owners"] = list(dict.fromkeys([*bound(body, "owners"), *(owners or ())]))
        for owner in row["_owners"]:
            self.objects.get(owner)
        self.records.store.put(_TABLE, row)
        shown = [self.add_password(ident, wanted) for wanted in passwords]
        return {**self.table.rows[ident], **({"passwordCredentials": shown} if shown else {})}

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change an application, and what its service principal shows of it."""
        fixed = {name: value for name, value in body.items() if name in READ_ONLY}
        for name, value in fixed.items():
            if value is not None and value != row.get(name):
                raise BadRequestError(f"Property '{name}' is read-only and cannot be set.")
        new = checked(body, WRITABLE, _RESOURCE, ignored=READ_ONLY)
        if "passwordCredentials" in new:
            new["passwordCredentials"] = self._kept_passwords(row, new["passwordCredentials"] or [])
        if new.get("uniqueName", row["uniqueName"]) != row["uniqueName"] and row["uniqueName"] is not None:
            raise BadRequestError("Property 'uniqueName' is read-only and cannot be set.")
        changed = self.records.store.put(_TABLE, self._changed(row, new))
        self.principals.follow(changed)
        return changed

    def upsert(self, unique_name: str, body: Mapping[str, Any]) -> Object:
        """Create the application of this unique name."""
        return self.create({**body, "uniqueName": unique_name})

    def delete(self, row: Object) -> None:
        """Move an application and its service principal to the deleted items."""
        for principal in self.records.store["servicePrincipals"].by("appId", row["appId"]):
            self.principals.delete(principal)
        self.records.store.remove(_TABLE, row["id"])
        self.objects.bury(row, "#microsoft.graph.application")

    def restore(self, row: Object) -> Object:
        """Put a deleted application back; its service principal stays deleted."""
        self._check_unique(row)
        return self.records.store.put(_TABLE, row)

    def add_password(self, ident: str, wanted: Any) -> Object:
        """Add a secret; what is returned shows it this once."""
        row = self.table.rows[ident]
        changed, shown = with_password(row, wanted, self.records.new_id("password"), self.records.clock())
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
        changed = merge(row, new, WRITABLE)
        check_application(changed, new)
        old_scopes, scopes = row["api"]["oauth2PermissionScopes"], changed["api"]["oauth2PermissionScopes"]
        exists = self.table.get(row["id"]) is not None
        check_manifest(changed, new, old_scopes if exists else scopes)
        if scopes is not old_scopes:
            check_permissions(old_scopes, scopes, "api.oauth2PermissionScopes")
        if changed["appRoles"] is not row["appRoles"]:
            check_permissions(row["appRoles"], changed["appRoles"], "appRoles")
        self._check_unique(changed)
        return changed

    def _check_unique(self, row: Object) -> None:
        for uri in row["identifierUris"]:
            if any(other["id"] != row["id"] for other in self.table.by("identifierUris", uri)):
                raise IdentifierUriTakenError
        name = row.get("uniqueName")
        if name and any(other["id"] != row["id"] for other in self.table.by("uniqueName", name)):
            raise BadRequestError(
                "Another object with the same value for property uniqueName already exists.",
                code="Request_MultipleObjectsWithSameKeyValue",
            )

    @staticmethod
    def _kept_passwords(row: Object, wanted: list[Any]) -> list[Object]:
        kept = {entry["keyId"]: entry for entry in row["passwordCredentials"]}
        idents = [entry.get("keyId") for entry in wanted if isinstance(entry, dict)]
        if len(idents) != len(wanted) or any(ident not in kept for ident in idents):
            raise BadRequestError("Adding password credentials by PATCH is not allowed: use addPassword.")
        return [kept[str(ident)] for ident in idents]
