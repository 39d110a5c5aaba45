"""Reads one client, in distrust of late replicas: "not found" and missing consents are asked for again.

Knows what a resource has recorded, and nothing of what it wants.
"""

from __future__ import annotations

from lockstep.directory.consents import SURE, InForce, look
from lockstep.directory.principals import PrincipalRecord
from lockstep.directory.retry import pauses
from lockstep.provider.consent_diff import Previous
from lockstep.provider.session import Session
from lockstep.provider.settled import named
from lockstep.provider.wire import api_names


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
    """Return the same; ask for a while before it is believed that something which we recorded as ours is not there."""
    found = await look_at(session, client, patience=patience, fresh=fresh)
    ours = recorded.added | recorded.claimed if recorded is not None and patience else frozenset()
    for pause in pauses(SURE):
        shown = named(found[1].consents, ours, api_names(found[1].names, own_names))
        if len(shown) >= len(ours):
            break
        await (await session.graph()).sleep(pause)
        found = await look_at(session, client, patience=patience, fresh=fresh)
    return found
