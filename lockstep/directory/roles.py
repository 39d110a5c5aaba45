"""Directory roles that a service principal holds in the whole tenant: read, given, taken away.

Knows Graph's paths and shapes; nothing of Pulumi, and nothing of what a vendor documents. A built-in role is known by
its template id, which is the id of its definition in every tenant.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockstep.directory.graph import Graph, literal
from lockstep.directory.records import WHOLE_TENANT
from lockstep.directory.retry import OutcomeUnknownError, pauses
from lockstep.errors import GraphError

_PATH = "/roleManagement/directory/roleAssignments"
_NEW = 30.0  # seconds of asking again for a principal that was created a moment ago


async def held_roles(graph: Graph, principal: str) -> dict[str, str]:
    """Return the id of the assignment by which the principal holds each role, by the role's template id."""
    rows = await graph.pages(_PATH, filter=f"principalId eq {literal(principal)}")
    return {
        str(row["roleDefinitionId"]).lower(): str(row["id"])
        for row in rows
        if row.get("directoryScopeId") == WHOLE_TENANT
    }


async def give_role(graph: Graph, principal: str, role: str) -> None:
    """Give the principal a role, and wait until the directory shows it. One that it holds already is fine."""
    body = {"principalId": principal, "roleDefinitionId": role, "directoryScopeId": WHOLE_TENANT}
    waits = list(pauses(_NEW))
    while True:
        try:
            await graph.send("POST", _PATH, body)
            break
        except OutcomeUnknownError:
            break  # whether it was done is seen below
        except GraphError as error:
            if error.gone and waits:  # a late replica does not know the principal yet
                await graph.sleep(waits.pop(0))
                continue
            if error.gone or error.denied or role not in await held_roles(graph, principal):
                raise
            break
    await graph.until(lambda: held_roles(graph, principal), lambda held: role in held, "the directory role")


async def take_roles(graph: Graph, principal: str, roles: Iterable[str]) -> None:
    """Take roles away from the principal; those that it does not hold are fine."""
    held = await held_roles(graph, principal)
    for role in sorted(set(roles) & held.keys()):
        try:
            await graph.send("DELETE", f"{_PATH}/{held[role]}")
        except GraphError as error:
            if not error.gone:
                raise
