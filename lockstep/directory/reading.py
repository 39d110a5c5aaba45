"""The one reader of a tenant: three rounds of `$batch`, whose size depends on our apps only.

Applications and principals are asked for by id, identifier URI and the beginning of their names; consents, owners and
roles of those that are ours; the APIs that these consents are on. Lists neither all applications, nor all principals,
nor all grants. Nothing in a question comes from a tenant. Which of several is ours, `identification` says. Writes
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lockstep.catalogue import AppKind
from lockstep.catalogue.permission import GRAPH, SHAREPOINT
from lockstep.consent import DEFAULT_ACCESS, Consent
from lockstep.directory.consents import Assignment, GrantRecord, all_pages, role_consent, scope_consents
from lockstep.directory.graph import BatchAnswer, BatchItem, Graph, address, literal
from lockstep.directory.identification import PROVISIONAL, AppState, Identified, SoughtApp, beginning, match
from lockstep.directory.principals import Apis, body_of
from lockstep.directory.records import (
    ApiRecord,
    AppCredential,
    ApplicationRecord,
    Body,
    Holdings,
    NotRead,
    PrincipalRecord,
    TenantReading,
    directory_role,
    federated_credential,
    owner,
)
from lockstep.directory.retry import pauses
from lockstep.errors import GraphError

_APPLICATION = (
    "id,appId,displayName,createdDateTime,deletedDateTime,identifierUris,tags,requiredResourceAccess,api,"
    "passwordCredentials,keyCredentials,signInAudience,web,spa,publicClient,isFallbackPublicClient,"
    "isDeviceOnlyAuthSupported,appRoles,groupMembershipClaims,optionalClaims"
)
_PRINCIPAL = (
    "id,appId,displayName,createdDateTime,accountEnabled,appOwnerOrganizationId,servicePrincipalNames,tags,"
    "verifiedPublisher,passwordCredentials,keyCredentials,loginUrl,preferredSingleSignOnMode,samlSingleSignOnSettings,alternativeNames"
)
_WHOLE_APPLICATION = (
    "id,appId,displayName,createdDateTime,identifierUris,tags,api,appRoles,requiredResourceAccess,signInAudience,web,spa,"
    "publicClient,notes,description,groupMembershipClaims,optionalClaims,isFallbackPublicClient,passwordCredentials,"
    "keyCredentials"
)
_WHOLE_PRINCIPAL = (
    "id,appId,displayName,createdDateTime,accountEnabled,appOwnerOrganizationId,servicePrincipalNames,tags,"
    "appRoleAssignmentRequired,notes,passwordCredentials,keyCredentials"
)
DELETED_ITEMS = "/directory/deletedItems"
_DELETED = f"{DELETED_ITEMS}/microsoft.graph.application"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SECOND_LOOK = 0.5  # seconds
_SECOND_LOOK_AT = (AppState.ABSENT, AppState.NO_PRINCIPAL)


@dataclass
class Question:
    """What to look for in a tenant. All of it comes from the catalogue, the settings and the state."""

    app_ids: set[str] = field(default_factory=set)
    """Principals, and their applications where they are the tenant's own."""
    own_ids: set[str] = field(default_factory=set)
    """Applications of the tenant's own by their app ids, whatever they are called by now."""
    object_ids: set[str] = field(default_factory=set)
    """Applications by their object ids."""
    names: set[str] = field(default_factory=set)
    """Display names, whole."""
    beginnings: set[str] = field(default_factory=set)
    """Beginnings of display names, of applications and principals."""
    application_uris: set[str] = field(default_factory=set)
    principal_uris: set[str] = field(default_factory=set)


def question(sought: Iterable[SoughtApp]) -> Question:
    """Return what to ask a tenant for these apps."""
    looked_for = Question()
    for app in sought:
        if app.kind is AppKind.SHARED_PRINCIPAL:
            for principal in app.principals:
                looked_for.app_ids |= {principal.app_id} - {""}
                looked_for.principal_uris.update(principal.uris)
                looked_for.names.add(principal.name)
            continue
        looked_for.app_ids |= {app.app_id} - {""}
        if app.kind is AppKind.REGISTRATION:
            looked_for.own_ids |= {app.app_id, app.chosen.lower()} - {""}
            looked_for.object_ids.update(filter(_GUID.fullmatch, (app.recorded.object_id, app.chosen.lower())))
        looked_for.application_uris.update(app.uris)
        documented = beginning(app.documented or app.name)
        looked_for.beginnings.add(documented)
        looked_for.names |= set() if app.name.startswith(documented) else {app.name}
    return looked_for


