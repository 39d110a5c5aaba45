"""The APIs whose permissions vendors ask for, with their full permission lists.

The lists are data (`data/apis`): Microsoft Graph and Office 365 SharePoint Online as a tenant shows them. They are read
on first use and kept. So are Microsoft's own apps, which have the same app id in every tenant
(`data/first-party.json`). Knows nothing of vendors, editions, Pulumi or Graph clients.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lockstep.catalogue.permission import Permission, PermissionType

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class ApiPermission:
    """One permission that an API offers.

    `admin_consent_required` is None where no public source says; treat it as True. `enabled` is False for the few
    permissions that Microsoft lists but has switched off.
    """

    name: str
    type: PermissionType
    id: str
    display_name: str
    admin_consent_required: bool | None
    enabled: bool


@dataclass(frozen=True)
class Api:
    """An API and every permission it offers.

    `app_id` is `app:<key>` while the API is a vendor's own app that is not created yet. `snapshot` says when and how
    Microsoft's list was read, and is empty for a vendor's own app.
    """

    key: str
    name: str
    app_id: str
    permissions: tuple[ApiPermission, ...]
    snapshot: str = ""

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], ApiPermission]:
        return {(entry.type, entry.name): entry for entry in self.permissions}

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], ApiPermission]:
        return {(entry.type, entry.id): entry for entry in self.permissions}

    def find(self, name: str, type: PermissionType) -> ApiPermission | None:
        """Return the permission of this exact name and type, or None."""
        return self._by_name.get((type, name))

    def by_id(self, type: PermissionType, id: str) -> ApiPermission | None:
        """Return the permission of this type and GUID, or None; the GUID's case does not matter."""
        return self._by_id.get((type, id.lower()))

    def names(self, type: PermissionType) -> tuple[str, ...]:
        """Return the names of all permissions of one type."""
        return tuple(entry.name for entry in self.permissions if entry.type is type)

    def permission(self, entry: ApiPermission) -> Permission:
        """Return the identity of one of this API's permissions."""
        return Permission(self.app_id, entry.type, entry.id)


@dataclass(frozen=True, slots=True)
class ObservedGrant:
    """A tenant-wide delegated grant that Microsoft itself holds on one of its principals, as seen in a tenant."""

    principal: str
    resource: str
    scopes: tuple[str, ...]


@cache
def data(name: str) -> dict[str, Any]:
    """Return what one of the catalogue's JSON files holds."""
    document: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return document


@cache
def apis() -> Mapping[str, Api]:
    """Return the public APIs by key: `graph` and `sharepoint`."""
    return MappingProxyType({key: _api(data(f"apis/{key}.json")) for key in ("graph", "sharepoint")})


def _api(document: dict[str, Any]) -> Api:
    types = {member.value: member for member in PermissionType}
    permissions = tuple(
        ApiPermission(
            name=row["value"],
            type=types[row["type"]],
            id=row["id"],
            display_name=row["display_name"],
            admin_consent_required=row["admin_consent_required"],
            enabled=row["enabled"],
        )
        for row in document["permissions"]
    )
    return Api(document["key"], document["name"], document["app_id"], permissions, document["snapshot"])


@cache
def public_apps() -> Mapping[str, str]:
    """Return the names of Microsoft's own APIs and apps, by app id."""
    return MappingProxyType({app["app_id"]: app["name"] for app in data("first-party.json")["apps"]})


def is_public(app_id: str) -> bool:
    """Tell whether an app id is that of one of Microsoft's own APIs or apps, whatever its case."""
    return app_id.lower() in public_apps()


@cache
def observed_grants() -> tuple[ObservedGrant, ...]:
    """Return Microsoft's own grants on the SharePoint principals, as seen in one tenant."""
    rows = data("first-party.json")["observed_grants"]
    return tuple(ObservedGrant(row["principal"], row["resource"], tuple(row["scopes"])) for row in rows)
