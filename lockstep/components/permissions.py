"""Documented permissions in the two forms that Entra wants: configured entries and consents.

Every type and every permission id comes out as a literal. Only the app id of an API that is created in the same
run is an output. Knows no settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi
import pulumi_azuread as azuread

from lockstep.catalogue import DocumentedPermission, OwnApi, tenant_ids

OwnApis = Mapping[str, OwnApi[pulumi.Input[str]]]
"""APIs of the stack's own apps, by app key."""


def permission_map(permissions: Iterable[DocumentedPermission], own: OwnApis) -> dict[str, dict[str, dict[str, str]]]:
    """Return `{API name: {type: {permission name: id}}}`, sorted, as AdminConsent takes it."""
    tree: dict[str, dict[str, dict[str, str]]] = {}
    for entry in sorted(permissions, key=lambda entry: (entry.api_name, entry.type.value, entry.name)):
        types = tree.setdefault(entry.api_name, {})
        types.setdefault(entry.type.value, {})[entry.name] = tenant_ids(entry, own)[1]
    return tree


def api_ids(permissions: Iterable[DocumentedPermission], own: OwnApis) -> dict[str, pulumi.Input[str]]:
    """Return the app id of every API that `permissions` name, by the API's name."""
    ids: dict[str, pulumi.Input[str]] = {}
    for entry in sorted(permissions, key=lambda entry: entry.api_name):
        ids[entry.api_name] = tenant_ids(entry, own)[0]
    return ids


def required_accesses(
    permissions: Iterable[DocumentedPermission], own: OwnApis
) -> list[azuread.ApplicationRequiredResourceAccessArgs]:
    """Return the configured entries, sorted by API and id and without doubles.

    For azuread the order of the inner list counts, so unsorted input would show a difference in every run. An API that
    this run registers itself comes last, because its app id is not known yet and cannot be sorted by.
    """
    apis: dict[tuple[bool, str], pulumi.Input[str]] = {}
    entries: dict[tuple[bool, str], set[tuple[str, str]]] = {}
    for entry in permissions:
        key = (entry.on_own_api, entry.permission.api)
        apis[key], id_ = tenant_ids(entry, own)
        entries.setdefault(key, set()).add((id_, entry.type.entra))
    return [
        azuread.ApplicationRequiredResourceAccessArgs(
            resource_app_id=apis[key],
            resource_accesses=[
                azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=id, type=type)
                for id, type in sorted(accesses)
            ],
        )
        for key, accesses in sorted(entries.items())
    ]