async def read_tenant(
    graph: Graph,
    sought: Sequence[SoughtApp],
    *,
    details: bool = False,
    deleted: bool = False,
    patience: float = 0.0,
    twice: bool = False,
) -> TenantReading:
    """Return what the tenant shows; WrongTenantError, before anything is asked, when the token is another tenant's.

    With `details` consents, owners and roles of what is ours are read too, and with `deleted` the deleted
    applications. For `patience` seconds it asks again for applications that are on record and not there, which a late
    replica may have said; `twice` asks once again for whatever is not there.
    """
    tenant = (await graph.identity()).tenant_id
    start = graph.count
    objects = _Objects(tenant)
    await objects.read(graph, question(sought), deleted=deleted)
    waits = iter(pauses(patience))
    while True:
        identified = match(sought, objects.reading)
        pause = next(waits, None) if any(_may_be_late(entry) for entry in identified) else None
        if pause is None and twice and any(entry.state in _SECOND_LOOK_AT for entry in identified):
            pause = _SECOND_LOOK
        if pause is None:
            break
        twice = False
        await graph.sleep(pause)
        await objects.read(graph, question(sought), deleted=deleted)
    reading = objects.reading
    if details:
        reading = await _details(graph, reading, identified)
    return replace(reading, requests=graph.count - start)


def stands_for(entry: Identified) -> tuple[PrincipalRecord, ...]:
    """Return the principal of an app; of a shared one that is not certain, those that may be it."""
    return (entry.principal,) if entry.principal else entry.namesakes if entry.principal_key else ()


@dataclass(frozen=True)
class WholeObjects:
    """Our own objects as Graph shows them, whole, and the federated credentials of applications, by object id."""

    objects: dict[str, Body] = field(default_factory=dict)
    federated: dict[str, list[Body]] = field(default_factory=dict)


async def read_whole(graph: Graph, identified: Iterable[Identified]) -> WholeObjects:
    """Return all of the applications and principals that are ours that a reading leaves out, in one batch."""
    items = dict[tuple[str, str], BatchItem]()
    for entry in identified:
        if entry.application:
            ident = entry.application.object_id
            items[ident, ""] = BatchItem("GET", address(f"/applications/{ident}", select=_WHOLE_APPLICATION))
            items[ident, "federated"] = BatchItem("GET", f"/applications/{ident}/federatedIdentityCredentials")
        for record in stands_for(entry):
            ident = record.object_id
            items[ident, ""] = BatchItem("GET", address(f"/servicePrincipals/{ident}", select=_WHOLE_PRINCIPAL))
    whole = WholeObjects()
    for (ident, what), answer in zip(items, await graph.batch(list(items.values())), strict=True):
        if what:
            whole.federated[ident] = await all_pages(graph, answer)
        else:
            whole.objects[ident] = body_of(answer)
    return whole


async def read_federated(graph: Graph, object_id: str, *, patience: float = 0.0) -> list[AppCredential]:
    """Return whose tokens an application believes; a late replica that does not know the application is asked again."""
    path = f"/applications/{object_id}/federatedIdentityCredentials"
    for pause in pauses(patience):
        try:
            return list(map(federated_credential, await graph.pages(path)))
        except GraphError as error:
            if error.status != 404:
                raise
        await graph.sleep(pause)
    return list(map(federated_credential, await graph.pages(path)))


async def read_left_over(graph: Graph, name: str) -> list[ApplicationRecord]:
    """Return the applications that a create of this name may have left: of the name, or of a provisional one."""
    await graph.identity()
    items = [_search("/applications", expression) for expression in (_is_called(name), _begins_with(PROVISIONAL))]
    answers = await graph.batch(items)
    return [ApplicationRecord.from_graph(body) for answer in answers for body in await all_pages(graph, answer)]


async def read_deleted_principals(graph: Graph, app_id: str) -> list[str]:
    """Return the object ids of the deleted service principals of an app id, the newest first."""
    bodies = await graph.pages(f"{DELETED_ITEMS}/microsoft.graph.servicePrincipal", select="id,appId,deletedDateTime")
    of_app = [body for body in bodies if str(body.get("appId") or "").lower() == app_id]
    newest_first = sorted(of_app, key=lambda body: str(body.get("deletedDateTime") or ""), reverse=True)
    return [str(body["id"]).lower() for body in newest_first]


def _may_be_late(entry: Identified) -> bool:
    """Whether something on record is not there, nor among the deleted items."""
    return (entry.lost is not None and entry.restorable is None) or entry.lost_principal


