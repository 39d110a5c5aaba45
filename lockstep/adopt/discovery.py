"""What a tenant holds that a stack could manage: its applications, the deleted ones, and the principals of vendors.

Reads through the directory client and nothing else. Decides nothing: which of several it is, is `choice`'s work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lockstep.catalogue import AppKind, PermissionType
from lockstep.consent import Consent
from lockstep.directory import Graph
from lockstep.directory.principals import (
    Apis,
    PrincipalRecord,
    find_by_app_id,
    find_by_identifier_uri,
)
from stacks.expected import Expected

_FIELDS = "id,appId,displayName,createdDateTime,identifierUris,tags,api,requiredResourceAccess"
_DELETED = "id,appId,displayName,deletedDateTime,identifierUris,api"
_PAGE = 999  # the most that Graph gives at once; a tenant of ten thousand applications is eleven requests

_SECOND_LOOK = 0.5  # seconds
Key = TypeVar("Key")

_KINDS = {"Scope": PermissionType.DELEGATED, "Role": PermissionType.APPLICATION}


@dataclass(frozen=True)
class FoundApp:
    """One application of the tenant, alive or among the deleted items."""

    object_id: str
    app_id: str
    name: str
    created: str = ""
    deleted: str = ""
    identifier_uris: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    scopes: tuple[Mapping[str, Any], ...] = ()
    access: tuple[Mapping[str, Any], ...] = ()

    @property
    def title(self) -> str:
        """The application for a person: name and both ids."""
        when = f", deleted {self.deleted[:10]}" if self.deleted else f", of {self.created[:10]}" if self.created else ""
        return f"{self.name!r} (object id {self.object_id}, app id {self.app_id}{when})"

    @property
    def configured(self) -> frozenset[tuple[str, PermissionType, str]]:
        """What the application asks for: API app id, type and permission id."""
        return frozenset(
            (str(item["resourceAppId"]).lower(), _KINDS[entry["type"]], str(entry["id"]).lower())
            for item in self.access
            for entry in item.get("resourceAccess") or ()
            if entry.get("type") in _KINDS
        )

    @property
    def exposes(self) -> frozenset[str]:
        """The values of the scopes that it exposes."""
        return frozenset(str(scope.get("value") or "") for scope in self.scopes) - {""}

    @classmethod
    def from_graph(cls, body: Mapping[str, Any]) -> FoundApp:
        """Read Graph's application."""
        return cls(
            object_id=str(body["id"]).lower(),
            app_id=str(body.get("appId") or "").lower(),
            name=str(body.get("displayName") or ""),
            created=str(body.get("createdDateTime") or ""),
            deleted=str(body.get("deletedDateTime") or ""),
            identifier_uris=tuple(map(str, body.get("identifierUris") or ())),
            tags=tuple(map(str, body.get("tags") or ())),
            scopes=tuple((body.get("api") or {}).get("oauth2PermissionScopes") or ()),
            access=tuple(body.get("requiredResourceAccess") or ()),
        )


@dataclass
class Discovery:
    """What was found. `principals` is by address: an app id, or a shared principal's key."""

    tenant_id: str
    applications: list[FoundApp]
    deleted: list[FoundApp]
    apis: Apis
    principals: dict[str, PrincipalRecord] = field(default_factory=dict)

    def application(self, object_id: str) -> FoundApp | None:
        """Return the application with this object id or app id."""
        wanted = object_id.lower()
        return next((app for app in self.applications if wanted in (app.object_id, app.app_id)), None)

    def gone(self, object_id: str) -> FoundApp | None:
        """Return the deleted application with this object id or app id."""
        wanted = object_id.lower()
        return next((app for app in self.deleted if wanted in (app.object_id, app.app_id)), None)


async def discover(graph: Graph, expected: Iterable[Expected]) -> Discovery:
    """Read all applications, the deleted ones, and the principals of vendors' and Microsoft's apps."""
    tenant = (await graph.identity()).tenant_id  # the right tenant, before anything is read
    alive = [FoundApp.from_graph(body) for body in await graph.pages("/applications", select=_FIELDS, top=_PAGE)]
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


async def deleted(graph: Graph) -> list[FoundApp]:
    """Return the applications among the deleted items, which Entra keeps for thirty days."""
    path = "/directory/deletedItems/microsoft.graph.application"
    return [FoundApp.from_graph(body) for body in await graph.pages(path, select=_DELETED)]


async def principal_of(graph: Graph, found: Discovery, app: FoundApp) -> PrincipalRecord | None:
    """Return the service principal of an application, read once."""
    if app.app_id not in found.principals:
        _keep(found, app.app_id, await _surely(graph, find_by_app_id, app.app_id))
    return found.principals.get(app.app_id)


async def names_of(apis: Apis, configured: Iterable[tuple[str, PermissionType, str]]) -> dict[str, dict[str, str]]:
    """Return, by API app id, the display name (under "") and the name of each permission id that is asked for."""
    asked = list(configured)
    records = await apis.by_app_id({api for api, _, _ in asked})
    names: dict[str, dict[str, str]] = {}
    for api, type_, id_ in asked:
        record = records.get(api)
        known = names.setdefault(api, {"": record.display_name if record else api})
        offered = next((entry.value for entry in record.offered(type_) if entry.id == id_), "") if record else ""
        known[f"{type_.value}/{id_}"] = offered or id_
    return names


def as_consent(api: str, type_: PermissionType, id_: str, names: Mapping[str, Mapping[str, str]]) -> Consent:
    """Return a configured entry in the form of a consent, so that both are compared and shown alike."""
    return Consent(api, type_, names.get(api, {}).get(f"{type_.value}/{id_}", id_), id_)


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


def _order(app: FoundApp) -> tuple[str, str]:
    return app.name.casefold(), app.object_id
