"""Reads the tenant-wide consents of one client in one `$batch`: what is in force, and the objects that carry it.

Knows nothing of Pulumi, of what is documented, and of writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent, parse_scopes
from lockstep.directory.graph import BatchAnswer, BatchItem, Graph, address, literal
from lockstep.directory.principals import Apis, body_of, principal_item
from lockstep.directory.records import ApiRecord, PrincipalRecord
from lockstep.directory.retry import pauses
from lockstep.errors import GraphError

SURE = 8.0  # seconds of asking again before a principal that was there counts as gone: five answers that agree


@dataclass(frozen=True)
class GrantRecord:
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
    if any(answer.status == 404 for answer in answers):
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
    roles, scopes = [await all_pages(graph, body_of(answer)) for answer in answers]
    grants = tuple(GrantRecord(str(g["id"]), str(g["resourceId"]).lower(), str(g.get("scope") or "")) for g in scopes)
    assignments = tuple(
        Assignment(str(a["id"]), str(a["resourceId"]).lower(), str(a["appRoleId"]).lower()) for a in roles
    )
    resources = {g.resource for g in grants} | {a.resource for a in assignments}
    fresh = apis.has(resources)
    records = await apis.by_object_id(resources)
    names = {records[resource].app_id: records[resource].display_name for resource in resources & records.keys()}
    consents = {consent for grant in grants for consent in scope_consents(grant, records)}
    consents |= {role_consent(assignment, records) for assignment in assignments}
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


async def all_pages(graph: Graph, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the values of a page that a batch answered with, and of all that follow it."""
    first = list(body.get("value") or ())
    link = body.get("@odata.nextLink")
    return first + list(await graph.pages(str(link))) if link else first
