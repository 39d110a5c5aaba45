"""Builds the whole estate from settings, for tests that look at what was registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from lockstep.program import deploy
from lockstep.settings.model import Settings
from tests.components.running import CALLER, TENANT, Run, Tenant, run

ATERA = "a7e7a000-0000-4000-8000-00000000a7e1"
REAL_TENANT = "99999999-9999-4999-8999-999999999999"


def settings(**given: str) -> Settings:
    """Return the settings of a local stack with everything in it, changed by `given` (values as Pulumi has them)."""
    values = {"target": "local", "optionalApps": '["api-client", "pnp"]', "ateraClientId": ATERA, **given}
    tenant = TENANT if values["target"] == "local" else values["target"]
    config = {f"lockstep:{name}": value for name, value in values.items()}
    config |= {"azuread:tenantId": tenant, "entraconsent:tenantId": tenant}
    return Settings.read(config, where="Pulumi.test.yaml")


def estate(
    changed: Mapping[str, str] | None = None, *, tenant: Tenant | None = None, preview: bool = False, **given: str
) -> Run:
    """Run the estate that `changed` and `given` settings ask for, exports included."""
    stack = settings(**{**(changed or {}), **given})

    def program() -> Any:
        for name, value in deploy(stack, caller=CALLER).outputs().items():
            pulumi.export(name, value)

    return run(program, tenant=tenant, preview=preview)
