"""The plain reader of the read-back: it outlives lost connections and tokens that end, and says when it gives up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lockstep.emulator import Emulator
from lockstep.errors import GraphError
from lockstep.local.door import process_door
from lockstep.local.verify import Object, Reader
from tests.scenarios.unkind import opened, set_faults

pytestmark = pytest.mark.kind  # these set faults of their own


LOST = {"connections": {"share": 0.3}}
FAULTY = {"errors": {"share": 0.5}}
ENDED = {"tokens": {"requests": 3}, "latency": {"median": 1.0, "p99": 2.0}}  # so that a new token is another one


def view(emulator: Emulator) -> list[Object]:
    async def read() -> list[Object]:
        door = process_door(emulator)
        async with Reader(door.client(), door.env, door.waiting.sleep) as reader:
            for _ in range(5):
                found = await reader.applications("startswith(displayName,'Atlas')")
                found += await reader.principals("startswith(displayName,'Atlas')")
            return found

    return asyncio.run(read())


@pytest.mark.parametrize("plan", [LOST, ENDED, FAULTY])
def test_reader_sees_the_whole_tenant_whatever_happens_on_the_way(plan: dict[str, Any]) -> None:
    emulator = opened("brownfield")
    quiet = view(emulator)
    set_faults(emulator, plan, 1)
    emulator.log.clear()
    assert view(emulator) == quiet
    assert any(entry["status"] not in (200, 201) for entry in emulator.log), "nothing went wrong on the way"


@pytest.mark.parametrize(
    ("plan", "says"),
    [({"connections": {"share": 1.0}}, "gave no answer to GET"), ({"errors": {"share": 1.0}}, "answered 5")],
)
def test_reader_gives_up_in_one_line(plan: dict[str, Any], says: str) -> None:
    emulator = opened()
    set_faults(emulator, plan, 1)
    with pytest.raises(GraphError, match=rf"Graph {says}.*to fix: run again"):
        view(emulator)
