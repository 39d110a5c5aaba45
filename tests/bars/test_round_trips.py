"""What n permissions cost on one client: ceil(n / 20) round trips and a constant."""

from __future__ import annotations

import asyncio
import math
from functools import partial

import httpx
import pytest

from benchmarks.bars import BATCH
from lockstep.catalogue import GRAPH, MAX_PERMISSIONS, MAX_SCOPE_STRING, PermissionType, apis
from lockstep.consent import Consent, plan_exact
from lockstep.directory import open_graph
from lockstep.directory.consents import reach, read
from lockstep.directory.principals import Apis
from lockstep.emulator import PORT, TENANT_ID, Emulator
from lockstep.local.state import sign_in
from tests.vendors import ATERA_CLIENT_ID

# One read before the first write, one look-up of the API; then each batch carries its own read-back, which takes two of
# its twenty places. At the most permissions that Entra allows, 18 a batch are three batches more than 20 a batch.
CONSTANT = 6


def _first(number: int, type_: PermissionType) -> frozenset[Consent]:
    listed = [entry for entry in apis()["graph"].permissions if entry.type is type_ and entry.enabled]
    return frozenset(Consent(GRAPH, type_, entry.name, entry.id) for entry in listed[:number])


async def _bring(emulator: Emulator, *wanted: frozenset[Consent]) -> list[int]:
    """Bring one client to each set in turn; return the round trips of each."""
    transport = httpx.ASGITransport(app=emulator.app)
    spent = []
    async with await open_graph(sign_in(PORT), TENANT_ID, transport=transport) as graph:
        made = await graph.send("POST", "/servicePrincipals", {"appId": ATERA_CLIENT_ID})
        for each in wanted:
            known, before = Apis(graph), graph.count
            _record, in_force = await read(graph, known, str(made["id"]))
            reached = await reach(graph, known, str(made["id"]), in_force, partial(plan_exact, each))
            assert reached.in_force.consents == each
            spent.append(graph.count - before)  # a batch is one round trip
    return spent


@pytest.mark.parametrize("number", [1, 18, 19, 20, 21, 40, 100, MAX_PERMISSIONS])
def test_application_permissions_cost_a_round_trip_for_twenty(entra: Emulator, number: int) -> None:
    wanted = _first(number, PermissionType.APPLICATION)
    assert len(wanted) == number
    added, removed = asyncio.run(_bring(entra, wanted, frozenset()))
    allowed = math.ceil(number / BATCH) + CONSTANT
    assert added <= allowed
    assert removed <= allowed


def test_delegated_permissions_of_one_api_cost_the_same_however_many(entra: Emulator) -> None:
    many = _first(100, PermissionType.DELEGATED)
    assert len(" ".join(sorted(consent.value for consent in many))) < MAX_SCOPE_STRING
    added, removed, one = asyncio.run(_bring(entra, many, frozenset(), _first(1, PermissionType.DELEGATED)))
    assert added == one
    assert removed <= CONSTANT
