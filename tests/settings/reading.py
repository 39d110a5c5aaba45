"""Reads settings as a stack file's strings, for tables of what is allowed and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lockstep.errors import SettingError
from lockstep.settings.model import Settings
from lockstep.settings.reading import read_settings
from tests.vendors import ATERA_CLIENT_ID

LOCAL_TENANT = "11111111-1111-4111-8111-111111111111"
REAL_TENANT = "99999999-9999-4999-8999-999999999999"
ATERA = ATERA_CLIENT_ID
FILE = "Pulumi.test.yaml"


APPS: dict[str, dict[str, Any]] = {"atera": {"clientId": ATERA}}
OPTIONAL: dict[str, dict[str, Any]] = {"api-client": {"deploy": True}, "pnp": {"deploy": True}}


def apps(changes: Mapping[str, Mapping[str, Any] | None], base: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Return the setting `apps`: `base` (Atera's client id), changed app by app; None takes an app out."""
    merged = {key: dict(entry) for key, entry in (APPS if base is None else base).items()}
    for key, entry in changes.items():
        if entry is None:
            merged.pop(key, None)
        else:
            merged[key] = {**merged.get(key, {}), **entry}
    return json.dumps(merged)


def merged(config: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return stack config with settings over it, those of apps app by app; null stands for an app that is out."""
    both = {**config, **settings}
    for key in both:
        if key.endswith(":apps") and key in config and key in settings:
            before, after = json.loads(config[key]), json.loads(settings[key])
            entries = {name: entry and {**(before.get(name) or {}), **entry} for name, entry in after.items()}
            both[key] = json.dumps({**before, **entries})
    return both


def config(**given: str) -> dict[str, str]:
    """Return stack config: a local stack of both vendors, changed by `given`; providers follow the target."""
    values = {"target": "local", "vendors": '["atlas", "atera"]', "apps": apps({}), **given}
    tenant = LOCAL_TENANT if values["target"] == "local" else values["target"]
    return {
        "azuread:tenantId": tenant,
        "entraconsent:tenantId": tenant,
        **{f"lockstep:{name}": value for name, value in values.items()},
    }


def read(**given: str) -> Settings:
    """Return the settings."""
    return read_settings(config(**given), where=FILE)


def refusal(given: dict[str, str]) -> str:
    """Return the message with which `given` is refused."""
    with pytest.raises(SettingError) as caught:
        read_settings(given, where=FILE)
    return str(caught.value)
