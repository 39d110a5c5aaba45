"""Between consents and their forms in a resource's properties: permission maps, entries of lists, property paths.

Knows the wire and nothing of Graph.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from lockstep.catalogue import permission_title
from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent
from lockstep.provider.structs import is_known

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")

PermissionMap = Mapping[str, Mapping[str, Mapping[str, str]]]


def to_consents(permissions: PermissionMap, apis: Mapping[str, str]) -> frozenset[Consent]:
    """Return the consents that a permission map names.

    An API whose app id is unknown, or not in `apis`, is known by its name.
    """
    return frozenset(
        Consent(_api(name, apis), PermissionType(type_), value, id_.lower())
        for name, types in permissions.items()
        for type_, entries in types.items()
        for value, id_ in entries.items()
    )


def _api(name: str, apis: Mapping[str, str]) -> str:
    app_id = apis.get(name)
    return app_id.lower() if app_id is not None and is_known(app_id) and app_id else name


def to_map(consents: Iterable[Consent], names: Mapping[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """Return the permission map of `consents`, API names from `names` (app id -> name), in a stable order."""
    result: dict[str, dict[str, dict[str, str]]] = {}
    for consent in sorted(consents, key=lambda c: (names.get(c.api, c.api), c.type, c.key)):
        types = result.setdefault(names.get(consent.api, consent.api), {})
        types.setdefault(consent.type.value, {})[consent.value or consent.id] = consent.id
    return result


def api_names(tenant: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return a name for every API by app id, each name once.

    Display names are not unique: a tenant may hold two APIs called alike. The resource's own names win; any
    other API of the same name has its app id beside it.
    """
    names = dict(own)
    often = Counter(name for app_id, name in tenant.items() if app_id not in own)
    for app_id, name in tenant.items():
        if app_id not in own:
            names[app_id] = f"{name} ({app_id})" if often[name] > 1 or name in own.values() else name
    return names


def entry(consent: Consent, names: Mapping[str, str]) -> str:
    """Return a consent as `API name/type/name`, the form of the outputs' lists."""
    return f"{names.get(consent.api, consent.api)}/{consent.type.value}/{consent.value or consent.id}"


def baseline_entry(consent: Consent) -> str:
    """Return a consent as `API app id/type/name`, the form of a Principal's baseline."""
    return f"{consent.api}/{consent.type.value}/{consent.value or consent.id}"


def title(consent: Consent, names: Mapping[str, str]) -> str:
    """Return a consent for a person: API, type and name."""
    return permission_title(names.get(consent.api, consent.api), consent.type.value, consent.value or consent.id)


def line(sign: str, consent: Consent, names: Mapping[str, str]) -> str:
    """Return a consent as a person reads it: `+ Microsoft Graph · application · Sites.Read.All`."""
    return f"{sign} {title(consent, names)}"


def path(consent: Consent, names: Mapping[str, str]) -> str:
    """Return the property path of a consent in `permissions`, as the engine writes paths."""
    keys = (names.get(consent.api, consent.api), consent.type.value, consent.value or consent.id)
    return "permissions" + "".join(f".{key}" if _PLAIN.match(key) else f'["{_escaped(key)}"]' for key in keys)


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')
