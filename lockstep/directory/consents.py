"""The tenant-wide consents of one client through Graph: read, and brought to a plan.

One `$batch` reads what is in force, and the objects that carry it. A write goes on until nothing is left to do, and
says what holds where that failed: it is one `$batch` of up to 18 chained changes, additions before removals, that ends
with its own read-back; it is made from a read that is one round trip old, and never sent a second time: after any wait
comes a new read.

Knows nothing of Pulumi and of what is documented: what to change comes as a function from what is in force to a
`ConsentPlan`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lockstep.catalogue import MAX_SCOPE_STRING
from lockstep.catalogue.permission import PermissionType
from lockstep.consent import DEFAULT_ACCESS, Consent, ConsentPlan, merge_scopes, parse_scopes
from lockstep.directory.graph import BatchAnswer, BatchItem, Graph, address, literal
from lockstep.directory.principals import Apis, body_of, principal_item
from lockstep.directory.records import ApiRecord, PrincipalRecord
from lockstep.directory.retry import THROTTLED, BusyError, OutcomeUnknownError, pauses, retry_after
from lockstep.errors import DeadlineError, GraphError, LockstepError, RefusedError

SURE = 8.0  # seconds of asking again before a principal that was there counts as gone: five answers that agree
_READS = 2
_WRITES_A_BATCH = 20 - _READS
_TRIES = 5  # rounds without any progress before we give up
_PATIENCE = 300.0  # seconds of waiting for a busy Graph, all rounds together
_SETTLE = 20.0  # seconds of polling before a write that cannot be seen is taken for lost


@dataclass(frozen=True)
class GrantRecord:
    """An AllPrincipals oauth2PermissionGrant of the client."""

    id: str
    resource: str
    scope: str

    @classmethod
    def from_graph(cls, body: Mapping[str, Any]) -> GrantRecord:
        """Read Graph's oauth2PermissionGrant."""
        return cls(str(body["id"]), str(body["resourceId"]).lower(), str(body.get("scope") or ""))


@dataclass(frozen=True)
class Assignment:
    """An app role that the client holds."""

    id: str
    resource: str
    role: str

    @classmethod
    def from_graph(cls, body: Mapping[str, Any]) -> Assignment:
        """Read Graph's appRoleAssignment."""
        return cls(str(body["id"]), str(body["resourceId"]).lower(), str(body["appRoleId"]).lower())


@dataclass(frozen=True)
class InForce:
    """The tenant-wide consents of one client, and the Graph objects that carry them."""

    grants: tuple[GrantRecord, ...]
    assignments: tuple[Assignment, ...]
    consents: frozenset[Consent]
    names: Mapping[str, str]
    """Display names of the APIs by app id."""
    unresolved: frozenset[str] = frozenset()
    """Object ids of APIs that the tenant did not show; their consents are known by these ids."""
    fresh: bool = True
    """Whether nothing was asked between the read and now."""


class ClientGoneError(GraphError):
    """The client's service principal is not (or not yet) in the tenant."""


async def look(
    graph: Graph, apis: Apis, client: str, *, patience: float, fresh: bool = False
) -> tuple[PrincipalRecord, InForce]:
    """Read as `read` does; ask again for `patience` seconds before "not found" is believed: a late replica said it."""
    for pause in pauses(patience):
        try:
            return await read(graph, apis, client, fresh=fresh)
        except ClientGoneError:
            await graph.sleep(pause)
    return await read(graph, apis, client, fresh=fresh)


async def read(graph: Graph, apis: Apis, client: str, *, fresh: bool = False) -> tuple[PrincipalRecord, InForce]:
    """Return the client's service principal and its consents. Raises ClientGoneError when Graph does not know it.

    `fresh` is for a read that a write follows: where names had to be looked up in between, it reads once more, so
    that the write is made from what is one round trip old.
    """
    reading = await _read_once(graph, apis, client)
    return await _read_once(graph, apis, client) if fresh and not reading[1].fresh else reading


async def _read_once(graph: Graph, apis: Apis, client: str) -> tuple[PrincipalRecord, InForce]:
    answers = await graph.batch([principal_item(client), *reads(client)])
    if any(answer.gone for answer in answers):
        raise ClientGoneError(f"no service principal {client} in the tenant", status=404)
    return PrincipalRecord.from_graph(body_of(answers[0])), await in_force_of(graph, apis, answers[1:])


