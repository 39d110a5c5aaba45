"""Reads what a tenant shows of our apps: three rounds of `$batch`, whose size depends on our apps only.

Applications and principals are asked for by app id, identifier URI and the beginning of their names; consents, owners
and roles of those that are ours; the APIs that these consents are on. Lists neither all principals nor all grants.
Decides nothing: which of several is ours is told by `pick`. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lockstep.audit.records import (
    Application,
    Body,
    Credential,
    DirectoryRole,
    Holdings,
    NotRead,
    Observed,
    Owner,
    ServicePrincipal,
    directory_role,
    federated,
    owner,
)
from lockstep.catalogue.permission import GRAPH, SHAREPOINT
from lockstep.consent import Consent
from lockstep.directory import BatchItem, Graph, address, literal
from lockstep.directory.consents import Assignment, Grant, all_pages, role_consent, scope_consents
from lockstep.directory.principals import ApiRecord, Apis, body_of

_APPLICATION = (
    "id,appId,displayName,createdDateTime,deletedDateTime,identifierUris,tags,requiredResourceAccess,api,"
    "passwordCredentials,keyCredentials"
)
_PRINCIPAL = (
    "id,appId,displayName,createdDateTime,accountEnabled,appOwnerOrganizationId,servicePrincipalNames,tags,"
    "passwordCredentials,keyCredentials"
)
_REFUSED = (401, 403, 501)
"""Answers that say: not for this caller, or not here. The list is missing then, which is said; it is never empty."""

Pick = Callable[[Observed], tuple[Sequence[Application], Sequence[ServicePrincipal]]]
"""Chooses, of what was found, the applications and principals whose consents, owners and roles shall be read."""


@dataclass(frozen=True)
class Question:
    """What to look for in a tenant. All of it comes from the catalogue and the settings, never from the tenant."""

    app_ids: frozenset[str] = frozenset()
    """Principals, and their applications where they are the tenant's own."""
    own_ids: frozenset[str] = frozenset()
    """Applications of the tenant's own, whatever they are called by now."""
    names: frozenset[str] = frozenset()
    """Display names, whole."""
    beginnings: frozenset[str] = frozenset()
    """Beginnings of display names, of applications and principals."""
    application_uris: frozenset[str] = frozenset()
    principal_uris: frozenset[str] = frozenset()
    deleted: bool = False
    """Whether to look among the deleted items too, by the same beginnings."""


async def read(graph: Graph, question: Question, pick: Pick, *, details: bool = True) -> Observed:
    """Return what the tenant shows; WrongTenantError, before anything is asked, when the token is another tenant's.

    Without `details` only applications and principals are read: no consents, owners, roles.
    """
    tenant = (await graph.identity()).tenant_id
    start = graph.count
    found = await _find(graph, question, tenant)
    if details:
        found = await _details(graph, found, pick)
    return replace(found, requests=graph.count - start)


async def _find(graph: Graph, question: Question, tenant: str) -> Observed:
    """Find applications and principals; then the principals of applications that bear another name."""
    asked = list(_searches(question))
    answers = await graph.batch([item for _, item in asked])
    applications: dict[str, Application] = {}
    deleted: dict[str, Application] = {}
    principals: dict[str, ServicePrincipal] = {}
    name, not_read = "", list[NotRead]()
    for (what, item), answer in zip(asked, answers, strict=True):
        if what == "organization":
            name = str(((answer.body.get("value") or [{}])[0]).get("displayName") or "") if answer.ok else ""
        elif what == "deleted applications" and answer.status in (400, *_REFUSED):
            not_read.append(NotRead(what, "Application.Read.All", _why(answer.error())))
        elif what == "principal by app id" and answer.status == 404:
            continue
        else:
            bodies = [body_of(answer)] if what == "principal by app id" else await all_pages(graph, body_of(answer))
            _keep(item.url, what, bodies, applications, deleted, principals)
    missing = {each.app_id for each in applications.values()} - {each.record.app_id for each in principals.values()}
    items = [_by_app_id(app_id) for app_id in sorted(missing)]
    for answer in await graph.batch(items) if items else ():
        if answer.status != 404:
            _keep("", "principal", [body_of(answer)], applications, deleted, principals)
    return Observed(
        tenant_id=tenant,
        tenant_name=name,
        applications=tuple(sorted(applications.values(), key=lambda each: (each.name, each.object_id))),
        principals=tuple(
            sorted(principals.values(), key=lambda each: (each.record.display_name, each.record.object_id))
        ),
        deleted=tuple(sorted(deleted.values(), key=lambda each: (each.name, each.object_id))),
        not_read=tuple(not_read),
    )


