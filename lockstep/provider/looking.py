"""Reads one client, in distrust of late replicas: "not found" and missing consents are asked for again.

Knows what a resource has recorded, and nothing of what it wants.
"""

from __future__ import annotations

from lockstep.directory.consents import InForce, look
from lockstep.directory.principals import PrincipalRecord
from lockstep.provider.consent_diff import Previous
from lockstep.provider.session import Session
from lockstep.provider.settled import named
from lockstep.provider.wire import api_names

_AGAIN = 0.5  # seconds before what we once put there, and is not shown, is asked for once more


async def look_at(
    session: Session, client: str, *, patience: float, fresh: bool = False
) -> tuple[PrincipalRecord, InForce]:
    """Return the client and its consents; ClientGoneError when it is not found for `patience` seconds."""
    graph, apis = await session.graph(), await session.apis()
    return await look(graph, apis, client, patience=patience, fresh=fresh)


async def look_for(
    session: Session,
    client: str,
    recorded: Previous | None,
    own_names: dict[str, str],
    *,
    patience: float,
    fresh: bool = False,
) -> tuple[PrincipalRecord, InForce]:
    """Return the same; read once more before it is believed that something which we recorded as ours is not there."""
    found = await look_at(session, client, patience=patience, fresh=fresh)
    ours = recorded.added | recorded.claimed if recorded is not None else frozenset()
    shown = named(found[1].consents, ours, api_names(found[1].names, own_names))
    if len(shown) >= len(ours):
        return found
    await (await session.graph()).sleep(_AGAIN)
    return await look_at(session, client, patience=patience, fresh=fresh)
