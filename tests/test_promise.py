"""The promise over the whole suite's requests can be broken: the fixture that holds it sees a foreign write."""

import asyncio

import httpx
import pytest

from lockstep.emulator import Emulator
from tests.conftest import _principals, _writes_to
from tests.provider.harness import NEW_SPFX, Tenant


@pytest.mark.parametrize(("method", "wrong"), [("PATCH", True), ("DELETE", True), ("GET", False)])
def test_a_write_to_a_principal_that_was_there_before_is_seen(method: str, wrong: bool) -> None:
    emulator = Emulator.open()
    foreign = _principals(emulator)
    client = asyncio.run(_as_ours(emulator, method))
    found = _writes_to(emulator, foreign)
    assert found == ([f"{method} /v1.0/servicePrincipals/{client}"] if wrong else [])
    emulator.log.clear()  # the promise of the suite must not see what this test did on purpose


async def _as_ours(emulator: Emulator, method: str) -> str:
    """Send one request to Microsoft's principal through the door that our own code uses."""
    tenant = Tenant(emulator)
    client = str((await tenant.principal(NEW_SPFX))["id"])
    tenant._http = httpx.AsyncClient(transport=httpx.ASGITransport(app=emulator.app), base_url="https://localhost:8443")
    await tenant.call(method, f"/servicePrincipals/{client}", {"notes": "x"} if method == "PATCH" else None)
    return client