@dataclass
class _Objects:
    """The objects that were read so far, by object id. What one answer lacks and another has is there."""

    tenant: str
    name: str = ""
    applications: dict[str, ApplicationRecord] = field(default_factory=dict)
    principals: dict[str, PrincipalRecord] = field(default_factory=dict)
    deleted: dict[str, ApplicationRecord] = field(default_factory=dict)
    not_read: set[NotRead] = field(default_factory=set)

    @property
    def reading(self) -> TenantReading:
        """What was read, in a stable order."""
        return TenantReading(
            tenant_id=self.tenant,
            tenant_name=self.name,
            applications=_in_order(self.applications),
            principals=tuple(sorted(self.principals.values(), key=lambda r: (r.display_name, r.object_id))),
            deleted=_in_order(self.deleted),
            not_read=tuple(sorted(self.not_read)),
        )

    async def read(self, graph: Graph, looked_for: Question, *, deleted: bool) -> None:
        """Read applications and principals; then the principals of applications that bear another name."""
        searches = list(_searches(looked_for, deleted=deleted))
        for (what, _), answer in zip(searches, await graph.batch([item for _, item in searches]), strict=True):
            await self._take(graph, what, answer)
        of_others = {app.app_id for app in self.applications.values()} - {r.app_id for r in self.principals.values()}
        items = [_by_app_id(app_id) for app_id in sorted(of_others)]
        for answer in await graph.batch(items):
            await self._take(graph, "principal", answer)

    async def _take(self, graph: Graph, what: str, answer: BatchAnswer) -> None:
        if what == "organization":
            self.name = str(((answer.body.get("value") or [{}])[0]).get("displayName") or "") if answer.ok else ""
        elif what == "deleted applications" and answer.refused:
            self.not_read.add(_not_read(what, "Application.Read.All", answer))
        elif what == "deleted applications" and answer.status == 400:  # no filter here: the bin is small, take it whole
            self._keep(what, await graph.pages(_DELETED, select=_APPLICATION))
        elif what == "deleted application":
            # Any object of the bin answers to its id: a principal, a group, a user.
            if not (answer.refused or answer.status in (400, 404)) and _is_application(body_of(answer)):
                self._keep(what, [body_of(answer)])
        elif what in ("principal", "application"):
            if not answer.gone:
                self._keep(what, [body_of(answer)])
        else:
            self._keep(what, await all_pages(graph, answer))

    def _keep(self, what: str, bodies: Iterable[Body]) -> None:
        for body in bodies:
            if what.startswith("principal"):
                principal = PrincipalRecord.from_graph(body)
                self.principals[principal.object_id] = principal
            else:
                application = ApplicationRecord.from_graph(body)
                place = self.deleted if what.startswith("deleted") else self.applications
                place[application.object_id] = application


def _not_read(what: str, needs: str, answer: BatchAnswer) -> NotRead:
    return NotRead(what, needs, answer.problem, "" if answer.lacks_permission else answer.fix)


def _is_application(body: Body) -> bool:
    return str(body.get("@odata.type") or "").endswith("graph.application")


def _in_order(records: Mapping[str, ApplicationRecord]) -> tuple[ApplicationRecord, ...]:
    return tuple(sorted(records.values(), key=lambda record: (record.name, record.object_id)))


def _searches(looked_for: Question, *, deleted: bool) -> Iterator[tuple[str, BatchItem]]:
    yield "organization", BatchItem("GET", address("/organization", select="id,displayName"))
    for app_id in sorted(looked_for.app_ids):
        yield "principal", _by_app_id(app_id)
    for app_id in sorted(looked_for.own_ids):
        yield "applications", _search("/applications", f"appId eq {literal(app_id)}")
    for object_id in sorted(looked_for.object_ids):
        yield "application", BatchItem("GET", address(f"/applications/{object_id}", select=_APPLICATION))
        if deleted:
            yield "deleted application", BatchItem("GET", f"{DELETED_ITEMS}/{object_id}")
    for uri in sorted(looked_for.principal_uris):
        yield "principals", _search("/servicePrincipals", f"servicePrincipalNames/any(n:n eq {literal(uri)})")
    for uri in sorted(looked_for.application_uris):
        yield "applications", _search("/applications", f"identifierUris/any(u:u eq {literal(uri)})")
    for expression in (*map(_is_called, sorted(looked_for.names)), *map(_begins_with, sorted(looked_for.beginnings))):
        yield "applications", _search("/applications", expression)
        yield "principals", _search("/servicePrincipals", expression)
        if deleted:
            yield "deleted applications", BatchItem("GET", address(_DELETED, filter=expression, select=_APPLICATION))


