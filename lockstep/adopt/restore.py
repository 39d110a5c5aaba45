"""Puts a deleted application back: the same object, the same ids, and its service principal with it.

Entra keeps deleted objects for thirty days and restores an application without its service principal, so both are
asked for. Consents are gone for good; the next `up` gives them again. Nothing else in this package writes to a tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lockstep.adopt.choice import proof
from lockstep.adopt.discovery import Discovery
from lockstep.audit.records import Application
from lockstep.catalogue import AppKind
from lockstep.directory import Graph
from lockstep.directory.principals import find_by_app_id
from lockstep.errors import FindingError, GraphError, RefusedError, UsageError, nearest
from lockstep.settings.stack_app import Expected

_BIN = "/directory/deletedItems"
_TRIES, _PAUSE = 8, 0.5  # a restored application is not everywhere at once, and its principal needs it


@dataclass(frozen=True)
class Deleted:
    """What is to come back. `application` is None for a vendor's app, whose application is not ours."""

    app_id: str
    name: str
    application: Application | None


@dataclass(frozen=True)
class Restored:
    """What came back, by object id; nothing where there was nothing to restore."""

    application: str
    principal: str
    principal_was_there: bool = False


def find_deleted(expected: Sequence[Expected], found: Discovery, key: str, object_id: str, uris: set[str]) -> Deleted:
    """Return what `key` means among the deleted items; a refusal where it is alive, not there, or more than one."""
    known = {each.app.key: each for each in expected if each.kind is not AppKind.SHARED_PRINCIPAL}
    each = known.get(key)
    if each is None:
        raise UsageError(f"{key!r} is not an app of this stack; there are {', '.join(known)}{nearest(key, known)}")
    if each.kind is AppKind.ENTERPRISE_APP:
        return Deleted(each.client_id, each.name, None)
    candidates = [app for app in found.deleted if proof(each, app, uris)]
    if object_id:
        gone = found.gone(object_id)
        if gone is None:
            listed = "; ".join(app.title for app in candidates) or "none of that name"
            raise FindingError(f"{object_id} is not among the deleted applications; there are: {listed}")
        return Deleted(gone.app_id, gone.name, gone)
    alive = [app for app in found.applications if proof(each, app, uris)]
    if alive:
        raise RefusedError(
            f"refused: {each.name} is in the tenant: {', '.join(app.title for app in alive)}; a second one would be of "
            f"the same name; to fix: restore a certain one with {key}=OBJECT_ID"
        )
    if len(candidates) != 1:
        titles = ", ".join(app.title for app in candidates)
        raise FindingError(
            f"{each.name} is not among the deleted applications (Entra keeps them for thirty days)"
            if not candidates
            else f"{each.name} was deleted more than once: {titles}; to fix: choose one with {key}=OBJECT_ID"
        )
    return Deleted(candidates[0].app_id, candidates[0].name, candidates[0])


async def restore(graph: Graph, what: Deleted) -> Restored:
    """Restore the application and its newest deleted service principal."""
    application = ""
    if what.application is not None:
        application = what.application.object_id
        await graph.send("POST", f"{_BIN}/{application}/restore")
    if await find_by_app_id(graph, what.app_id) is not None:
        return Restored(application, "", principal_was_there=True)
    listed = await graph.pages(f"{_BIN}/microsoft.graph.servicePrincipal", select="id,appId,deletedDateTime")
    mine = [body for body in listed if str(body.get("appId") or "").lower() == what.app_id]
    if not mine:
        return Restored(application, "")
    newest = max(mine, key=lambda body: str(body.get("deletedDateTime") or ""))
    principal = str(newest["id"]).lower()
    await _patiently(graph, f"{_BIN}/{principal}/restore")
    return Restored(application, principal)


async def _patiently(graph: Graph, path: str) -> None:
    for left in range(_TRIES - 1, -1, -1):
        try:
            await graph.send("POST", path)
        except GraphError as error:
            if error.status not in (400, 404) or not left:
                raise
            await graph.sleep(_PAUSE)
        else:
            return
