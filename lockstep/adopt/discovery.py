"""What a tenant holds that a stack could manage: its applications, the deleted ones, and the principals of vendors.

Reads through the directory client and nothing else. Decides nothing: which of several it is, is `choice`'s work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lockstep.audit.records import Application
from lockstep.catalogue import AppKind
from lockstep.catalogue.permission import Permission
from lockstep.consent import Consent
from lockstep.directory import Graph
from lockstep.directory.principals import (
    Apis,
    PrincipalRecord,
    find_by_app_id,
    find_by_identifier_uri,
)
from lockstep.settings.stack_app import Expected

_FIELDS = "id,appId,displayName,createdDateTime,identifierUris,tags,api,requiredResourceAccess"
_DELETED = "id,appId,displayName,deletedDateTime,identifierUris,api"
_PAGE = 999  # the most that Graph gives at once; a tenant of ten thousand applications is eleven requests

_SECOND_LOOK = 0.5  # seconds
Key = TypeVar("Key")


@dataclass
class Discovery:
    """What was found. `principals` is by address: an app id, or a shared principal's key."""

    tenant_id: str
    applications: list[Application]
    deleted: list[Application]
    apis: Apis
    principals: dict[str, PrincipalRecord] = field(default_factory=dict)

    def application(self, object_id: str) -> Application | None:
        """Return the application with this object id or app id."""
        wanted = object_id.lower()
        return next((app for app in self.applications if wanted in (app.object_id, app.app_id)), None)

    def gone(self, object_id: str) -> Application | None:
        """Return the deleted application with this object id or app id."""
        wanted = object_id.lower()
        return next((app for app in self.deleted if wanted in (app.object_id, app.app_id)), None)


async def discover(graph: Graph, expected: Iterable[Expected]) -> Discovery:
    """Read all applications, the deleted ones, and the principals of vendors' and Microsoft's apps."""
    tenant = (await graph.identity()).tenant_id  # the right tenant, before anything is read
    alive = [Application.from_graph(body) for body in await graph.pages("/applications", select=_FIELDS, top=_PAGE)]
    found = Discovery(tenant, sorted(alive, key=_order), sorted(await deleted(graph), key=_order), Apis(graph))
    for each in expected:
        if each.kind is AppKind.ENTERPRISE_APP:
            _keep(found, each.client_id, await _surely(graph, find_by_app_id, each.client_id))
        elif each.kind is AppKind.SHARED_PRINCIPAL:
            for principal in each.app.principals:
                record = (
                    await _surely(graph, find_by_app_id, principal.app_id)
                    if principal.app_id
                    else await _surely(graph, find_by_identifier_uri, each.uris(principal, tenant))
                )
                _keep(found, principal.key, record)
    return found


async def deleted(graph: Graph) -> list[Application]:
    """Return the applications among the deleted items, which Entra keeps for thirty days."""
    path = "/directory/deletedItems/microsoft.graph.application"
    return [Application.from_graph(body) for body in await graph.pages(path, select=_DELETED)]


async def principal_of(graph: Graph, found: Discovery, app: Application) -> PrincipalRecord | None:
    """Return the service principal of an application, read once."""
    if app.app_id not in found.principals:
        _keep(found, app.app_id, await _surely(graph, find_by_app_id, app.app_id))
    return found.principals.get(app.app_id)


async def names_of(apis: Apis, configured: Iterable[Permission]) -> dict[str, dict[str, str]]:
    """Return, by API app id, the display name (under "") and the name of each permission id that is asked for."""
    asked = list(configured)
    records = await apis.by_app_id({entry.api for entry in asked})
    names: dict[str, dict[str, str]] = {}
    for entry in asked:
        record = records.get(entry.api)
        known = names.setdefault(entry.api, {"": record.display_name if record else entry.api})
        offered = record.offered(entry.type) if record else ()
        known[_key(entry)] = next((each.value for each in offered if each.id == entry.id), "") or entry.id
    return names


def as_consent(entry: Permission, names: Mapping[str, Mapping[str, str]]) -> Consent:
    """Return a configured entry in the form of a consent, so that both are compared and shown alike."""
    name = names.get(entry.api, {}).get(_key(entry), entry.id)
    return Consent(entry.api, entry.type, name, entry.id)


def _key(entry: Permission) -> str:
    return f"{entry.type.value}/{entry.id}"


async def _surely(
    graph: Graph, find: Callable[[Graph, Key], Awaitable[PrincipalRecord | None]], key: Key
) -> PrincipalRecord | None:
    """Find a principal; look once more before "not found" is believed, which a late replica may have said.

    What an adoption misses, the next `up` would want to make, and could not: it is there.
    """
    record = await find(graph, key)
    if record is None:
        await graph.sleep(_SECOND_LOOK)
        record = await find(graph, key)
    return record


def _keep(found: Discovery, key: str, record: PrincipalRecord | None) -> None:
    if record is not None:
        found.principals[key] = record


def _order(app: Application) -> tuple[str, str]:
    return app.name.casefold(), app.object_id