def reads(client: str, *, chained: bool = False) -> list[BatchItem]:
    """Return the two requests that read the consents of a client; `chained` to what is before them in a batch."""
    mine = f"clientId eq {literal(client)} and consentType eq 'AllPrincipals'"
    urls = (
        address(f"/servicePrincipals/{client}/appRoleAssignments", top=999),
        address("/oauth2PermissionGrants", filter=mine),
    )
    return [BatchItem("GET", url, depends_on_previous=chained) for url in urls]


async def in_force_of(graph: Graph, apis: Apis, answers: Sequence[BatchAnswer]) -> InForce:
    """Return what is in force by the answers to `reads`."""
    roles, scopes = [await all_pages(graph, answer) for answer in answers]
    grants, assignments = tuple(map(GrantRecord.from_graph, scopes)), tuple(map(Assignment.from_graph, roles))
    resources = {g.resource for g in grants} | {a.resource for a in assignments}
    fresh = apis.has(resources)
    records = await apis.by_object_id(resources)
    names = {records[resource].app_id: records[resource].display_name for resource in resources & records.keys()}
    consents = {consent for grant in grants for consent in scope_consents(grant, records)}
    consents |= {role_consent(assignment, records) for assignment in assignments if assignment.role != DEFAULT_ACCESS}
    return InForce(grants, assignments, frozenset(consents), names, frozenset(resources - records.keys()), fresh)


def scope_consents(grant: GrantRecord, apis: Mapping[str, ApiRecord]) -> list[Consent]:
    """Return the consents of a grant. `apis` are by object id; a scope of an API that is not there keeps its name."""
    record = apis.get(grant.resource)
    api = record.app_id if record else grant.resource
    consents = []
    for value in parse_scopes(grant.scope):
        listed = record.scopes.get(value.casefold()) if record else None
        consents.append(Consent(api, PermissionType.DELEGATED, value, listed.id if listed else ""))
    return consents


def role_consent(assignment: Assignment, apis: Mapping[str, ApiRecord]) -> Consent:
    """Return the consent that an app role assignment is; `apis` are by object id."""
    record = apis.get(assignment.resource)
    role = record.roles.get(assignment.role) if record else None
    api = record.app_id if record else assignment.resource
    return Consent(api, PermissionType.APPLICATION, role.value if role else "", assignment.role)


async def all_pages(graph: Graph, answer: BatchAnswer) -> list[Mapping[str, Any]]:
    """Return the values of a page that a batch answered with, and of all that follow it; raise a refusal."""
    body = body_of(answer)
    first = list(body.get("value") or ())
    link = body.get("@odata.nextLink")
    return first + list(await graph.pages(str(link))) if link else first


@dataclass(frozen=True)
class ConsentChange:
    """One request, and the consents that it adds."""

    item: BatchItem
    adds: frozenset[Consent] = frozenset()


async def changes_of(apis: Apis, client: str, in_force: InForce, plan: ConsentPlan) -> list[ConsentChange]:
    """Return the requests that carry out `plan`: additions first. RefusedError where a grant grows too long."""
    records = await apis.by_app_id({consent.api for consent in plan.add})
    add: list[ConsentChange] = []
    remove: list[ConsentChange] = []
    for consent in _ordered(plan.add, PermissionType.APPLICATION):
        body = {"principalId": client, "resourceId": records[consent.api].object_id, "appRoleId": consent.id}
        item = BatchItem("POST", f"/servicePrincipals/{client}/appRoleAssignments", body)
        add.append(ConsentChange(item, frozenset({consent})))
    gone = {(c.api, c.key) for c in plan.remove if c.type is PermissionType.APPLICATION}
    by_object = await apis.by_object_id(a.resource for a in in_force.assignments)
    for assignment in in_force.assignments:
        record = by_object.get(assignment.resource)
        if ((record.app_id if record else assignment.resource), assignment.role) in gone:
            url = f"/servicePrincipals/{client}/appRoleAssignments/{assignment.id}"
            remove.append(ConsentChange(BatchItem("DELETE", url)))
    await _grant_changes(apis, client, in_force, plan, add, remove)
    return add + remove


