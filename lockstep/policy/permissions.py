"""Judges one permission that a resource asks for against what the stack declares of its app.

This is the heart of the pack: a permission passes only if its API, its type and its id are all as documented.
Knows no Pulumi type and no property names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.catalogue import (
    DocumentedPermission,
    Permission,
    PermissionType,
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
class Asked:
    """One permission as a resource asks for it. `name` and `api_name` are what a consent says besides, else None."""

    api: str | Unknown
    type: PermissionType
    id: str
    name: str | None = None
    api_name: str | None = None


def judge(asked: Asked, declared: StackApp, *, tolerated: bool = False) -> Objection | None:
    """Return the objection to a permission, or None when the stack's edition documents it and the stack wants it.

    With `tolerated`, what is documented as possible passes too.
    """
    entry, identity = documented(asked, declared)
    if entry is None:
        return _refuse(asked, declared, describe(asked))
    if asked.name is not None and (asked.name, asked.api_name) != (entry.name, entry.api_name):
        right = entry.title
        return _objection(
            f"{describe(asked)}, whose id is that of {right}", declared, asked, "name it as it is documented"
        )
    if identity in declared.withheld_identities:
        fix = "take it out of the program, or the decision out of `withhold` in the stack file"
        return _objection(f"{describe(asked)}, which this stack withholds", declared, asked, fix)
    if identity not in (declared.allowed_identities if tolerated else declared.wanted_identities):
        fix = "take it out of the program, or decide on `possible` of the app in the stack file"
        return _objection(f"{describe(asked)}, which is documented as possible only", declared, asked, fix)
    return None


def describe(asked: Asked) -> str:
    """Return a permission for a person: API, type, name where it has one, and id."""
    if asked.api is UNKNOWN:
        api_name, name = asked.api_name or "an API that is not known yet", asked.name
    else:
        api_name, name = api_title(asked.api), asked.name or _public_name(asked.api, asked.type, asked.id)
    words = [api_name, asked.type.value, *([name] if name else [])]
    return f"{' · '.join(words)} ({shown(asked.id)})"


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


def documented(asked: Asked, declared: StackApp) -> tuple[DocumentedPermission | None, Permission | None]:
    """Return what is documented under exactly this API, type and id, and its identity; None twice when nothing is."""
    if asked.api is not UNKNOWN and is_public(asked.api):
        identity = Permission(asked.api, asked.type, asked.id)
        return declared.documented.get(identity), identity
    if asked.api is not UNKNOWN and not GUID.fullmatch(asked.api):
        return None, None
    # The API is an app that this run makes, or another of the tenant. Only scopes that a catalogue app exposes pass.
    for identity, entry in own(declared).items():
        if (identity.type, identity.id) == (asked.type, asked.id):
            return entry, identity
    return None, None


def _refuse(asked: Asked, declared: StackApp, title: str) -> Objection:
    edition = f"{declared.edition.vendor} {declared.edition.id}"
    fix = "take it out of the program"
    if asked.api is UNKNOWN:
        public = _public_title(asked.id)
        but = f", but {public}" if public else ""
        found = f"{title}, which is no scope that an app of this stack offers to this one{but}"
        return _objection(found, declared, asked, LITERAL)
    lower = Asked(asked.api.lower(), asked.type, asked.id.lower(), asked.name, asked.api_name)
    if lower != asked and documented(lower, declared)[0] is not None:
        return _objection(f"{title}, written in capitals", declared, asked, "write API and id in lower case")
    return _objection(
        f"{title}, which {edition} does not document for this app{_but(asked, declared)}", declared, asked, fix
    )


def _but(asked: Asked, declared: StackApp) -> str:
    """Return what is documented instead, where the difference is easily overlooked."""
    for entry in declared.app.permissions:
        if entry.id != asked.id:
            continue
        if entry.permission.api == asked.api and entry.type is not asked.type:
            return f" (documented as {entry.type.value})"
        if entry.permission.api != asked.api:
            return f" (the same id is documented on {entry.api_name})"
    return ""


def _objection(found: str, declared: StackApp, asked: Asked, fix: str) -> Objection:
    names = sorted({entry.name for entry in _alternatives(asked, declared)})
    name = asked.name or (_public_name(asked.api, asked.type, asked.id) if asked.api is not UNKNOWN else "")
    where = "an API that the run makes" if asked.api is UNKNOWN else api_title(asked.api)
    documented_names = {entry.name for entry in declared.documented.values() if entry.type is asked.type}
    near = nearest(name, names) if name and name not in documented_names else ""
    allowed = f"{asked.type.value} on {where}: {', '.join(names) or 'nothing'}{near}"
    return Objection(found, allowed, fix, declared.source)


def _alternatives(asked: Asked, declared: StackApp) -> Iterable[DocumentedPermission]:
    for identity, entry in declared.documented.items():
        mine = asked.api is UNKNOWN or not is_public(asked.api)
        here = identity in own(declared) if mine else identity.api == str(asked.api).lower()
        if here and entry.type is asked.type and identity in declared.wanted_identities:
            yield entry


def _public_title(id_: str) -> str:
    """Return the public permission that has an id, or nothing."""
    for api in apis().values():
        for type_ in PermissionType:
            found = api.by_id(type_, id_)
            if found is not None:
                return permission_title(api.name, type_.value, found.name)
    return ""


def _public_name(app_id: str, type_: PermissionType, id_: str) -> str:
    for api in apis().values():
        if api.app_id == app_id.lower():
            found = api.by_id(type_, id_)
            return found.name if found else ""
    return ""
