"""A stack that asks for scopes on the new SharePoint principal, step by step, as the component and the engine would."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from lockstep.emulator import Emulator, Write
from lockstep.provider import MARKER, claim_tags
from lockstep.rehearsal import Killed
from tests.provider.harness import (
    ADMIN_CONSENT,
    API_NAMES,
    NEW_SPFX,
    PRINCIPAL,
    Json,
    Provider,
    Recorded,
    Tenant,
    principal_inputs,
    spfx_inputs,
)

GRAPH = API_NAMES["Microsoft Graph"]
MAIL_SEND = (GRAPH, "delegated", "Mail.Send")
Scenario = Callable[[Provider, Tenant], Coroutine[Any, Any, None]]


def play(scenario: Scenario) -> None:
    emulator = Emulator.open()
    asyncio.run(scenario(Provider(emulator), Tenant(emulator)))


def asks(*names: str) -> list[str]:
    return [f"{GRAPH}/delegated/{name}" for name in names]


async def look(provider: Provider, *names: str) -> Recorded:
    return await provider.create(PRINCIPAL, "new", principal_inputs(NEW_SPFX, asks=asks(*names)))


def wants(principal: Recorded, *names: str, **more: Any) -> Json:
    """Return inputs of the consent that wants these of what the vendor documents, as the component hands them on."""
    recorded = principal.outputs
    inputs = spfx_inputs(recorded["objectId"], baseline=recorded["baseline"], asked=recorded["asked"])
    documented = inputs["permissions"]["Microsoft Graph"]["delegated"]
    permissions = {name: documented[name] for name in names}
    return {**inputs, "permissions": {"Microsoft Graph": {"delegated": permissions}}, **more}


async def killed(provider: Provider, inputs: Json) -> None:
    """Create the consent, and die when the tenant has it and we have not yet said so."""

    def on_write(write: Write) -> None:
        if write.when == "after":
            raise Killed

    provider.emulator.on_write.append(on_write)
    with pytest.raises(Killed):
        await provider.create(ADMIN_CONSENT, "new", inputs)
    provider.emulator.on_write.clear()


async def claims(tenant: Tenant, app: Json, names: list[str], baseline: list[str]) -> None:
    """Write a stack's claims on its application, as its program does before its consents are updated."""
    application = (await tenant.call("GET", f"/applications?$filter=appId eq '{app['appId']}'"))["value"][0]
    tags = [MARKER, *claim_tags("new", GRAPH, names, baseline)] if names else []
    await tenant.call("PATCH", f"/applications/{application['id']}", {"tags": tags})
