"""The settings of before `apps`, and the lines to write instead: each is refused with what says the same today.

Everything about one app stood in settings of its own then: maps by app key, and settings that began with a vendor's
name. Knows the catalogue, because such a name has to be taken apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from lockstep.catalogue import AppKind, Catalogue, Edition
from lockstep.errors import CatalogueError

_BY_APP = ("certificates", "federatedCredentials", "consents", "adopted")
_SHARED = {"sharepoint": "principals", "withdraw": "withdraw", "claim": "claim"}
_OF_VENDOR = {"ClientId": "clientId", "Twins": "possible", "Removals": "removals"}
_HARMLESS = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d{4}-\d{2}-\d{2}|current"
    r"|tolerate|require|refuse|apply|report|managed|by-admin|auto|new|old|both|later"
)
"""What a line repeats: ids, dates and the words that a setting may be."""


def replacement(settings: Mapping[str, str], catalogue: Catalogue) -> tuple[list[str], list[str]]:
    """Return which former settings there are, by name, and the lines to write instead of all of them.

    `settings` are those of the project by their names, as the strings that Pulumi keeps.
    """
    former: list[str] = []
    editions: dict[str, str] = {}
    apps: dict[str, dict[str, Any]] = {}
    newest = {vendor: catalogue.edition_as_of(vendor, "current") for vendor in catalogue.vendors}
    for name, text in settings.items():
        if _take(name, text, newest, catalogue, editions, apps):
            former.append(name)
    lines = [f"{key}: {_flow(value)}" for key, value in (("editions", editions), ("apps", apps)) if value]
    return former, lines or ["nothing"]


def _take(
    name: str,
    text: str,
    newest: Mapping[str, Edition],
    catalogue: Catalogue,
    editions: dict[str, str],
    apps: dict[str, dict[str, Any]],
) -> bool:
    """Add what says the same today; return whether the setting is a former one."""
    value = _value(text)
    if name == "edition":
        editions.update({vendor: date for vendor in newest if (date := _date(catalogue, vendor, text))})
    elif name == "optionalApps":
        for key in value if isinstance(value, list) else ():
            apps.setdefault(str(key), {})["deploy"] = True
    elif name in _SHARED:
        for key in _keys(newest.values(), AppKind.SHARED_PRINCIPAL):
            apps.setdefault(key, {})[_SHARED[name]] = value
    elif name == "withhold":
        for entry in value if isinstance(value, list) else ():
            rest = dict(entry) if isinstance(entry, dict) else {}
            if isinstance(title := rest.get("permission"), str) and title.count("/") == 2:
                rest["permission"] = title.replace("/", " · ")  # how a name was written in full
            apps.setdefault(str(rest.pop("app", "APP")), {}).setdefault("withhold", []).append(rest)
    elif name in _BY_APP:
        for key, of_app in value.items() if isinstance(value, dict) else ():
            apps.setdefault(str(key), {})[name] = of_app
    else:
        return _take_of_vendor(name, value, text, newest, editions, apps)
    return True


def _take_of_vendor(
    name: str,
    value: Any,
    text: str,
    newest: Mapping[str, Edition],
    editions: dict[str, str],
    apps: dict[str, dict[str, Any]],
) -> bool:
    for vendor, edition in newest.items():
        word = name.removeprefix(vendor)
        features = {feature.key for feature in edition.features}
        key = next(iter(_keys([edition], AppKind.ENTERPRISE_APP)), vendor)
        if word == name:
            continue
        if word == "Edition":
            editions[vendor] = text
        elif word in _OF_VENDOR:
            apps.setdefault(key, {})[_OF_VENDOR[word]] = value
        elif word.casefold() in features:
            apps.setdefault(key, {}).setdefault("features", {})[word.casefold()] = value
        else:
            continue
        return True
    return False


def _keys(editions: Any, kind: AppKind) -> list[str]:
    return [app.key for edition in editions for app in edition.apps if app.kind is kind]


def _date(catalogue: Catalogue, vendor: str, text: str) -> str:
    try:
        return text if text == "current" else catalogue.edition_as_of(vendor, text).id
    except CatalogueError:
        return ""


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _flow(value: Any, name: str = "") -> str:
    """Return a value as one line of YAML. A text that could be a secret is never repeated."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(entry, key)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(entry, name) for entry in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    harmless = name == "permission" or _HARMLESS.fullmatch(str(value))
    return json.dumps(str(value) if harmless else "…", ensure_ascii=False)
