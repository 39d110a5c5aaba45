"""Reads the document of `lockstep audit --json` into what a tenant grants. Its texts are a tenant's: none is trusted.

Knows the document's form and nothing of how an audit is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from lockstep.catalogue import PermissionType
from lockstep.dossier.model import Observed, ObservedApp, ObservedRole, Presence, TenantGrant
from lockstep.errors import UsageError
from lockstep.text_file import read_json

FORMAT = "lockstep-audit/1"

# Three ways of being more than is documented; what kind of more it is, the audit itself explains.
_PRESENCE = {
    "wrong-type": Presence.EXTRA,
    "undocumented-api": Presence.EXTRA,
    **{presence.value: presence for presence in Presence},
}


class _Part(BaseModel):
    model_config = ConfigDict(strict=False, extra="ignore", frozen=True, alias_generator=to_camel)


class _Row(_Part):
    api: str
    api_id: str
    type: PermissionType
    value: str
    id: str
    status: str
    consented: bool


class _Role(_Part):
    id: str
    name: str
    scope: str


class _App(_Part):
    vendor: str
    app: str
    name: str
    principal: str
    state: str
    client_id: str
    permissions: tuple[_Row, ...]
    directory_roles: tuple[_Role, ...] | None = None


class _Identity(_Part):
    id: str
    name: str


class _Tenant(_Part):
    tenant: _Identity
    error: str | None
    stack: str | None
    apps: tuple[_App, ...]


class _Audit(_Part):
    format: str
    time: str
    tenants: tuple[_Tenant, ...]


def read_audit(path: Path, *, tenant: str | None = None) -> Observed:
    """Return what an audit's file says of one tenant: of `tenant` (its id), or of the only one that is in it.

    UsageError when the file is not an audit's, or says nothing of that tenant.
    """
    document = read_json(path, f"--audit {path}", hint="`lockstep audit --stack STACK --json` makes one")
    return observed(document, where=f"--audit {path}", how=f"audited ({path.name})", tenant=tenant)


def observed(document: Any, *, where: str, how: str, tenant: str | None = None) -> Observed:
    """Return what an audit's document says of one tenant; `where` names the document, for messages."""
    form = document.get("format") if isinstance(document, dict) else None
    if form != FORMAT:
        raise UsageError(
            f"{where}: is not an audit of the form {FORMAT}; `lockstep audit --stack STACK --json` makes one"
        )
    try:
        audit = _Audit.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{where}: {path}: {first['msg']}; `lockstep audit --stack STACK --json` makes it anew"
        ) from None
    chosen = _chosen(audit.tenants, tenant, where)
    if chosen.error:
        raise UsageError(f"{where}: the tenant {chosen.tenant.id} could not be audited: {chosen.error}")
    apps = tuple(_app(app, where) for app in chosen.apps)
    return Observed(chosen.tenant.id, chosen.tenant.name, audit.time, how, apps)


def _chosen(tenants: Iterable[_Tenant], tenant: str | None, where: str) -> _Tenant:
    by_id = {entry.tenant.id.casefold(): entry for entry in tenants}
    if tenant is None and len(by_id) == 1:
        return next(iter(by_id.values()))
    chosen = by_id.get((tenant or "").casefold())
    if chosen is None:
        listed = f"there are {', '.join(sorted(by_id))}" if by_id else "there is none"
        holds = f"nothing of tenant {tenant}" if tenant else "more than one tenant; name the stack of one with --stack"
        raise UsageError(f"{where}: says {holds}; {listed}")
    return chosen


def _app(app: _App, where: str) -> ObservedApp:
    grants = tuple(_grant(row, where) for row in app.permissions)
    held = app.directory_roles
    roles = None if held is None else tuple(ObservedRole(role.id, role.name, role.scope) for role in held)
    return ObservedApp(app.vendor, app.app, app.name, app.state, grants, app.principal, app.client_id, roles)


def _grant(row: _Row, where: str) -> TenantGrant:
    presence = _PRESENCE.get(row.status)
    if presence is None:
        raise UsageError(f"{where}: the status {row.status!r} is not known; take the report of the same release")
    return TenantGrant(row.api_id, row.api, row.type, row.value, row.id, presence, row.consented)