def _keep(
    url: str,
    what: str,
    bodies: Iterable[Body],
    applications: dict[str, Application],
    deleted: dict[str, Application],
    principals: dict[str, ServicePrincipal],
) -> None:
    for body in bodies:
        if what.startswith("principal"):
            principal = ServicePrincipal.from_graph(body)
            principals[principal.record.object_id] = principal
        else:
            application = Application.from_graph(body)
            place = deleted if what == "deleted applications" else applications
            place[application.object_id] = application


def _searches(question: Question) -> Iterator[tuple[str, BatchItem]]:
    yield "organization", BatchItem("GET", address("/organization", select="id,displayName"))
    for app_id in sorted(question.app_ids):
        yield "principal by app id", _by_app_id(app_id)
    for app_id in sorted(question.own_ids):
        yield "applications", _search("/applications", f"appId eq {literal(app_id)}")
    for uri in sorted(question.principal_uris):
        yield "principals", _search("/servicePrincipals", f"servicePrincipalNames/any(n:n eq {literal(uri)})")
    for uri in sorted(question.application_uris):
        yield "applications", _search("/applications", f"identifierUris/any(u:u eq {literal(uri)})")
    for name in sorted(question.names):
        yield "applications", _search("/applications", f"displayName eq {literal(name)}")
        yield "principals", _search("/servicePrincipals", f"displayName eq {literal(name)}")
    for start in sorted(question.beginnings):
        expression = f"startswith(displayName,{literal(start)})"
        yield "applications", _search("/applications", expression)
        yield "principals", _search("/servicePrincipals", expression)
        if question.deleted:
            path = "/directory/deletedItems/microsoft.graph.application"
            yield "deleted applications", BatchItem("GET", address(path, filter=expression, select=_APPLICATION))


def _search(path: str, expression: str) -> BatchItem:
    fields = _APPLICATION if path == "/applications" else _PRINCIPAL
    return BatchItem("GET", address(path, filter=expression, select=fields))


def _by_app_id(app_id: str) -> BatchItem:
    return BatchItem("GET", address(f"/servicePrincipals(appId={literal(app_id)})", select=_PRINCIPAL))


async def _details(graph: Graph, found: Observed, pick: Pick) -> Observed:
    applications, principals = pick(found)
    reads = [*_principal_reads(principals), *_application_reads(applications)]
    answers = await graph.batch([read.item for read in reads]) if reads else []
    bodies: dict[tuple[str, str], list[Body] | None] = {}
    not_read = set(found.not_read)
    for read, answer in zip(reads, answers, strict=True):
        if read.needs and answer.status in _REFUSED:
            bodies[read.of, read.what] = None
            not_read.add(NotRead(read.what, read.needs, _why(answer.error())))
        else:
            bodies[read.of, read.what] = list(await all_pages(graph, body_of(answer)))
    apis = await _apis(graph, bodies)
    application_of = {each.app_id: each.object_id for each in applications}
    holdings = {
        each.record.object_id: _holdings(
            each.record.object_id, application_of.get(each.record.app_id, ""), bodies, apis
        )
        for each in principals
    }
    return replace(found, holdings=holdings, apis=apis, not_read=tuple(sorted(not_read)))


