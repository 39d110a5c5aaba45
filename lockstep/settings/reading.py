"""From the config of a stack to its settings: every key and value checked, before anything starts.

`read_settings` takes config as Pulumi keeps it, so a program, a stack file and a test are judged alike. Imports no
Pulumi and asks no tenant anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from lockstep.catalogue import Catalogue, load
from lockstep.errors import SettingError, nearest
from lockstep.settings.decoding import decode, kinds, objections
from lockstep.settings.former import replacement
from lockstep.settings.model import Settings
from lockstep.settings.stack_app import stack_apps
from lockstep.settings.target import LOCAL, PROVIDERS, check_providers

NAMESPACE = "lockstep"


def read_settings(
    config: Mapping[str, str],
    *,
    where: str,
    lines: Mapping[str, int] | None = None,
    namespace: str = NAMESPACE,
    secrets: Iterable[str] = (),
    catalogue: Catalogue | None = None,
) -> Settings:
    """Return the settings in `config`, whose keys have their namespace; SettingError for the first thing wrong.

    `where` names the file and `lines` the line of each key, both for messages. `namespace` is the project's name.
    `secrets` are the keys that are encrypted in the stack file: none of ours may be.
    """
    catalogue = catalogue or load()
    sign = _Sign(where, namespace, lines or {})
    for key in sorted(secrets):
        if key.startswith(f"{namespace}:"):
            raise sign.about(key, "is encrypted, but no setting is a secret; set it in plain text")
    _refuse_former(config, sign, catalogue)
    _refuse_unknown(config, sign)
    try:
        # Through JSON, so that strict types still let a list become a tuple.
        settings = Settings.model_validate_json(json.dumps(_values(config, sign)), by_alias=True, by_name=False)
    except ValidationError as error:
        # An unknown name first: a misspelt setting is missing under its real name as well.
        path, text = min(objections(error, Settings), key=lambda objection: not objection[1].startswith("is unknown"))
        raise sign.error(path, f"{text}{_help(path, text, catalogue)}") from None
    stack_apps(settings, catalogue, sign.error)
    check_providers(config, settings.target, where)
    return settings


class _Sign:
    """Where a setting stands, for messages."""

    def __init__(self, where: str, namespace: str, lines: Mapping[str, int]) -> None:
        self.where, self.namespace, self._lines = where, namespace, lines

    def error(self, path: str, text: str) -> SettingError:
        return self.about(f"{self.namespace}:{path}", text)

    def about(self, key: str, text: str) -> SettingError:
        """Make the error about a key, or about a path inside one: with the line of the innermost part that has one."""
        inside = key
        while inside not in self._lines and ("." in inside or "[" in inside):
            inside = inside[: max(inside.rfind("."), inside.rfind("["))]
        line = f":{self._lines[inside]}" if inside in self._lines else ""
        return SettingError(f"{self.where}{line}: {key} {text}")


def names() -> tuple[str, ...]:
    """Return the names of all settings as a stack file has them."""
    return tuple(_kinds())


def _refuse_former(config: Mapping[str, str], sign: _Sign, catalogue: Catalogue) -> None:
    ours = {key.partition(":")[2]: text for key, text in config.items() if key.startswith(f"{sign.namespace}:")}
    unknown = {name: text for name, text in ours.items() if name not in names()}
    # Without such a name there is nothing to replace, and no vendor's edition is read for it.
    former, lines = replacement(unknown, catalogue) if unknown else ([], [])
    if former:
        others = f" (and {', '.join(former[1:])})" if former[1:] else ""
        raise sign.error(former[0], f"is no setting any more{others}; write instead {'; '.join(lines)}")


def _refuse_unknown(config: Mapping[str, str], sign: _Sign) -> None:
    for key in config:
        namespace, _, name = key.partition(":")
        if namespace == sign.namespace and name not in names():
            raise sign.about(key, f"is not a setting; allowed are {', '.join(names())}{nearest(name, names())}")
        if namespace == "entraconsent" and name != "tenantId":
            raise sign.about(key, "is not a setting of entraconsent; allowed is tenantId")
        if namespace == NAMESPACE != sign.namespace:
            raise sign.about(key, f"is not read: the settings of this project are {sign.namespace}:…")
        namespaces = (sign.namespace, *PROVIDERS)
        if namespace not in namespaces and nearest(namespace, namespaces):
            raise sign.about(key, f"has a namespace that nothing reads{nearest(namespace, namespaces)}")


def _values(config: Mapping[str, str], sign: _Sign) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, kind in _kinds().items():
        text = config.get(f"{sign.namespace}:{name}", "").strip()
        # Pulumi.yaml has to give every setting a default; an empty one stands for "not set".
        if not text or (text == {"list": "[]", "object": "{}"}.get(kind) and name != "vendors"):
            continue
        try:
            values[name] = decode(text, kind)
        except ValueError as error:
            raise sign.error(name, str(error)) from None
    return values


def _help(path: str, text: str, catalogue: Catalogue) -> str:
    if text != "is missing":
        return ""
    if path == "target":
        return f"; set it to {LOCAL!r} or to the id of the tenant"
    return f"; name at least one of {', '.join(catalogue.vendors)}" if path == "vendors" else ""


@cache
def _kinds() -> dict[str, str]:
    return kinds(Settings)
