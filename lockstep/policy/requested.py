"""Judges the permissions that a resource asks for: what an application is configured with, and what is consented.

Reads `requiredResourceAccesses` as azuread has it, and the permission maps of an AdminConsent as entraconsent has them;
whether a permission is documented is decided in `permissions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.catalogue import PermissionType, is_public, risk
from lockstep.policy.permissions import LITERAL, Requested, api_title, describe, documented, judge
from lockstep.policy.reading import GUID, UNKNOWN, Unknown, keys, listing, mapping, shown, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import ADMIN_CONSENT, APPLICATION
from lockstep.settings.stack_app import StackApp

_ENTRIES = "entries of the literal form {resource_app_id, resource_accesses: [{id, type: Scope or Role}]}"
_MAP = "literal maps of the form {API name: {delegated or application: {permission name: id}}}"


@dataclass(frozen=True)
class Malformed:
    """An entry that names no permission, and what is wrong with it."""

    description: str


def configured(props: Mapping[str, Any]) -> Iterator[Requested | Malformed]:
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


def _access(api: str | Unknown, access: Any) -> Requested | Malformed:
    where = "an API that is not known yet" if api is UNKNOWN else api_title(api)
    if not isinstance(access, Mapping):
        return Malformed(f"permissions on {where} that are not known before the run")
    id_, word = text(access, "id"), text(access, "type")
    if id_ is UNKNOWN or not GUID.fullmatch(id_.lower()):
        return Malformed(f"a permission on {where} whose id is {shown(id_)}")
    if word not in ("Scope", "Role"):
        why = "not known yet" if word is UNKNOWN else "neither Scope nor Role"
        return Malformed(f"the permission {id_} on {where}, whose type is {why}")
    return Requested(api, PermissionType.from_entra(word), id_)


def consents(props: Mapping[str, Any], key: str) -> Iterator[Requested | Malformed]:
    """Yield every permission of the map `permissions` or `tolerated`, with what cannot be one in place."""
    by_api = value(props, key)
    if by_api is None:
        return
    if not isinstance(by_api, Mapping):
        yield Malformed(f"`{key}` that is not known before the run")
        return
    apis = mapping(props, "apis")
    for api_name in keys(by_api):
        by_type = mapping(by_api, api_name)
        if by_type is None:
            yield Malformed(f"`{key}` on {api_name} that is not known before the run")
            continue
        api = UNKNOWN if apis is None else text(apis, api_name)
        for word in keys(by_type):
            yield from _of_type(key, api, api_name, word, mapping(by_type, word))


def _of_type(
    key: str, api: str | Unknown, api_name: str, word: str, ids: Mapping[str, Any] | None
) -> Iterator[Requested | Malformed]:
    if word not in tuple(PermissionType):
        yield Malformed(f"`{key}` on {api_name} of the type {word!r}")
    elif ids is None:
        yield Malformed(f"`{key}` on {api_name}, {word}, that is not known before the run")
    else:
        for name in keys(ids):
            id_ = text(ids, name)
            if id_ is UNKNOWN or not GUID.fullmatch(id_.lower()):
                yield Malformed(f"{api_name} · {word} · {name}, whose id is {shown(id_)}")
            else:
                yield Requested(api, PermissionType(word), id_, name, api_name)


def check_configured(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse every configured permission of an application that the declared edition does not document."""
    declared = world.app_of(resource)
    if resource.type != APPLICATION or declared is None:
        return  # An application without an app of the catalogue is refused as a whole.
    listed: set[Requested | Malformed] = set()
    for request in configured(resource.props):
        if isinstance(request, Requested) and request in listed:
            yield Objection(
                f"{describe(request)} twice", "each permission once", "keep one of the two", declared.source
            )
        else:
            listed.add(request)
            yield from _objections(request, declared, _ENTRIES)
    entries = [entry for entry in listing(resource.props, "requiredResourceAccesses") if isinstance(entry, Mapping)]
    apis = [text(entry, "resourceAppId") for entry in entries]
    for api in dict.fromkeys(apis):
        if api is not UNKNOWN and apis.count(api) > 1:
            yield Objection(
                f"two entries for {api_title(api)}", "one entry an API", "put its permissions into one entry"
            )


def _objections(
    request: Requested | Malformed, declared: StackApp, form: str, *, tolerated: bool = False
) -> Iterator[Objection]:
    if isinstance(request, Malformed):
        yield Objection(request.description, form, LITERAL, declared.source)
    elif (objection := judge(request, declared, tolerated=tolerated)) is not None:
        yield objection


def check_consents(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse every consent of an AdminConsent that the declared edition does not document for its app."""
    if resource.type != ADMIN_CONSENT:
        return
    declared = world.app_named(resource)
    if declared is None:
        return  # A consent for an app that the stack does not declare is refused as a whole.
    yield from _apis(resource.props, declared)
    for key in ("permissions", "tolerated"):
        for request in consents(resource.props, key):
            yield from _objections(request, declared, _MAP, tolerated=key == "tolerated")


def _apis(props: Mapping[str, Any], declared: StackApp) -> Iterator[Objection]:
    """Refuse an API under another id than its own: the name is what a reviewer reads."""
    documented_apis = {entry.api_name: entry for entry in declared.app.permissions}
    allowed = ", ".join(
        name if entry.on_own_api else f"{name} as {entry.permission.api}"
        for name, entry in sorted(documented_apis.items())
    )
    app_ids = mapping(props, "apis")
    if app_ids is None:
        if value(props, "apis") is not None:
            yield Objection("`apis` that are not known before the run", allowed, LITERAL, declared.source)
        return
    for name in keys(app_ids):
        api, right = text(app_ids, name), documented_apis.get(name)
        if right is None:
            words = f"the API {name!r}, on which this app has no documented permission"
        elif right.on_own_api and (api is UNKNOWN or (GUID.fullmatch(api) and not is_public(api))):
            continue
        elif right.on_own_api:
            words = f"an app id for {name} that is no app of this tenant"
        elif api is UNKNOWN:
            words = f"an app id for {name} that is not known before the run"
        elif api != right.permission.api:
            words = f"another app id for {name}"
        else:
            continue
        yield Objection(words, allowed, "give each API the app id that is documented", declared.source)


def name_tier_0(resource: Resource, world: World) -> Iterator[Objection]:
    """Name the tier 0 permissions among the consents of an AdminConsent: the control plane of the tenant."""
    declared = world.app_named(resource) if resource.type == ADMIN_CONSENT else None
    if declared is None:
        return
    requests = [request for request in consents(resource.props, "permissions") if isinstance(request, Requested)]
    entries = [entry for request in requests if (entry := documented(request, declared)[0]) is not None]
    tier_0 = [entry.title for entry in entries if (rated := risk(entry.permission)) is not None and rated.tier == 0]
    if tier_0:
        yield Objection(
            f"consents that can take over a tenant (tier 0): {'; '.join(sorted(tier_0))}",
            "documented by the vendor, so nothing is refused",
            "nothing, if whoever answers for the tenant agrees; else `withhold` in the stack file",
            declared.source,
        )
