"""Judges the consents that an AdminConsent asks for: its permission maps and the APIs that they name.

Reads the properties as entraconsent has them; whether a permission is documented is decided in `permissions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lockstep.catalogue import PermissionType, is_public
from lockstep.policy.configured import Malformed
from lockstep.policy.permissions import LITERAL, Asked, judge
from lockstep.policy.reading import GUID, UNKNOWN, Unknown, keys, mapping, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import ADMIN_CONSENT
from lockstep.settings.stack_app import StackApp

_MAP = "literal maps of the form {API name: {delegated or application: {permission name: id}}}"


def consents(props: Mapping[str, Any], key: str) -> Iterator[Asked | Malformed]:
    """Yield every permission of the map `permissions` or `tolerated`, with what cannot be one in place."""
    found = value(props, key)
    if found is None:
        return
    if not isinstance(found, Mapping):
        yield Malformed(f"`{key}` that is not known before the run")
        return
    for api_name in keys(found):
        by_type = mapping(found, api_name)
        if by_type is None:
            yield Malformed(f"`{key}` on {api_name} that is not known before the run")
            continue
        api = _api(props, api_name)
        for word in keys(by_type):
            yield from _of_type(key, api, api_name, word, mapping(by_type, word))


def _of_type(
    key: str, api: str | Unknown, api_name: str, word: str, entries: Mapping[str, Any] | None
) -> Iterator[Asked | Malformed]:
    if word not in tuple(PermissionType):
        yield Malformed(f"`{key}` on {api_name} of the type {word!r}")
    elif entries is None:
        yield Malformed(f"`{key}` on {api_name}, {word}, that is not known before the run")
    else:
        for name in keys(entries):
            id_ = text(entries, name)
            if id_ is UNKNOWN or not GUID.fullmatch(id_.lower()):
                said = "not known yet" if id_ is UNKNOWN else "not a GUID"
                yield Malformed(f"{api_name} · {word} · {name}, whose id is {said}")
            else:
                yield Asked(api, PermissionType(word), id_, name, api_name)


def _api(props: Mapping[str, Any], name: str) -> str | Unknown:
    apis = mapping(props, "apis")
    return UNKNOWN if apis is None else text(apis, name)


def check_consents(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse every consent of an AdminConsent that the declared edition does not document for its app."""
    if resource.type != ADMIN_CONSENT:
        return
    declared = world.app_named(resource)
    if declared is None:
        return  # A consent for an app that the stack does not declare is refused as a whole.
    yield from _apis(resource.props, declared)
    for key in ("permissions", "tolerated"):
        for each in consents(resource.props, key):
            if isinstance(each, Malformed):
                yield Objection(each.found, _MAP, LITERAL, declared.source)
            else:
                objection = judge(each, declared, tolerated=key == "tolerated")
                if objection:
                    yield objection


def _apis(props: Mapping[str, Any], declared: StackApp) -> Iterator[Objection]:
    """Refuse an API under another id than its own: the name is what a reviewer reads."""
    documented = {entry.api_name: entry for entry in declared.app.permissions}
    allowed = ", ".join(
        name if entry.on_own_api else f"{name} as {entry.permission.api}" for name, entry in sorted(documented.items())
    )
    found = mapping(props, "apis")
    if found is None:
        if value(props, "apis") is not None:
            yield Objection("`apis` that are not known before the run", allowed, LITERAL, declared.source)
        return
    for name in keys(found):
        api, right = text(found, name), documented.get(name)
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
