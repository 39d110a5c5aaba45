"""Reads settings as a stack file's strings, for tables of what is allowed and what is refused."""

from __future__ import annotations

import pytest

from lockstep.errors import SettingError
from lockstep.settings.model import Settings

LOCAL_TENANT = "11111111-1111-4111-8111-111111111111"
REAL_TENANT = "99999999-9999-4999-8999-999999999999"
ATERA = "a7e7a000-0000-4000-8000-00000000a7e1"
FILE = "Pulumi.test.yaml"


def config(**given: str) -> dict[str, str]:
    """Return stack config: a local stack of both vendors, changed by `given`; providers follow the target."""
    values = {"target": "local", "ateraClientId": ATERA, **given}
    tenant = LOCAL_TENANT if values["target"] == "local" else values["target"]
    return {
        "azuread:tenantId": tenant,
        "entraconsent:tenantId": tenant,
        **{f"lockstep:{name}": value for name, value in values.items()},
    }


def read(**given: str) -> Settings:
    """Return the settings."""
    return Settings.read(config(**given), where=FILE)


def refusal(given: dict[str, str]) -> str:
    """Return the message with which `given` is refused."""
    with pytest.raises(SettingError) as caught:
        Settings.read(given, where=FILE)
    return str(caught.value)
