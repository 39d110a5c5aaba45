"""Documented permissions in the two forms that Entra wants: configured entries and consents.

Every type and every permission id comes out as a literal. Only the app id of an API that is created in the same
run is an output. Knows no settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from lockstep.catalogue import DocumentedPermission


@dataclass(frozen=True)
class OwnApi:
    """A vendor's API that this stack creates: its app id, known only once it exists, and its scopes' ids."""

    client_id: pulumi.Input[str]
    scope_ids: Mapping[str, str]


OwnApis = Mapping[str, OwnApi]
"""APIs of the stack's own apps, by app key."""


def permission_map(permissions: Iterable[DocumentedPermission], own: OwnApis) -> dict[str, dict[str, dict[str, str]]]:
    """Return `{API name: {type: {permission name: id}}}`, sorted, as AdminConsent takes it."""
    tree: dict[str, dict[str, dict[str, str]]] = {}
    for entry in sorted(permissions, key=lambda each: (each.api_name, each.type.value, each.name)):
        types = tree.setdefault(entry.api_name, {})
        types.setdefault(entry.type.value, {})[entry.name] = _id(entry, own)
    return tree


def api_ids(permissions: Iterable[DocumentedPermission], own: OwnApis) -> dict[str, pulumi.Input[str]]:
    """Return the app id of every API that `permissions` name, by the API's name."""
    ids: dict[str, pulumi.Input[str]] = {}
    for entry in sorted(permissions, key=lambda each: each.api_name):
        ids[entry.api_name] = own[entry.api].client_id if _is_own(entry) else entry.permission.api
    return ids


def required_accesses(
    permissions: Iterable[DocumentedPermission], own: OwnApis
) -> list[azuread.ApplicationRequiredResourceAccessArgs]:
    """Return the configured entries, sorted by API and id and without doubles.

    The inner list is ordered in azuread, so unsorted input would differ on every run. An API of our own comes
    last: its app id cannot be sorted by before it exists.
    """
    entries: dict[tuple[bool, str], set[tuple[str, str]]] = {}
    for each in permissions:
        key = (True, each.api) if _is_own(each) else (False, each.permission.api)
        entries.setdefault(key, set()).add((_id(each, own), each.type.entra))
    return [
        azuread.ApplicationRequiredResourceAccessArgs(
            resource_app_id=own[api].client_id if is_own else api,
            resource_accesses=[
                azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=id, type=type)
                for id, type in sorted(accesses)
            ],
        )
        for (is_own, api), accesses in sorted(entries.items())
    ]


def _is_own(entry: DocumentedPermission) -> bool:
    return entry.permission.api.startswith("app:")


def _id(entry: DocumentedPermission, own: OwnApis) -> str:
    # An adopted API keeps the scope ids that it was made with, so the catalogue's id is only the default.
    return own[entry.api].scope_ids[entry.name] if _is_own(entry) else entry.id
