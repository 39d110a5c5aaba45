"""How long writing the consents of one client may wait for a busy Graph, all rounds together."""

from __future__ import annotations

import asyncio
from functools import partial

import httpx
import pytest

from lockstep.catalogue import GRAPH, PermissionType, apis
from lockstep.cli.local import sign_in
from lockstep.consent import Consent, plan_exact
from lockstep.directory import open_graph
from lockstep.directory.consents import Reached, UnfinishedError, reach, read
from lockstep.directory.principals import Apis
from lockstep.emulator import ATERA_CLIENT_ID, PORT, TENANT_ID, Clock, Emulator
from lockstep.errors import DeadlineError

DEADLINE = 300
AT_ONCE = 5


def _roles(number: int) -> frozenset[Consent]:
    listed = [each for each in apis()["graph"].permissions if each.type is PermissionType.APPLICATION and each.enabled]
    return frozenset(Consent(GRAPH, each.type, each.name, each.id) for each in listed[:number])


async def _bring(emulator: Emulator, wanted: frozenset[Consent], every: float) -> Reached | UnfinishedError:
    """Bring a new client to `wanted` where Graph takes five writes in so many seconds."""
    transport = httpx.ASGITransport(app=emulator.app)
    clock = emulator.clock
    opened = await open_graph(sign_in(PORT), TENANT_ID, transport=transport, clock=clock, sleep=clock.sleep)
    async with opened as graph:
        made = await graph.send("POST", "/servicePrincipals", {"appId": ATERA_CLIENT_ID})
        emulator.faults.replace({"stopped_clock": True, "throttling": {"writes": AT_ONCE, "writes_per": every}})
        known, client = Apis(graph), str(made["id"])
        _record, in_force = await read(graph, known, client)
        try:
            return await reach(graph, known, client, in_force, partial(plan_exact, wanted))
        except UnfinishedError as error:
            return error


@pytest.mark.parametrize(
    ("every", "number", "waits"),
    [(100, 20, 3), (300, 10, 1), (150, 15, 2), (60, 30, 5)],
    ids=lambda value: f"{value:g}",
)
def test_waits_within_the_deadline_are_waited_and_all_is_written(every: float, number: int, waits: int) -> None:
    emulator = Emulator.open(clock=Clock(stopped=True))
    begun, wanted = emulator.clock(), _roles(number)
    found = asyncio.run(_bring(emulator, wanted, every))
    assert isinstance(found, Reached)
    assert found.in_force.consents == found.made == wanted
    assert emulator.clock() - begun == pytest.approx(every * waits, abs=1)
    assert every * waits <= DEADLINE


@pytest.mark.parametrize(
    ("every", "number", "waits"),
    [(400, 10, 0), (301, 10, 0), (200, 15, 1), (101, 30, 2)],
    ids=lambda value: f"{value:g}",
)
def test_a_wait_past_the_deadline_is_not_begun(every: float, number: int, waits: int) -> None:
    """It would be for nothing: after it there is no time to write."""
    emulator = Emulator.open(clock=Clock(stopped=True))
    begun, wanted = emulator.clock(), _roles(number)
    stopped = asyncio.run(_bring(emulator, wanted, every))
    assert isinstance(stopped, UnfinishedError)
    assert isinstance(stopped.cause, DeadlineError)
    assert f"the next try in {every:g} s is past the deadline of {DEADLINE} s; what was done stays done" in str(stopped)
    assert ("of waiting" in str(stopped)) is bool(waits)
    assert emulator.clock() - begun == pytest.approx(every * waits, abs=1)
    assert len(stopped.reached.made) == AT_ONCE * (waits + 1)
    assert stopped.reached.made < wanted
