"""Looks before `up` leaps: an app that the stack would register, but that somebody has registered already.

Asks the tenant and the state; changes neither. All clashes come in one message.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockstep.catalogue import AppKind
from lockstep.deployment import Snapshot
from lockstep.errors import RefusedError
from lockstep.local.reader import Reader
from lockstep.settings.stack_app import Expected

_APPLICATION = "azuread:index/application:Application"


async def refuse_clashes(reader: Reader, expected: Iterable[Expected], snapshot: Snapshot, stack: str) -> None:
    """Raise RefusedError, naming every app that exists in the tenant and is not in the stack's state."""
    ours = {resource.id.rpartition("/")[2] for resource in snapshot.resources if resource.type == _APPLICATION}
    registered = [each for each in expected if each.kind is AppKind.REGISTRATION]
    # An adopted app is known by its id: another one of the same name is not it, and is in nobody's way.
    names = {each.name for each in registered if not each.client_id}
    adopted = {each.client_id for each in registered if each.client_id}
    if not registered:
        return
    clashes = [
        f"{app['displayName']} (app id {app['appId']})"
        for app in await reader.applications()
        if (app["displayName"] in names or app["appId"] in adopted) and app["id"] not in ours
    ]
    if clashes:
        repair = f"; if a run was cut off: lockstep repair --stack {stack}"
        raise RefusedError(
            f"refused: {_count(len(clashes))} of this stack's names exist in the tenant and are not in its state:"
            f" {', '.join(sorted(clashes))}; nothing was changed; to fix: take them over with `lockstep adopt`, or set"
            f" nameSuffix for a second environment{repair if snapshot.pending else ''}"
        )


def _count(number: int) -> str:
    return f"{number} application" if number == 1 else f"{number} applications"
