"""What the audit of one tenant costs, in a small tenant and in one with 10,000 principals and 100,000 grants.

In process and without latency: what is measured is our own work and the emulator's. Every principal and grant that is
added belongs to somebody else, so that the number of requests must not move.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lockstep.audit.subjects import of_vendors
from lockstep.audit.tenant import audit
from lockstep.directory import open_graph
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.local.door import process_door
from tests.vendors import ATERA_CLIENT_ID

NOW = datetime(2026, 11, 24, tzinfo=UTC)
_GRAPH = "00000003-0000-0000-c000-000000000000"


@dataclass(frozen=True)
class Crowd:
    """How many of others are in a tenant."""

    principals: int
    grants: int


SMALL, LARGE = Crowd(0, 0), Crowd(10_000, 100_000)


@dataclass(frozen=True)
class Cost:
    """What one audit took; `findings` is there to see that the same was found."""

    crowd: Crowd
    requests: int
    inner: int
    seconds: float
    findings: int


def measure(crowd: Crowd, profile: str = "brownfield") -> Cost:
    """Audit a tenant with this crowd in it."""
    with Emulator.open(profile=profile) as emulator:
        fill(emulator, crowd)
        emulator.log.clear()
        start = time.perf_counter()
        requests, findings = asyncio.run(_audit(emulator))
        seconds = time.perf_counter() - start
        inner = sum(bool(entry["batch"]) for entry in emulator.log)
    return Cost(crowd, requests, inner, seconds, findings)


async def _audit(emulator: Emulator) -> tuple[int, int]:
    door = process_door(emulator)
    plan = of_vendors(TENANT_ID, ("atlas", "atera"), client_ids={"atera": ATERA_CLIENT_ID})
    async with await open_graph(door.env, TENANT_ID, transport=door.transport()) as graph:
        result = await audit(graph, plan, NOW)
    return result.reading.requests, len(result.findings)


def fill(emulator: Emulator, crowd: Crowd) -> None:
    """Put other people's principals and their grants into a tenant."""
    tenant = emulator.tenant
    graph = tenant.principals.get(_GRAPH, "appId")
    with tenant.store.transaction():
        for table, row in _rows(tenant, graph, crowd):
            tenant.store.put(table, row)


def _rows(tenant: Any, graph: dict[str, Any], crowd: Crowd) -> Iterator[tuple[str, dict[str, Any]]]:
    bare = {**graph, "appRoles": [], "oauth2PermissionScopes": []}
    grants, rest = divmod(crowd.grants, crowd.principals) if crowd.principals else (0, 0)
    for number in range(crowd.principals):
        ident, app_id = tenant.new_id("crowd"), tenant.new_id("crowdApp")
        names = {"displayName": f"Somebody's app {number}", "servicePrincipalNames": [app_id]}
        yield "servicePrincipals", {**bare, "id": ident, "appId": app_id, **names}
        for count in range(grants + (number < rest)):
            yield (
                "oauth2PermissionGrants",
                {
                    "clientId": ident,
                    "consentType": "Principal",
                    "id": f"{ident}-{count}",
                    "principalId": f"nobody-{count}",
                    "resourceId": graph["id"],
                    "scope": "User.Read",
                },
            )
