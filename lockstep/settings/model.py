"""The settings of a stack, typed and checked before anything starts.

`Settings.read` takes stack config as Pulumi keeps it, so a program, a stack file and a test are judged alike.
Imports no Pulumi and asks no tenant anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import Field, ValidationError

from lockstep.catalogue import Catalogue, load
from lockstep.errors import SettingError, nearest
from lockstep.settings.checks import check
from lockstep.settings.decoding import decode, kinds, objections
from lockstep.settings.shapes import (
    AdoptedSetting,
    Consents,
    EditionDate,
    FederatedSetting,
    FederatedSettings,
    Guid,
    Guids,
    Names,
    NameSuffix,
    Pems,
    Protect,
    Removals,
    Shape,
    Sharepoint,
    SomeNames,
    Target,
    Twins,
    WithheldSetting,
)
from lockstep.settings.target import LOCAL, PROVIDERS, check_providers, tenant_of

NAMESPACE = "lockstep"


class Settings(Shape):
    """What a stack says. docs/settings.md describes each; the names there are these in camelCase."""

    target: Target
    vendors: SomeNames = ("atlas", "atera")
    edition: EditionDate | None = None
    atlas_edition: EditionDate | None = None
    atera_edition: EditionDate | None = None
    optional_apps: Names = ()
    sharepoint: Sharepoint = "auto"
    withdraw: bool = False
    claim: bool = False
    atera_client_id: Guid | None = None
    atera_twins: Twins = "tolerate"
    atera_removals: Removals = "apply"
    atera_robin: bool = True
    consents: dict[str, Consents] = Field(default_factory=dict)
    owners: Guids = ()
    name_suffix: NameSuffix | None = None
    certificates: dict[str, Pems] = Field(default_factory=dict)
    federated_credentials: dict[str, FederatedSettings] = Field(default_factory=dict)
    withhold: tuple[WithheldSetting, ...] = ()
    adopted: dict[str, AdoptedSetting] = Field(default_factory=dict)
    protect: Protect = "auto"

    @property
    def is_local(self) -> bool:
        """Whether the target is the local emulator."""
        return self.target == LOCAL

    @property
    def tenant_id(self) -> str:
        """The tenant that the target means."""
        return tenant_of(self.target)

    @property
    def protected(self) -> bool:
        """Whether apps and consents are protected: everywhere but locally, unless the stack says otherwise."""
        return self.protect == "true" or (self.protect == "auto" and not self.is_local)

    def withheld(self, app: str) -> tuple[str, ...]:
        """Return the permissions of one app that the customer decided against."""
        return tuple(entry.permission for entry in self.withhold if entry.app == app)

    def by_admin(self, app: str) -> bool:
        """Whether an administrator gives the consents of an app, and the stack none."""
        return self.consents.get(app) == "by-admin"

    @classmethod
    def read(
        cls,
        config: Mapping[str, str],
        *,
        where: str,
        lines: Mapping[str, int] | None = None,
        namespace: str = NAMESPACE,
        catalogue: Catalogue | None = None,
    ) -> Settings:
        """Return the settings in `config`, whose keys have their namespace; SettingError for the first thing wrong.

        `where` names the file and `lines` the line of each key, both for messages. `namespace` is the project's name.
        """
        sign = _Sign(where, namespace, lines or {})
        _refuse_unknown(config, sign)
        values = _values(config, sign)
        try:
            # Through JSON, so that strict types still let a list become a tuple.
            settings = cls.model_validate_json(json.dumps(values))
        except ValidationError as error:
            # An unknown name first: a misspelt setting is missing under its real name as well.
            found = objections(error, _parts())
            setting, path, text = min(found, key=lambda each: not each[2].startswith("is unknown"))
            raise sign.error(setting, f"{text}{_help(setting, text)}", path) from None
        check(settings, catalogue or load(), sign.error)
        check_providers(config, settings.target, where)
        return settings


class _Sign:
    """Where a setting stands, for messages."""

    def __init__(self, where: str, namespace: str, lines: Mapping[str, int]) -> None:
        self.where, self.namespace, self._lines = where, namespace, lines

    def error(self, setting: str, text: str, path: str = "") -> SettingError:
        return self.about(f"{self.namespace}:{setting}", text, path)

    def about(self, key: str, text: str, path: str = "") -> SettingError:
        line = f":{self._lines[key]}" if key in self._lines else ""
        return SettingError(f"{self.where}{line}: {key}{path} {text}")


def names() -> tuple[str, ...]:
    """Return the names of all settings as a stack file has them."""
    return tuple(_kinds())


def _refuse_unknown(config: Mapping[str, str], sign: _Sign) -> None:
    for key in config:
        namespace, _, name = key.partition(":")
        if namespace == sign.namespace and name not in names():
            raise sign.about(key, f"is not a setting; allowed are {', '.join(names())}{nearest(name, names())}")
        if namespace == "entraconsent" and name != "tenantId":
            raise sign.about(key, "is not a setting of entraconsent; allowed is tenantId")
        if namespace == NAMESPACE != sign.namespace:
            raise sign.about(key, f"is not read: the settings of this project are {sign.namespace}:…")
        known = (sign.namespace, *PROVIDERS)
        if namespace not in known and nearest(namespace, known):
            raise sign.about(key, f"has a namespace that nothing reads{nearest(namespace, known)}")


def _values(config: Mapping[str, str], sign: _Sign) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, kind in _kinds().items():
        text = config.get(f"{sign.namespace}:{name}", "").strip()
        # Pulumi.yaml has to give every setting a default; an empty one stands for "not set".
        if text in ("", "[]", "{}") and name != "vendors":
            continue
        if name == "vendors" and not text:
            continue
        try:
            values[name] = decode(text, kind)
        except ValueError as error:
            raise sign.error(name, str(error)) from None
    return values


def _help(setting: str, text: str) -> str:
    if setting == "target" and text == "is missing":
        return f"; set it to {LOCAL!r} or to the id of the tenant"
    return ""


@cache
def _kinds() -> dict[str, str]:
    return kinds(Settings)


@cache
def _parts() -> dict[str, tuple[str, ...]]:
    shapes: dict[str, type[Shape]] = {
        "federatedCredentials": FederatedSetting,
        "adopted": AdoptedSetting,
        "withhold": WithheldSetting,
    }
    return {
        setting: tuple(field.alias or name for name, field in shape.model_fields.items())
        for setting, shape in shapes.items()
    }
