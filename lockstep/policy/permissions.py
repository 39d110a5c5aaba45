"""Judges one permission that a resource asks for against what the stack declares of its app.

This is the heart of the pack: a permission passes only if its API, its type and its id are all as documented.
Knows no Pulumi type and no property names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lockstep.catalogue import (
    DocumentedPermission,
    Permission,
    PermissionType,
    api_of,
    apis,
    is_public,
    permission_title,
    public_apps,
)
from lockstep.errors import nearest
from lockstep.policy.reading import GUID, UNKNOWN, Unknown, shown
from lockstep.policy.rule import Objection
from lockstep.settings.stack_app import StackApp

LITERAL = "write API, type and id as literals: what is not known before the run cannot be judged"


@dataclass(frozen=True)
class Requested:
    """One permission as a resource asks for it. `name` and `api_name` are what a consent says besides, else None."""

    api: str | Unknown
    type: PermissionType
    id: str
    name: str | None = None
    api_name: str | None = None


def judge(request: Requested, declared: StackApp, *, tolerated: bool = False) -> Objection | None:
    """Return the objection to a permission, or None when the stack's edition documents it and the stack wants it.

    With `tolerated`, what is documented as possible passes too.
    """
    entry, identity = documented(request, declared)
    if entry is None:
        return _undocumented(request, declared)
    if request.name is not None and (request.name, request.api_name) != (entry.name, entry.api_name):
        refused = f"{describe(request)}, whose id is that of {entry.title}"
        return _objection(refused, declared, request, "name it as it is documented")
    if identity in declared.withheld_identities:
        fix = "take it out of the program, or the decision out of `withhold` in the stack file"
        return _objection(f"{describe(request)}, which this stack withholds", declared, request, fix)
    if identity not in (declared.allowed_identities if tolerated else declared.wanted_identities):
        fix = "take it out of the program, or decide on `possible` of the app in the stack file"
        return _objection(f"{describe(request)}, which is documented as possible only", declared, request, fix)
    return None


def describe(request: Requested) -> str:
    """Return a permission for a person: API, type, name where it has one, and id."""
    if request.api is UNKNOWN:
        api_name, name = request.api_name or "an API that is not known yet", request.name
    else:
        api_name, name = api_title(request.api), request.name or _public_name(request.api, request.type, request.id)
    words = [api_name, request.type.value, *([name] if name else [])]
    return f"{' · '.join(words)} ({shown(request.id)})"


def api_title(app_id: str) -> str:
    """Return the name of an API, or its id where it is not a public one."""
    return public_apps().get(app_id.lower()) or f"the API {shown(app_id)}"


def own(declared: StackApp) -> dict[Permission, DocumentedPermission]:
    """Return the documented permissions of an app on APIs that the stack makes itself.

    The id of an adopted scope comes from the stack file. An id that a public permission has too is left out: with it, a
    stack file could let the public permission pass as the scope.
    """
    return {
        identity: entry
        for identity, entry in declared.documented.items()
        if entry.on_own_api and not _public_title(identity.id)
    }


def documented(request: Requested, declared: StackApp) -> tuple[DocumentedPermission | None, Permission | None]:
    """Return what is documented under exactly this API, type and id, and its identity; None twice when nothing is."""
    if request.api is not UNKNOWN and is_public(request.api):
        identity = Permission(request.api, request.type, request.id)
        return declared.documented.get(identity), identity
    if request.api is not UNKNOWN and not GUID.fullmatch(request.api):
        return None, None
    # The API is an app that this run makes, or another of the tenant. Only scopes that a catalogue app exposes pass.
    for identity, entry in own(declared).items():
        if (identity.type, identity.id) == (request.type, request.id):
            return entry, identity
    return None, None


def _undocumented(request: Requested, declared: StackApp) -> Objection:
    title, edition = describe(request), f"{declared.edition.vendor} {declared.edition.id}"
    if request.api is UNKNOWN:
        public = _public_title(request.id)
        but = f", but {public}" if public else ""
        refused = f"{title}, which is no scope that an app of this stack offers to this one{but}"
        return _objection(refused, declared, request, LITERAL)
    lower = replace(request, api=request.api.lower(), id=request.id.lower())
    if lower != request and documented(lower, declared)[0] is not None:
        return _objection(f"{title}, written in capitals", declared, request, "write API and id in lower case")
    refused = f"{title}, which {edition} does not document for this app{_but(request, declared)}"
    return _objection(refused, declared, request, "take it out of the program")


def _but(request: Requested, declared: StackApp) -> str:
    """Return what is documented instead, where the difference is easily overlooked."""
    for entry in declared.app.permissions:
        if entry.id != request.id:
            continue
        if entry.permission.api == request.api and entry.type is not request.type:
            return f" (documented as {entry.type.value})"
        if entry.permission.api != request.api:
            return f" (the same id is documented on {entry.api_name})"
    return ""


def _objection(refused: str, declared: StackApp, request: Requested, fix: str) -> Objection:
    names = sorted({entry.name for entry in _alternatives(request, declared)})
    name = request.name or (_public_name(request.api, request.type, request.id) if request.api is not UNKNOWN else "")
    where = "an API that the run makes" if request.api is UNKNOWN else api_title(request.api)
    documented_names = {entry.name for entry in declared.documented.values() if entry.type is request.type}
    near = nearest(name, names) if name and name not in documented_names else ""
    allowed = f"{request.type.value} on {where}: {', '.join(names) or 'nothing'}{near}"
    return Objection(refused, allowed, fix, declared.source)


def _alternatives(request: Requested, declared: StackApp) -> Iterable[DocumentedPermission]:
    if request.api is UNKNOWN or not is_public(request.api):
        offered = own(declared)
    else:
        api = request.api.lower()
        offered = {identity: entry for identity, entry in declared.documented.items() if identity.api == api}
    for identity, entry in offered.items():
        if entry.type is request.type and identity in declared.wanted_identities:
            yield entry


def _public_title(id_: str) -> str:
    """Return the public permission that has an id, or nothing."""
    for api in apis().values():
        for type_ in PermissionType:
            offered = api.by_id(type_, id_)
            if offered is not None:
                return permission_title(api.name, type_.value, offered.name)
    return ""


def _public_name(app_id: str, type_: PermissionType, id_: str) -> str:
    api = api_of(app_id)
    offered = api.by_id(type_, id_) if api else None
    return offered.name if offered else ""