def _is_called(name: str) -> str:
    return f"displayName eq {literal(name)}"


def _begins_with(text: str) -> str:
    return f"startswith(displayName,{literal(text)})"


def _search(path: str, expression: str) -> BatchItem:
    fields = _APPLICATION if path == "/applications" else _PRINCIPAL
    return BatchItem("GET", address(path, filter=expression, select=fields))


def _by_app_id(app_id: str) -> BatchItem:
    return BatchItem("GET", address(f"/servicePrincipals(appId={literal(app_id)})", select=_PRINCIPAL))


async def _details(graph: Graph, reading: TenantReading, identified: Sequence[Identified]) -> TenantReading:
    """Read what our principals hold, and the owners and federated credentials of our applications."""
    applications = [entry.application for entry in identified if entry.application]
    principals = [record for entry in identified for record in stands_for(entry)]
    reads = [*_principal_reads(principals), *_application_reads(applications)]
    answers = await graph.batch([read.item for read in reads])
    bodies: dict[tuple[str, str], list[Body] | None] = {}
    not_read = set(reading.not_read)
    for read, answer in zip(reads, answers, strict=True):
        if read.needs and answer.refused:
            bodies[read.of, read.what] = None
            not_read.add(_not_read(read.what, read.needs, answer))
        else:
            bodies[read.of, read.what] = await all_pages(graph, answer)
    apis = await _apis(graph, bodies)
    application_of = {app.app_id: app.object_id for app in applications}
    holdings = {
        record.object_id: _holdings(record.object_id, application_of.get(record.app_id, ""), bodies, apis)
        for record in principals
    }
    return replace(reading, holdings=holdings, apis=apis, not_read=tuple(sorted(not_read)))


async def _apis(graph: Graph, bodies: Mapping[tuple[str, str], list[Body] | None]) -> dict[str, ApiRecord]:
    """Return the APIs that anything is consented on, with Graph and SharePoint, by object id."""
    rows = [row for (_, what), lines in bodies.items() if what in ("grants", "assignments") for row in lines or ()]
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


def _principal_reads(principals: Iterable[PrincipalRecord]) -> Iterator[_Read]:
    for principal in principals:
        ident = principal.object_id
        path = f"/servicePrincipals/{ident}"
        mine = f"clientId eq {literal(ident)}"
        mine_too = f"principalId eq {literal(ident)}"
        roles = address("/roleManagement/directory/roleAssignments", filter=mine_too, expand="roleDefinition")
        yield _Read(ident, "assignments", BatchItem("GET", address(f"{path}/appRoleAssignments", top=999)))
        yield _Read(ident, "grants", BatchItem("GET", address("/oauth2PermissionGrants", filter=mine)))
        yield _Read(ident, "owners of principals", _owners(path), "Application.Read.All")
        yield _Read(ident, "directory roles", BatchItem("GET", roles), "RoleManagement.Read.Directory")


def _application_reads(applications: Iterable[ApplicationRecord]) -> Iterator[_Read]:
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
    """Return what a principal holds; a list is None where it could not be read."""
    grants, assignments = tuple(bodies[ident, "grants"] or ()), tuple(bodies[ident, "assignments"] or ())
    everybody: set[Consent] = set()
    users: dict[Consent, set[str]] = {}
    for row in grants:
        for consent in scope_consents(GrantRecord.from_graph(row), apis):
            if row.get("consentType") == "AllPrincipals":
                everybody.add(consent)
            else:
                users.setdefault(consent, set()).add(str(row.get("principalId") or row["id"]))
    since: dict[Consent, str] = {}
    for row in assignments:
        if str(row["appRoleId"]).lower() == DEFAULT_ACCESS:
            continue
        consent = role_consent(Assignment.from_graph(row), apis)
        everybody.add(consent)
        since[consent] = str(row.get("createdDateTime") or "")
    of_principal = bodies[ident, "owners of principals"]
    of_application = bodies.get((application, "owners of applications"), [])
    owners = None
    if of_principal is not None and of_application is not None:
        owners = tuple(owner(body, "application") for body in of_application)
        owners += tuple(owner(body, "principal") for body in of_principal)
    roles, trusted = bodies[ident, "directory roles"], bodies.get((application, "federated credentials"), [])
    return Holdings(
        frozenset(everybody),
        {consent: len(who) for consent, who in users.items()},
        since,
        owners,
        None if roles is None else tuple(map(directory_role, roles)),
        None if trusted is None else tuple(map(federated_credential, trusted)),
        grants,
        assignments,
    )
