"""Judges the configured permissions of an application: every entry of `requiredResourceAccesses`.

Reads the property as azuread has it; whether a permission is documented is decided in `permissions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.catalogue import PermissionType
from lockstep.policy.permissions import LITERAL, Asked, api_title, describe, judge
from lockstep.policy.reading import GUID, UNKNOWN, Unknown, listing, shown, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import APPLICATION
from lockstep.settings.stack_app import StackApp

_ENTRIES = "entries of the literal form {resource_app_id, resource_accesses: [{id, type: Scope or Role}]}"


@dataclass(frozen=True)
class Malformed:
    """An entry that names no permission, and what is wrong with it."""

    found: str


def configured(props: Mapping[str, Any]) -> Iterator[Asked | Malformed]:
    """Yield every configured permission of an application, in its order, with what cannot be one in place."""
    for entry in listing(props, "requiredResourceAccesses"):
        if not isinstance(entry, Mapping):
            yield Malformed("configured permissions that are not known before the run")
            continue
        api = text(entry, "resourceAppId")
        if api is not UNKNOWN and not GUID.fullmatch(api.lower()):
            yield Malformed("configured permissions on an API whose app id is not a GUID")
            continue
        if value(entry, "resourceAccesses") is None:
            yield Malformed("an API without permissions among the configured ones")
        for access in listing(entry, "resourceAccesses"):
            yield _access(api, access)


def _access(api: str | Unknown, access: Any) -> Asked | Malformed:
    where = "an API that is not known yet" if api is UNKNOWN else api_title(api)
    if not isinstance(access, Mapping):
        return Malformed(f"permissions on {where} that are not known before the run")
    id_, word = text(access, "id"), text(access, "type")
    if id_ is UNKNOWN or not GUID.fullmatch(id_.lower()):
        return Malformed(f"a permission on {where} whose id is {shown(id_)}")
    if word not in ("Scope", "Role"):
        said = "not known yet" if word is UNKNOWN else "neither Scope nor Role"
        return Malformed(f"the permission {id_} on {where}, whose type is {said}")
    return Asked(api, PermissionType.from_entra(word), id_)


def check_configured(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse every configured permission of an application that the declared edition does not document."""
    declared = world.app_of(resource)
    if resource.type != APPLICATION or declared is None:
        return  # An application without an app of the catalogue is refused as a whole.
    yield from _objections(configured(resource.props), declared)
    yield from _doubled(resource.props)


def _objections(found: Iterator[Asked | Malformed], declared: StackApp) -> Iterator[Objection]:
    seen: set[Asked] = set()
    for each in found:
        if isinstance(each, Malformed):
            yield Objection(each.found, _ENTRIES, LITERAL, declared.source)
        elif each in seen:
            yield Objection(f"{describe(each)} twice", "each permission once", "keep one of the two", declared.source)
        else:
            seen.add(each)
            objection = judge(each, declared)
            if objection:
                yield objection


def _doubled(props: Mapping[str, Any]) -> Iterator[Objection]:
    apis = [
        text(entry, "resourceAppId")
        for entry in listing(props, "requiredResourceAccesses")
        if isinstance(entry, Mapping)
    ]
    for api in dict.fromkeys(apis):
        if api is not UNKNOWN and apis.count(api) > 1:
            yield Objection(
                f"two entries for {api_title(api)}", "one entry an API", "put its permissions into one entry"
            )
