"""Builds the whole estate from settings, for tests that look at what was registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from lockstep.program import deploy
from lockstep.settings.model import Settings
from lockstep.settings.reading import read_settings
from tests.components.running import CALLER, Run, Tenant, run
from tests.settings.reading import APPS, ATERA, OPTIONAL, apps, config

__all__ = ["ATERA", "REAL", "REAL_TENANT", "estate", "settings"]

REAL_TENANT = "99999999-9999-4999-8999-999999999999"
REAL = {"target": REAL_TENANT, "editions": '{"atlas": "2025-03-01", "atera": "2026-11-22"}'}


def settings(of_apps: Mapping[str, Mapping[str, Any] | None] | None = None, **given: str) -> Settings:
    """Return the settings of a local stack with everything in it, changed app by app, and by `given` values."""
    values = {"apps": apps(of_apps or {}, {**APPS, **OPTIONAL}), **given}
    return read_settings(config(**values), where="Pulumi.test.yaml")


def estate(
    of_apps: Mapping[str, Mapping[str, Any] | None] | None = None,
    *,
    tenant: Tenant | None = None,
    preview: bool = False,
    **given: str,
) -> Run:
    """Run the estate that these settings of apps and `given` settings ask for, exports included."""
    stack = settings(of_apps, **given)

    def program() -> Any:
        for name, value in deploy(stack, caller=CALLER).outputs().items():
            pulumi.export(name, value)

    return run(program, tenant=tenant, preview=preview)
