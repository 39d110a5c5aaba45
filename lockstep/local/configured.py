"""What a step on an application changes in its configured permissions and its exposed scopes, by name.

Pure: the same answer for a step of the rehearsal and for an event of the Pulumi CLI.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lockstep.catalogue import PermissionType, apis, first_party_apps

APPLICATION = "azuread:index/application:Application"
Properties = Mapping[str, Any]
Entry = tuple[str, str, str]
"""API app id, type, permission id."""


def configured_lines(old: Properties, inputs: Properties) -> list[tuple[str, str]]:
    """Return (sign, text) for each configured permission and exposed scope that differs."""
    if "requiredResourceAccesses" not in old:
        return []
    before, after = _entries(old), _entries(inputs)
    names = {str(scope.get("id")): str(scope.get("value")) for each in (old, inputs) for scope in _scopes(each)}
    lines = [("+", f"configured: {_title(entry, names)}") for entry in sorted(after - before)]
    lines += [("-", f"configured: {_title(entry, names)}") for entry in sorted(before - after)]
    was = {str(scope.get("id")): scope for scope in _scopes(old)}
    for scope in _scopes(inputs):
        found = was.get(str(scope.get("id")))
        if found is None:
            lines.append(("+", f"exposed scope {scope.get('value')}"))
        elif bool(found.get("enabled", True)) is not bool(scope.get("enabled", True)):
            word = "enabled" if scope.get("enabled", True) else "disabled"
            lines.append(("~", f"exposed scope {scope.get('value')}: {word}"))
    return lines


def _entries(properties: Properties) -> set[Entry]:
    kinds = {"Scope": PermissionType.DELEGATED.value, "Role": PermissionType.APPLICATION.value}
    return {
        (str(item.get("resourceAppId")), kinds.get(str(access.get("type")), str(access.get("type"))), str(access["id"]))
        for item in properties.get("requiredResourceAccesses") or ()
        for access in item.get("resourceAccesses") or ()
    }


def _scopes(properties: Properties) -> list[Properties]:
    return list((properties.get("api") or {}).get("oauth2PermissionScopes") or ())


def _title(entry: Entry, own: Mapping[str, str]) -> str:
    app_id, type_, id_ = entry
    for api in apis().values():
        if api.app_id == app_id:
            known = api.by_id(PermissionType(type_), id_)
            return f"{api.name} · {type_} · {known.name if known else id_}"
    found = first_party_apps().get(app_id)
    return f"{found.name if found else f'API {app_id}'} · {type_} · {own.get(id_, id_)}"
