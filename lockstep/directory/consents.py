"""Reads and writes the tenant-wide consents of one client through Graph.

A read is one `$batch`. A write is one `$batch` of up to 18 chained changes that ends with its own read-back.
Knows nothing of Pulumi and of what is documented: what to change comes as a function from what is in force
to a `Plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent, Plan, merge_scopes, parse_scopes
from lockstep.directory.graph import BatchAnswer, BatchItem, Graph, address, literal
from lockstep.directory.principals import Apis, PrincipalRecord, body_of, principal_item
from lockstep.errors import DeadlineError, GraphError, RefusedError, TenantError

MAX_SCOPE_STRING = 3850
"""Characters that Graph keeps in one grant's `scope` (Microsoft Entra service limits)."""

_READS = 2
_WRITES_A_BATCH = 20 - _READS
_ROUNDS = 5
_SETTLE = 20.0  # seconds of polling before a write that cannot be seen is taken for lost


@dataclass(frozen=True)
class Grant:
    """An AllPrincipals oauth2PermissionGrant of the client."""

    id: str
    resource: str
    scope: str


@dataclass(frozen=True)
class Assignment:
    """An app role that the client holds."""

    id: str
    resource: str
    role: str


@dataclass(frozen=True)
class InForce:
    """The tenant-wide consents of one client, and the Graph objects that carry them."""

    grants: tuple[Grant, ...]
    assignments: tuple[Assignment, ...]
    consents: frozenset[Consent]
    names: Mapping[str, str]
    """Display names of the APIs by app id."""


class ClientGoneError(GraphError):
    """The client's service principal is not (or not yet) in the tenant."""


class UnfinishedError(GraphError):
    """Some changes were made and the rest could not be; `in_force` is what holds now."""

    def __init__(self, cause: TenantError, in_force: InForce) -> None:
        status = cause.status if isinstance(cause, GraphError) else 0
        super().__init__(str(cause), status=status, code=getattr(cause, "code", ""))
        self.in_force = in_force


async def read(graph: Graph, apis: Apis, client: str) -> tuple[PrincipalRecord, InForce]:
    """Return the client's service principal and its consents. Raises ClientGoneError when Graph does not know it."""
    answers = await graph.batch([principal_item(client), *_reads(client)])
    if answers[0].status == 404:
        raise ClientGoneError(f"no service principal {client} in the tenant", status=404)
    record = PrincipalRecord.from_graph(body_of(answers[0]))
    return record, await _in_force(graph, apis, answers[1:], client)


async def reach(
    graph: Graph,
    apis: Apis,
    client: str,
    in_force: InForce,
    plan: Callable[[frozenset[Consent]], Plan],
    *,
    settle: float = _SETTLE,
) -> InForce:
    """Carry out `plan` until it is empty, and return what is in force then.

    Additions go before removals, so that nothing is ever missing. Each round plans anew from the latest
    read, which is at most one round trip old: that repairs a write of ours that another writer undid.
    Raises UnfinishedError with what holds when a change is refused or agreement is not reached.
    """
    for round_ in range(_ROUNDS):
        todo = plan(in_force.consents)
        if todo.empty:
            return in_force
        in_force, failure = await _write(graph, apis, client, in_force, todo)
        if failure is not None and not _worth_another_look(failure):
            raise UnfinishedError(failure, in_force) from failure
        if failure is not None:
            await graph.sleep(2.0**round_)
            in_force = (await read(graph, apis, client))[1]
            continue
        in_force = await _settled(graph, apis, client, in_force, plan, settle)
    if plan(in_force.consents).empty:
        return in_force
    raise UnfinishedError(
        DeadlineError(f"the consents of service principal {client} do not stay as written; run the command again"),
        in_force,
    )


async def _write(
    graph: Graph, apis: Apis, client: str, in_force: InForce, todo: Plan
) -> tuple[InForce, TenantError | None]:
    """Send the changes of one plan; return what holds then, and the first failure."""
    changes = await _changes(apis, client, in_force, todo)
    for start in range(0, len(changes), _WRITES_A_BATCH):
        part = changes[start : start + _WRITES_A_BATCH]
        try:
            answers = await graph.batch([*part, *_reads(client, chained=True)])
            failure: TenantError | None = _failure(part, answers)
        except TenantError as error:  # nobody knows what of it was done: look
            answers, failure = [], error
        if failure is None:
            in_force = await _in_force(graph, apis, answers[len(part) :], client)
            continue
        try:
            return (await read(graph, apis, client))[1], failure
        except TenantError:
            return in_force, failure
    return in_force, None


async def _settled(
    graph: Graph,
    apis: Apis,
    client: str,
    in_force: InForce,
    plan: Callable[[frozenset[Consent]], Plan],
    settle: float,
) -> InForce:
    """Read until the tenant's answers agree with the plan, for `settle` seconds at most."""
    waited, pause = 0.0, 0.5
    while not plan(in_force.consents).empty and waited < settle:
        await graph.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, 5.0)
        in_force = (await read(graph, apis, client))[1]
    return in_force


def _reads(client: str, *, chained: bool = False) -> list[BatchItem]:
    mine = f"clientId eq {literal(client)} and consentType eq 'AllPrincipals'"
    urls = (
        address(f"/servicePrincipals/{client}/appRoleAssignments", top=999),
        address("/oauth2PermissionGrants", filter=mine),
    )
    return [BatchItem("GET", url, depends_on_previous=chained) for url in urls]