async def _apis(graph: Graph, bodies: Mapping[tuple[str, str], list[Body] | None]) -> dict[str, ApiRecord]:
    """Return the APIs that anything is consented on, with Graph and SharePoint, by object id."""
    rows = [row for (_, what), found in bodies.items() if what in ("grants", "assignments") for row in found or ()]
    apis = Apis(graph)
    await apis.by_app_id({GRAPH, SHAREPOINT})
    return dict(await apis.by_object_id({str(row["resourceId"]).lower() for row in rows}))


@dataclass(frozen=True)
class _Read:
    """One list of one object. With `needs`, a refusal leaves the list out and says which permission it takes."""

    of: str
    what: str
    item: BatchItem
    needs: str = ""


def _principal_reads(principals: Iterable[ServicePrincipal]) -> Iterator[_Read]:
    for principal in principals:
        ident = principal.record.object_id
        path = f"/servicePrincipals/{ident}"
        mine = f"clientId eq {literal(ident)}"
        mine_too = f"principalId eq {literal(ident)}"
        roles = address("/roleManagement/directory/roleAssignments", filter=mine_too, expand="roleDefinition")
        yield _Read(ident, "assignments", BatchItem("GET", address(f"{path}/appRoleAssignments", top=999)))
        yield _Read(ident, "grants", BatchItem("GET", address("/oauth2PermissionGrants", filter=mine)))
        yield _Read(ident, "owners of principals", _owners(path), "Application.Read.All")
        yield _Read(ident, "directory roles", BatchItem("GET", roles), "RoleManagement.Read.Directory")


def _application_reads(applications: Iterable[Application]) -> Iterator[_Read]:
    for application in applications:
        ident = application.object_id
        path = f"/applications/{ident}"
        item = BatchItem("GET", f"{path}/federatedIdentityCredentials")
        yield _Read(ident, "owners of applications", _owners(path), "Application.Read.All")
        yield _Read(ident, "federated credentials", item, "Application.Read.All")


def _owners(path: str) -> BatchItem:
    return BatchItem("GET", address(f"{path}/owners", select="id,displayName"))


def _holdings(
    ident: str, application: str, bodies: Mapping[tuple[str, str], list[Body] | None], apis: Mapping[str, ApiRecord]
) -> Holdings:
    everybody: set[Consent] = set()
    users: dict[Consent, set[str]] = {}
    for row in bodies[ident, "grants"] or ():
        grant = Grant(str(row["id"]), str(row["resourceId"]).lower(), str(row.get("scope") or ""))
        for consent in scope_consents(grant, apis):
            if row.get("consentType") == "AllPrincipals":
                everybody.add(consent)
            else:
                users.setdefault(consent, set()).add(str(row.get("principalId") or row["id"]))
    since: dict[Consent, str] = {}
    for row in bodies[ident, "assignments"] or ():
        held = Assignment(str(row["id"]), str(row["resourceId"]).lower(), str(row["appRoleId"]).lower())
        consent = role_consent(held, apis)
        everybody.add(consent)
        since[consent] = str(row.get("createdDateTime") or "")
    lists = _lists(ident, application, bodies)
    counted = {consent: len(who) for consent, who in users.items()}
    return Holdings(frozenset(everybody), counted, since, lists[0], lists[1], lists[2])


def _lists(
    ident: str, application: str, bodies: Mapping[tuple[str, str], list[Body] | None]
) -> tuple[tuple[Owner, ...] | None, tuple[DirectoryRole, ...] | None, tuple[Credential, ...] | None]:
    """Return owners, directory roles and federated credentials; None for one that could not be read."""
    of_principal = bodies.get((ident, "owners of principals"))
    of_application = bodies.get((application, "owners of applications")) if application else []
    owners: tuple[Owner, ...] | None = None
    if of_principal is not None and of_application is not None:
        owners = tuple(owner(each, "application") for each in of_application)
        owners += tuple(owner(each, "principal") for each in of_principal)
    roles = bodies.get((ident, "directory roles"))
    trusted = bodies.get((application, "federated credentials")) if application else []
    return (
        owners,
        None if roles is None else tuple(directory_role(each) for each in roles),
        None if trusted is None else tuple(federated(each) for each in trusted),
    )


def _why(error: Exception) -> str:
    return str(error).partition("; to fix")[0]