async def _grant_changes(
    apis: Apis, client: str, in_force: InForce, plan: ConsentPlan, add: list[ConsentChange], remove: list[ConsentChange]
) -> None:
    added = _ordered(plan.add, PermissionType.DELEGATED)
    removed = _ordered(plan.remove, PermissionType.DELEGATED)
    records = await apis.by_app_id({consent.api for consent in added})
    by_object = await apis.by_object_id(grant.resource for grant in in_force.grants)
    grants = {(by_object[g.resource].app_id if g.resource in by_object else g.resource): g for g in in_force.grants}
    for api in sorted({consent.api for consent in [*added, *removed]}):
        new = frozenset(c for c in added if c.api == api)
        gone = [c.value for c in removed if c.api == api]
        grant = grants.get(api)
        scope = merge_scopes(grant.scope if grant else "", add=[c.value for c in new], remove=gone)
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
            add.append(ConsentChange(BatchItem("POST", "/oauth2PermissionGrants", body), new))
        elif scope:
            item = BatchItem("PATCH", f"/oauth2PermissionGrants/{grant.id}", {"scope": scope})
            (add if new else remove).append(ConsentChange(item, new))
        else:
            remove.append(ConsentChange(BatchItem("DELETE", f"/oauth2PermissionGrants/{grant.id}")))


def _ordered(consents: Iterable[Consent], type_: PermissionType) -> list[Consent]:
    return sorted(consent for consent in consents if consent.type is type_)


@dataclass(frozen=True)
class Reached:
    """What is in force after a write, and which of it this write put there."""

    in_force: InForce
    made: frozenset[Consent]
    unsure: frozenset[Consent] = frozenset()
    """Those of `made` whose answer was lost: they may have been there before."""


class UnfinishedError(GraphError):
    """Some changes were made and the rest could not be.

    `cause` is what stopped the rest. `reached` holds what the last read showed, and what we sent and was not refused:
    it may be in force.
    """

    def __init__(self, cause: LockstepError, reached: Reached) -> None:
        super().__init__(str(cause), status=getattr(cause, "status", 0), code=getattr(cause, "code", ""))
        self.cause = cause
        self.reached = reached


async def reach(
    graph: Graph,
    apis: Apis,
    client: str,
    in_force: InForce,
    plan: Callable[[frozenset[Consent]], ConsentPlan],
    *,
    settle: float = _SETTLE,
) -> Reached:
    """Carry out `plan` until it is empty; `in_force` must be fresh.

    Additions go before removals, so that nothing is ever missing. Each round plans anew from the latest read:
    that repairs a write of ours that another writer undid. What was not to be removed at the start is not removed
    later either. Raises UnfinishedError with what holds when a change is refused or agreement is not reached.
    """
    named = plan(in_force.consents).remove
    added, unsure = frozenset[Consent](), frozenset[Consent]()
    tries, waited = 0, 0.0
    failure: GraphError | None = None
    least: int | None = None
    while True:
        todo = plan(in_force.consents)
        todo = replace(todo, remove=todo.remove & named)
        if todo.empty:
            return Reached(in_force, added, unsure)
        left = len(todo.add) + len(todo.remove)
        if least is None or left < least:
            tries, least = 0, left
        if tries == _TRIES:
            raise UnfinishedError(DeadlineError(_no_progress(client, failure)), Reached(in_force, added, unsure))
        try:
            round_ = await _write(graph, apis, client, in_force, todo)
            # What is made a second time is no progress: somebody undoes it.
            tries = 0 if round_.made - added else tries + 1
            added, unsure = added | round_.made, unsure | round_.unsure
            in_force = round_.in_force or in_force
            failure = round_.failure
            if round_.failure is not None:
                if not (round_.renewed or _worth_another_look(round_.failure)):
                    raise round_.failure
                pause = round_.wait if round_.wait is not None else 2.0**tries
                _refuse_too_long(client, waited, pause)
                by_graph = round_.wait is not None and round_.failure.status == 429
                reason = (
                    THROTTLED if by_graph else f"not written ({round_.failure.status or 'no answer'}); looking again"
                )
                await graph.wait(pause, reason, f"the consents of service principal {client}", by_graph=by_graph)
                waited += pause
                in_force = (await look(graph, apis, client, patience=SURE, fresh=True))[1]
            elif not round_.more:
                in_force, spent = await _settled(graph, apis, client, in_force, plan, settle)
                tries = tries + 1 if spent else tries
        except LockstepError as error:
            raise UnfinishedError(error, Reached(in_force, added, unsure)) from error


