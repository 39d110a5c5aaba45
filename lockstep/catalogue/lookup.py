"""Finds the permission that an entry of an edition file names, and says what is wrong when there is none.

A name is looked up on the API and in the type that the entry gives; a name that exists elsewhere is never taken.
"""

from __future__ import annotations

from collections.abc import Mapping

from lockstep.catalogue.api import Api, ApiPermission
from lockstep.catalogue.permission import PermissionType
from lockstep.catalogue.shape import Table
from lockstep.errors import nearest


def find_permission(entry: Table, known: Mapping[str, Api]) -> tuple[Api, ApiPermission]:
    """Return the API and the permission that `api`, `type`, `name` and `id` of an entry agree on."""
    key, name, type = entry["api"], entry["name"], PermissionType(entry["type"])
    api = known.get(key)
    if api is None:
        message = f"unknown API {key!r}; allowed are {', '.join(known)}{nearest(key, known)}"
        raise entry.nodes["api"].refuse(message)
    offered = api.find(name, type)
    if offered is None:
        raise entry.nodes["name"].refuse(_unknown(api, name, type, known))
    if offered.id != entry["id"]:
        raise entry.nodes["id"].refuse(_wrong_id(api, offered, entry["id"]))
    return api, offered


def _unknown(api: Api, name: str, type: PermissionType, known: Mapping[str, Api]) -> str:
    other = _other(type)
    head = f"{api.name} has no {type.value} permission {name!r}"
    if api.find(name, other):
        return f"{head}: it exists as {other.value} only; correct `type` or `name`{_near(api, name, type)}"
    for elsewhere in known.values():
        types = [each.value for each in (type, other) if elsewhere.find(name, each)]
        if types:
            where = f"it exists on {elsewhere.name} ({' and '.join(types)})"
            return f"{head}: {where}; correct `api` to {elsewhere.key} or `name`{_near(api, name, type)}"
    return f"{head}, nor has another API; correct `name`{_near(api, name, type)}"


def _wrong_id(api: Api, offered: ApiPermission, id: str) -> str:
    head = f"id {id} is not that of {api.name} {offered.type.value} {offered.name}, which is {offered.id}"
    for type in (offered.type, _other(offered.type)):
        owner = api.by_id(type, id)
        if owner:
            return f"{head}: it is that of {type.value} {owner.name}; correct `id` or `name` and `type`"
    return f"{head}; correct `id`"


def _near(api: Api, name: str, type: PermissionType) -> str:
    return nearest(name, api.names(type))


def _other(type: PermissionType) -> PermissionType:
    return PermissionType.APPLICATION if type is PermissionType.DELEGATED else PermissionType.DELEGATED
