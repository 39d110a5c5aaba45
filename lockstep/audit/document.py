"""An audit as JSON values: evidence that stands by itself. Field names are an interface: added to, never changed.

It holds names and ids and no secret; who the owners are is in it, and of users who consented only how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lockstep.audit.identify import LookAlike
from lockstep.audit.judge import AppAudit, Exposed, Held
from lockstep.audit.permissions import Row
from lockstep.audit.tenant import TenantAudit
from lockstep.catalogue import Edition, load

FORMAT = "lockstep-audit/1"
TIME = "%Y-%m-%dT%H:%M:%SZ"

Document = dict[str, Any]


def tenant_document(audit: TenantAudit, *, stack: str | None) -> Document:
    """Return one tenant's part."""
    observed = audit.observed
    return {
        "tenant": {"id": observed.tenant_id, "name": observed.tenant_name},
        "error": None,
        "stack": stack,
        "caller": {"clientId": audit.caller.client_id, "objectId": audit.caller.object_id},
        "requests": observed.requests,
        "editions": editions(audit.plan.editions),
        "notRead": [{"what": each.what, "needs": each.needs, "why": each.why} for each in observed.not_read],
        "apps": [_app(app) for app in audit.apps],
    }


def failed_document(tenant: str, error: str, *, stack: str | None) -> Document:
    """Return the part of a tenant that could not be read: nothing is said of it but why."""
    empty: Document = {"requests": 0, "editions": {}, "notRead": [], "apps": []}
    return {"tenant": {"id": tenant, "name": ""}, "error": error, "stack": stack, "caller": None, **empty}


def editions(found: Sequence[Edition]) -> Document:
    """Return the editions that were judged by, with the digest of their files."""
    return {
        each.vendor: {"id": each.id, "digest": load().digest(each.vendor, each.id), "basis": each.basis.value}
        for each in found
    }


def _app(app: AppAudit) -> Document:
    found, expected = app.found, app.found.subject.expected
    record = found.principal.record if found.principal else None
    made = found.application.created if found.application else found.principal.created if found.principal else ""
    owners, roles = app.holdings.owners, app.holdings.roles
    return {
        "vendor": expected.vendor,
        "app": expected.app.key,
        "name": found.name,
        "kind": expected.kind.value,
        "mode": "additive" if app.additive else "exact",
        "principal": found.principal_key,
        "state": found.state.value,
        "clientId": app.app_id,
        "objectId": found.application.object_id if found.application else "",
        "servicePrincipalId": record.object_id if record else "",
        "created": made or None,
        "candidates": list(found.candidates),
        "permissions": [_row(row) for row in app.permissions.rows],
        "userConsents": [_row(row) for row in app.permissions.users],
        "owners": None
        if owners is None
        else [{"id": e.id, "name": e.name, "kind": e.kind, "of": e.of} for e in owners],
        "credentials": [_credential(each) for each in app.credentials],
        "directoryRoles": None if roles is None else [{"id": e.id, "name": e.name, "scope": e.scope} for e in roles],
        "exposedScopes": [_exposed(each) for each in app.exposed],
        "preAuthorized": sorted(found.application.pre_authorized) if found.application else [],
        "lookAlikes": [_look_alike(each) for each in found.look_alikes],
    }


def _row(row: Row) -> Document:
    return {
        "api": row.api,
        "apiId": row.api_id,
        "type": row.type.value,
        "value": row.value,
        "id": row.id,
        "status": row.status.value,
        "documented": row.documented,
        "configured": row.configured,
        "consented": row.consented,
        "users": row.users,
        "since": row.since or None,
    }


def _credential(held: Held) -> Document:
    one = held.credential
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "of": one.of,
        "created": one.created or None,
        "expires": one.expires or None,
        "ageDays": held.age,
        "expiresInDays": held.left,
    }


def _exposed(each: Exposed) -> Document:
    scope = each.scope
    return {
        "value": scope.value,
        "id": scope.id,
        "enabled": scope.enabled,
        "type": scope.type,
        "status": each.status.value,
    }


def _look_alike(each: LookAlike) -> Document:
    return {
        "name": each.name,
        "clientId": each.app_id,
        "objectId": each.object_id,
        "kind": each.kind,
        "environment": each.environment,
        "created": each.created or None,
    }