def _no_progress(client: str, failure: GraphError | None) -> str:
    """Say why we give up: nothing could be written, or something undoes what was."""
    if failure is None:
        problem = "do not stay as written: somebody, or something, undoes it"
    else:
        answer = f"status {failure.status} ({failure.code})" if failure.status else "no answer"
        problem = f"could not be written in {_TRIES} tries, of which the last met {answer}"
    return (
        f"the consents of service principal {client} {problem}; what was done stays done; to fix: run the command again"
    )


def _refuse_too_long(client: str, waited: float, pause: float) -> None:
    """Raise DeadlineError before a wait with which all of them would take longer than Graph may keep us busy."""
    if waited + pause > _PATIENCE:
        before = f"after {waited:g} s of waiting " if waited else ""
        raise DeadlineError(
            f"the consents of service principal {client} are not all written: {before}the next try in {pause:g} s is "
            f"past the deadline of {_PATIENCE:g} s; what was done stays done; to fix: run the command again in "
            f"{max(pause, 60):g} s"
        )


@dataclass(frozen=True)
class _Round:
    """What one batch of writes came to. `more` says that it did not hold all changes."""

    made: frozenset[Consent]
    unsure: frozenset[Consent] = frozenset()
    in_force: InForce | None = None
    failure: GraphError | None = None
    wait: float | None = None
    more: bool = False
    renewed: bool = False
    """Whether Graph demanded another token, which was had: the next request goes with it."""


async def _write(graph: Graph, apis: Apis, client: str, in_force: InForce, todo: ConsentPlan) -> _Round:
    """Send as many changes as one batch takes, with its own read-back, once."""
    changes = await changes_of(apis, client, in_force, todo)
    part = changes[:_WRITES_A_BATCH]
    items = [BatchItem(c.item.method, c.item.url, c.item.body, bool(i)) for i, c in enumerate(part)]
    try:
        answers = await graph.batch([*items, *reads(client, chained=True)], once=True)
    except BusyError as error:
        return _Round(frozenset(), failure=error, wait=error.seconds)
    except OutcomeUnknownError as error:
        lost = frozenset[Consent]().union(*(change.adds for change in part))
        return _Round(lost, lost, failure=error)
    added = frozenset[Consent]().union(
        *(c.adds for c, a in zip(part, answers, strict=False) if a.ok or a.outcome_unknown)
    )
    unsure = frozenset[Consent]().union(*(c.adds for c, a in zip(part, answers, strict=False) if a.outcome_unknown))
    failed = _failed(items, answers)
    if failed is not None:
        renewed = failed.challenge is not None and failed.no_token is None
        wait = 0.0 if renewed else retry_after(failed.headers)
        return _Round(added, unsure, failure=failed.error(), wait=wait, renewed=renewed)
    now = await in_force_of(graph, apis, answers[len(part) :])
    return _Round(added, unsure, now, more=len(changes) > len(part))


async def _settled(
    graph: Graph,
    apis: Apis,
    client: str,
    in_force: InForce,
    plan: Callable[[frozenset[Consent]], ConsentPlan],
    settle: float,
) -> tuple[InForce, bool]:
    """Read until the tenant's answers agree with the plan, for `settle` seconds at most; tell whether it took any."""
    waited, pause, spent = 0.0, 0.5, False
    while not plan(in_force.consents).empty:
        spent = True
        if waited >= settle:
            break
        await graph.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, 5.0)
        in_force = (await look(graph, apis, client, patience=SURE, fresh=True))[1]
    return in_force, spent


def _failed(changes: Sequence[BatchItem], answers: Sequence[BatchAnswer]) -> BatchAnswer | None:
    """Return the first real failure; 424 only echoes it, and a deletion of what is gone has succeeded.

    Graph skips what comes after a deletion of what is gone: then that is the reason to look again.
    """
    done_before = [c.method == "DELETE" and a.gone for c, a in zip(changes, answers, strict=False)]
    for gone, answer in zip(done_before, answers, strict=False):
        if not (answer.ok or answer.skipped or gone):
            return answer
    unread = next((answer for answer in answers[len(changes) :] if not answer.ok), None)
    reason = next((answer for gone, answer in zip(done_before, answers, strict=False) if gone), None)
    return reason if unread is not None and unread.skipped and reason is not None else unread


def _worth_another_look(failure: GraphError) -> bool:
    """True where the change may be there already, or where another writer or a late replica stood in the way."""
    already = failure.status == 400 and "already exists" in str(failure)
    return already or failure.gone or failure.status in (0, 404, 409, 412, 424, 429, 500, 502, 503, 504)
