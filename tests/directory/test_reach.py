"""How long writing the consents of one client may wait for a busy Graph, all rounds together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from lockstep.catalogue import GRAPH, PermissionType, apis
from lockstep.consent import Consent, plan_exact
from lockstep.directory import open_graph
from lockstep.directory.consents import Reached, UnfinishedError, reach, read
from lockstep.directory.principals import Apis
from lockstep.emulator import PORT, TENANT_ID, Clock, Emulator, Write
from lockstep.errors import DeadlineError
from lockstep.local.state import sign_in
from tests.vendors import ATERA_CLIENT_ID

Trouble = Callable[[Emulator, str], None]
DEADLINE = 300
AT_ONCE = 5


def _roles(number: int) -> frozenset[Consent]:
    listed = [each for each in apis()["graph"].permissions if each.type is PermissionType.APPLICATION and each.enabled]
    return frozenset(Consent(GRAPH, each.type, each.name, each.id) for each in listed[:number])


def _takes_few(every: float) -> Trouble:
    """Let Graph take five writes in so many seconds."""

    def trouble(emulator: Emulator, client: str) -> None:
        emulator.faults.replace({"stopped_clock": True, "throttling": {"writes": AT_ONCE, "writes_per": every}})

    return trouble


def _never_writes(emulator: Emulator, client: str) -> None:
    """Let every assignment fail with 503."""
    path = f"/v1.0/servicePrincipals/{client}/appRoleAssignments"
    emulator.faults.add(method="POST", path=path, status=503, times=None)


def _is_undone(emulator: Emulator, client: str) -> None:
    """Let somebody take away every assignment as soon as it is made."""
    store = emulator.tenant.store

    def undo(write: Write) -> None:
        if write.when == "after" and write.path.endswith("/appRoleAssignments"):
            for row in list(store["appRoleAssignments"].by("principalId", client)):
                store.remove("appRoleAssignments", row["id"])

    emulator.on_write.append(undo)


async def _bring(emulator: Emulator, wanted: frozenset[Consent], trouble: Trouble) -> Reached | UnfinishedError:
    """Bring a new client to `wanted`, with this trouble."""
    transport = httpx.ASGITransport(app=emulator.app)
    clock = emulator.clock
    opened = await open_graph(sign_in(PORT), TENANT_ID, transport=transport, clock=clock, sleep=clock.sleep)
    async with opened as graph:
        made = await graph.send("POST", "/servicePrincipals", {"appId": ATERA_CLIENT_ID})
        known, client = Apis(graph), str(made["id"])
        trouble(emulator, client)
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
    found = asyncio.run(_bring(emulator, wanted, _takes_few(every)))
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
    stopped = asyncio.run(_bring(emulator, wanted, _takes_few(every)))
    assert isinstance(stopped, UnfinishedError)
    assert isinstance(stopped.cause, DeadlineError)
    assert f"the next try in {every:g} s is past the deadline of {DEADLINE} s; what was done stays done" in str(stopped)
    assert ("of waiting" in str(stopped)) is bool(waits)
    assert emulator.clock() - begun == pytest.approx(every * waits, abs=1)
    assert len(stopped.reached.made) == AT_ONCE * (waits + 1)
    assert stopped.reached.made < wanted


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (_never_writes, "could not be written in 5 tries, of which the last met status 503"),
        (_is_undone, "do not stay as written: somebody, or something, undoes it"),
    ],
    ids=["never written", "undone"],
)
def test_what_stood_in_the_way_is_said_when_we_give_up(trouble: Trouble, said: str) -> None:
    stopped = asyncio.run(_bring(Emulator.open(clock=Clock(stopped=True)), _roles(3), trouble))
    assert isinstance(stopped, UnfinishedError)
    assert isinstance(stopped.cause, DeadlineError)
    assert said in str(stopped)
    assert "what was done stays done; to fix: run the command again" in str(stopped)
