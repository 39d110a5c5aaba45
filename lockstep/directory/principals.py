"""Service principals as the tenant has them: looked up by app id, identifier URI or object id.

Knows Graph's paths and shapes; nothing of Pulumi, and nothing of what a vendor documents.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lockstep.catalogue.permission import GRAPH, SHAREPOINT
from lockstep.directory.graph import BatchAnswer, BatchItem, Graph, address, literal
from lockstep.directory.records import ApiRecord, Body, PrincipalRecord
from lockstep.directory.retry import outcome_unknown
from lockstep.errors import GraphError

_FIELDS = "id,appId,displayName,accountEnabled,appOwnerOrganizationId,servicePrincipalNames,tags"
_PAUSE = 0.5  # seconds before something that must be there is asked for again
_API_FIELDS = "id,appId,displayName,appRoles,oauth2PermissionScopes"
_OFFERS = f"{_API_FIELDS},appOwnerOrganizationId"


async def find_by_app_id(graph: Graph, app_id: str) -> PrincipalRecord | None:
    """Return the tenant's service principal of `app_id`, or None."""
    return _first(await graph.pages("/servicePrincipals", **_query(f"appId eq {literal(app_id)}")))


async def find_by_identifier_uri(graph: Graph, uris: Sequence[str]) -> PrincipalRecord | None:
    """Return the first service principal that has one of `uris` among its names, or None. One request."""
    queries = [_query(f"servicePrincipalNames/any(n:n eq {literal(uri)})") for uri in uris]
    answers = await graph.batch([BatchItem("GET", address("/servicePrincipals", **query)) for query in queries])
    records = [_first(body_of(answer).get("value") or ()) for answer in answers]
    return next((record for record in records if record is not None), None)


def _query(expression: str) -> dict[str, str]:
    return {"filter": expression, "select": _FIELDS}


def _first(bodies: Sequence[Mapping[str, Any]]) -> PrincipalRecord | None:
    return PrincipalRecord.from_graph(bodies[0]) if bodies else None


async def read_api(graph: Graph, app_id: str) -> Body | None:
    """Return the tenant's service principal of an API as Graph shows it, with everything it offers, or None."""
    bodies = await graph.pages("/servicePrincipals", filter=f"appId eq {literal(app_id)}", select=_OFFERS)
    return bodies[0] if bodies else None


async def create_principal(graph: Graph, app_id: str, *, tags: Sequence[str]) -> PrincipalRecord:
    """Create the tenant's service principal of the multi-tenant app `app_id`."""
    body = await graph.send("POST", "/servicePrincipals", {"appId": app_id, "tags": list(tags)})
    if not {"id", "appId"} <= body.keys():
        raise outcome_unknown("POST /servicePrincipals", "the answer holds no service principal", 200)
    return PrincipalRecord.from_graph(body)


async def delete_principal(graph: Graph, object_id: str) -> None:
    """Delete a service principal that we created; one that is gone already is fine."""
    try:
        await graph.send("DELETE", f"/servicePrincipals/{object_id}")
    except GraphError as error:
        if not error.gone:
            raise


async def claim_tags_of_others(graph: Graph, marker: str, own_app_id: str = "") -> list[str]:
    """Return the tags of every application that carries `marker`, but for the caller's own."""
    bodies = await graph.pages("/applications", filter=f"tags/any(t:t eq {literal(marker)})", select="id,appId,tags")
    others = [body for body in bodies if str(body.get("appId") or "").lower() != own_app_id.lower()]
    return [str(tag) for body in others for tag in body.get("tags") or ()]


async def change_tags(graph: Graph, app_id: str, change: Callable[[list[str]], list[str]], marker: str) -> None:
    """Change the tags of an application of ours; with the last one behind `marker` goes the marker."""
    body = await graph.find(f"/applications(appId={literal(app_id)})", select="id,tags")
    tags = [str(tag) for tag in (body or {}).get("tags") or ()]
    left = change(tags)
    if body is None or left == tags:
        return
    if not any(tag.startswith(f"{marker}-") for tag in left):
        left = [tag for tag in left if tag != marker]
    try:
        await graph.send("PATCH", f"/applications/{body['id']}", {"tags": left})
    except GraphError as error:
        if not error.gone:  # with the application went its tags
            raise


def principal_item(object_id: str) -> BatchItem:
    """Return the batch request that reads one service principal."""
    return BatchItem("GET", address(f"/servicePrincipals/{object_id}", select=_FIELDS))


class Apis:
    """The tenant's API principals, each read once a process."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._by_app: dict[str, ApiRecord] = {}
        self._by_object: dict[str, ApiRecord] = {}
        self._lock = asyncio.Lock()  # several resources ask at once; the tenant is asked once

    def has(self, object_ids: Iterable[str]) -> bool:
        """Return whether all of these API principals have been read already."""
        return set(object_ids) <= self._by_object.keys()

    async def by_app_id(self, app_ids: Iterable[str]) -> Mapping[str, ApiRecord]:
        """Return the API principals of `app_ids` that the tenant has, reading those not seen yet in one batch."""
        app_keys = {app_id.lower() for app_id in app_ids}
        async with self._lock:
            both = {GRAPH, SHAREPOINT} if not self._by_app else set()
            unread = sorted((app_keys | both) - self._by_app.keys()) if app_keys - self._by_app.keys() else []
            await self._read(f"/servicePrincipals(appId={literal(app_id)})" for app_id in unread)
        return self._by_app

    def forget(self, app_ids: Iterable[str]) -> None:
        """Let these be read again: they may have changed."""
        for app_id in app_ids:
            record = self._by_app.pop(app_id.lower(), None)
            if record is not None:
                self._by_object.pop(record.object_id, None)

    async def by_object_id(self, object_ids: Iterable[str]) -> Mapping[str, ApiRecord]:
        """Return the API principals with `object_ids` that the tenant has, reading those not seen yet.

        One "not found" is not believed: a consent on an API cannot outlive it, so a late replica said it.
        """
        object_keys = {object_id.lower() for object_id in object_ids}
        async with self._lock:
            for _ in range(2):
                unread = sorted(object_keys - self._by_object.keys())
                await self._read(f"/servicePrincipals/{object_id}" for object_id in unread)
                if not object_keys - self._by_object.keys():
                    break
                await self._graph.sleep(_PAUSE)
        return self._by_object

    async def _read(self, paths: Iterable[str]) -> None:
        items = [BatchItem("GET", address(path, select=_API_FIELDS)) for path in paths]
        for answer in await self._graph.batch(items):
            if answer.gone:
                continue
            record = ApiRecord.from_graph(body_of(answer))
            self._by_app[record.app_id] = record
            self._by_object[record.object_id] = record


def body_of(answer: BatchAnswer) -> Mapping[str, Any]:
    """Return the body of a batch answer that succeeded; raise the error that it stands for otherwise."""
    if not answer.ok:
        raise answer.error()
    return answer.body