async def _in_force(graph: Graph, apis: Apis, answers: Sequence[BatchAnswer], client: str) -> InForce:
    roles, scopes = [await _all_pages(graph, body_of(answer)) for answer in answers]
    grants = tuple(Grant(str(g["id"]), str(g["resourceId"]).lower(), str(g.get("scope") or "")) for g in scopes)
    assignments = tuple(
        Assignment(str(a["id"]), str(a["resourceId"]).lower(), str(a["appRoleId"]).lower()) for a in roles
    )
    records = await apis.by_object_id([g.resource for g in grants] + [a.resource for a in assignments])
    consents: set[Consent] = set()
    names: dict[str, str] = {}
    for resource in {g.resource for g in grants} | {a.resource for a in assignments}:
        if resource in records:
            names[records[resource].app_id] = records[resource].display_name
    for grant in grants:
        record = records.get(grant.resource)
        for value in parse_scopes(grant.scope):
            listed = record.scopes.get(value.casefold()) if record else None
            api = record.app_id if record else grant.resource
            consents.add(Consent(api, PermissionType.DELEGATED, value, listed.id if listed else ""))
    for assignment in assignments:
        record = records.get(assignment.resource)
        role = record.roles.get(assignment.role) if record else None
        api = record.app_id if record else assignment.resource
        consents.add(Consent(api, PermissionType.APPLICATION, role.value if role else "", assignment.role))
    return InForce(grants, assignments, frozenset(consents), names)


async def _all_pages(graph: Graph, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    first = list(body.get("value") or ())
    link = body.get("@odata.nextLink")
    return first + list(await graph.pages(str(link))) if link else first


async def _changes(apis: Apis, client: str, in_force: InForce, plan: Plan) -> list[BatchItem]:
    """Return the chained requests that carry out `plan`: additions, then removals."""
    records = await apis.by_app_id({consent.api for consent in plan.add})
    add: list[BatchItem] = []
    remove: list[BatchItem] = []
    for consent in _ordered(plan.add, PermissionType.APPLICATION):
        body = {"principalId": client, "resourceId": records[consent.api].object_id, "appRoleId": consent.id}
        add.append(BatchItem("POST", f"/servicePrincipals/{client}/appRoleAssignments", body))
    gone = {(c.api, c.key) for c in plan.remove if c.type is PermissionType.APPLICATION}
    by_object = await apis.by_object_id(a.resource for a in in_force.assignments)
    for assignment in in_force.assignments:
        record = by_object.get(assignment.resource)
        if ((record.app_id if record else assignment.resource), assignment.role) in gone:
            remove.append(BatchItem("DELETE", f"/servicePrincipals/{client}/appRoleAssignments/{assignment.id}"))
    await _grant_changes(apis, client, in_force, plan, add, remove)
    return [BatchItem(c.method, c.url, c.body, depends_on_previous=bool(i)) for i, c in enumerate(add + remove)]


async def _grant_changes(
    apis: Apis, client: str, in_force: InForce, plan: Plan, add: list[BatchItem], remove: list[BatchItem]
) -> None:
    added = _ordered(plan.add, PermissionType.DELEGATED)
    removed = _ordered(plan.remove, PermissionType.DELEGATED)
    records = await apis.by_app_id({consent.api for consent in added})
    by_object = await apis.by_object_id(grant.resource for grant in in_force.grants)
    grants = {(by_object[g.resource].app_id if g.resource in by_object else g.resource): g for g in in_force.grants}
    for api in sorted({consent.api for consent in [*added, *removed]}):
        new = [c.value for c in added if c.api == api]
        gone = [c.value for c in removed if c.api == api]
        grant = grants.get(api)
        scope = merge_scopes(grant.scope if grant else "", add=new, remove=gone)
        if len(scope) > MAX_SCOPE_STRING:
            raise RefusedError(
                f"refused: the grant of client {client} on API {api} would hold {len(scope)} characters of scopes; "
                f"Graph keeps {MAX_SCOPE_STRING}; withdraw scopes that are not used, or withhold some"
            )
        if grant is None:
            body = {
                "clientId": client,
                "consentType": "AllPrincipals",
                "resourceId": records[api].object_id,
                "scope": scope,
            }
            add.append(BatchItem("POST", "/oauth2PermissionGrants", body))
        elif scope:
            (add if new else remove).append(BatchItem("PATCH", f"/oauth2PermissionGrants/{grant.id}", {"scope": scope}))
        else:
            remove.append(BatchItem("DELETE", f"/oauth2PermissionGrants/{grant.id}"))


def _ordered(consents: Iterable[Consent], type_: PermissionType) -> list[Consent]:
    return sorted(consent for consent in consents if consent.type is type_)


def _failure(changes: Sequence[BatchItem], answers: Sequence[BatchAnswer]) -> GraphError | None:
    """Return the first real failure; 424 only echoes it, and a deletion of what is gone has succeeded."""
    for change, answer in zip(changes, answers, strict=False):
        gone = change.method == "DELETE" and answer.status == 404
        if not (answer.ok or answer.skipped or gone):
            return answer.error()
    return next((answer.error() for answer in answers[len(changes) :] if not answer.ok), None)


def _worth_another_look(failure: TenantError) -> bool:
    """True where the change may be there already, or where another writer or a late replica stood in the way."""
    if not isinstance(failure, GraphError):
        return False
    already = failure.status == 400 and "already exists" in str(failure)
    return already or failure.status in (0, 404, 409, 412, 424, 429, 500, 502, 503, 504)
