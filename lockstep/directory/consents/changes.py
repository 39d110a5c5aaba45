"""The requests that bring the consents of one client from what is in force to a plan: additions, then removals.

Looks APIs up, writes nothing, and decides nothing of what to change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.catalogue import MAX_SCOPE_STRING
from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent, ConsentPlan, merge_scopes
from lockstep.directory.consents.reading import InForce
from lockstep.directory.graph import BatchItem
from lockstep.directory.principals import Apis
from lockstep.errors import RefusedError


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
