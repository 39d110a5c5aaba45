"""From the fields of an edition file to an Edition: every name resolved, every rule between fields checked.

Knows the permission lists and the shapes' places; reads no file itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lockstep.catalogue.api import Api, ApiPermission, apis
from lockstep.catalogue.limits import exceeded
from lockstep.catalogue.lookup import find_permission
from lockstep.catalogue.model import (
    Alternative,
    App,
    AppKind,
    Basis,
    Capability,
    Correction,
    DocumentedPermission,
    Edition,
    EditionBasis,
    ExposedScope,
    Principal,
    Row,
    Source,
    Statement,
    WhenUsed,
)
from lockstep.catalogue.permission import PermissionType
from lockstep.catalogue.shape import Table
from lockstep.errors import nearest
from lockstep.yaml_file import Node


def stable_scope_id(vendor: str, app: str, value: str) -> str:
    """Return the id of a scope that an app exposes: the same in every tenant, known before the app is created."""
    return str(uuid5(NAMESPACE_URL, f"lockstep:{vendor}/{app}/{value}"))


def edition_from(table: Table) -> Edition:
    """Return the edition that the fields describe; CatalogueError with the place of what is wrong."""
    basis = EditionBasis(table["basis"])
    if (basis is EditionBasis.RECONSTRUCTED) != ("basis_reason" in table):
        message = "a reconstructed edition says in `basis_reason` what it rests on, and a documented one has none"
        raise table.nodes["basis"].refuse(message)
    _refuse_twins(table["apps"], "app", "key")
    known = {**apis(), **_own_apis(table)}
    apps = tuple(_app(entry, table, known) for entry in table["apps"])
    _check_labels(table, known, apps)
    return Edition(
        vendor=table["vendor"],
        id=table["valid_from"],
        valid_from=table["valid_from"],
        product_version=table["product_version"],
        basis=basis,
        basis_reason=table.get("basis_reason"),
        source=Source(**table["source"]),
        footnotes=MappingProxyType({PermissionType(key): text for key, text in table["footnotes"].items()}),
        statements=_statements(table),
        apps=apps,
        apis=MappingProxyType(known),
    )


def _own_apis(table: Table) -> dict[str, Api]:
    """Return the APIs that apps of this edition offer themselves."""
    own: dict[str, Api] = {}
    for app in table["apps"]:
        if app["key"] in apis():
            raise app.nodes["key"].refuse(f"{app['key']!r} is the key of a Microsoft API; name the app otherwise")
        if "exposes" not in app:
            continue
        if app["kind"] != AppKind.REGISTRATION:
            raise app.nodes["exposes"].refuse("only an app of kind registration can expose scopes")
        _refuse_twins(app["exposes"], "exposed scope", "value")
        scopes = tuple(_offered(scope, table["vendor"], app["key"]) for scope in app["exposes"])
        own[app["key"]] = Api(app["key"], app["name"], f"app:{app['key']}", scopes)
    return own


def _offered(scope: Table, vendor: str, app: str) -> ApiPermission:
    expected = stable_scope_id(vendor, app, scope["value"])
    if scope["stable_id"] != expected:
        message = f"stable_id of {scope['value']!r} must be {expected}, which is made from vendor, app and value"
        raise scope.nodes["stable_id"].refuse(message)
    return ApiPermission(
        name=scope["value"],
        type=PermissionType.DELEGATED,
        id=expected,
        display_name=scope["admin_consent_display_name"],
        admin_consent_required=scope["type"] == "Admin",
        enabled=True,
    )


def _app(table: Table, edition: Table, known: Mapping[str, Api]) -> App:
    kind = AppKind(table["kind"])
    if table["optional"] != ("optional_reason" in table):
        message = "an optional app says why in `optional_reason`, and one that is not optional has none"
        raise table.nodes["optional"].refuse(message)
    principals = _principals(table, kind)
    permissions = _permissions(table, edition, known)
    too_much = exceeded(permissions)
    if too_much:
        raise table.nodes["permissions"].refuse(f"{table['name']} asks for {too_much}")
    return App(
        key=table["key"],
        name=table["name"],
        kind=kind,
        role=table["role"],
        created_by=table["created_by"],
        optional=table["optional"],
        optional_reason=table.get("optional_reason"),
        managed_at=table["managed_at"],
        section=table.get("section"),
        permissions=permissions,
        warnings=tuple(table.get("warnings", ())),
        statements=_statements(table),
        principals=principals,
        documented_on=table.get("documented_on"),
        exposes=tuple(ExposedScope(**scope) for scope in table.get("exposes", ())),
    )


def _principals(table: Table, kind: AppKind) -> tuple[Principal, ...]:
    shared = kind is AppKind.SHARED_PRINCIPAL
    for name in ("principals", "documented_on"):
        if shared != (name in table):
            rule = f"an app of kind {AppKind.SHARED_PRINCIPAL} has `principals` and `documented_on`, and no other has"
            raise table.nodes.get(name, table.node).refuse(rule)
    if not shared:
        return ()
    _refuse_twins(table["principals"], "principal", "key")
    for entry in table["principals"]:
        if ("app_id" in entry) == ("identifier_uris" in entry):
            raise entry.node.refuse("a principal is known by `app_id` or by `identifier_uris`, one of the two")
    keys = [entry["key"] for entry in table["principals"]]
    chosen = table["documented_on"]
    if chosen not in keys:
        message = f"no principal {chosen!r}; allowed are {', '.join(keys)}{nearest(chosen, keys)}"
        raise table.nodes["documented_on"].refuse(message)
    return tuple(
        Principal(entry["key"], entry["name"], entry.get("app_id"), tuple(entry.get("identifier_uris", ())))
        for entry in table["principals"]
    )


def _permissions(table: Table, edition: Table, known: Mapping[str, Api]) -> tuple[DocumentedPermission, ...]:
    found: dict[object, Node] = {}
    permissions = []
    for entry in table["permissions"]:
        permission = _permission(entry, table, edition, known)
        first = found.get(permission.permission)
        if first is not None:
            message = f"{permission.title} stands twice in {table['name']}, first in line {first.line}; keep one"
            raise entry.node.refuse(message)
        found[permission.permission] = entry.node
        permissions.append(permission)
    return tuple(permissions)


def _permission(entry: Table, app: Table, edition: Table, known: Mapping[str, Api]) -> DocumentedPermission:
    api, offered = find_permission(entry, known)
    if app["kind"] == AppKind.SHARED_PRINCIPAL and offered.type is not PermissionType.DELEGATED:
        raise entry.nodes["type"].refuse("a shared principal carries delegated permissions only")
    correction = _correction(entry.get("correction"))
    stated = entry["basis"] == Basis.STATED
    row = Row(
        section=entry.get("group") or app.get("section", app["name"]),
        api=edition["api_labels"].get(api.key, api.name),
        name=correction.written_as if correction else offered.name,
        type=offered.type if stated else None,
        has_purpose=entry["purpose"] is not None,
    )
    return DocumentedPermission(
        api=api.key,
        api_name=api.name,
        name=offered.name,
        type=offered.type,
        id=offered.id,
        permission=api.permission(offered),
        basis=Basis(entry["basis"]),
        capability=Capability(entry["capability"]),
        when_used=WhenUsed(entry["when_used"]),
        label=entry["label"],
        purpose=entry["purpose"],
        source=row,
        group=entry.get("group"),
        allows=entry.get("allows"),
        limits=tuple(entry.get("limits", ())),
        correction=correction,
        misdescribed=_correction(entry.get("misdescribed")),
        rejected=tuple(Alternative(**alternative) for alternative in entry.get("rejected", ())),
        notes=tuple(entry.get("notes", ())),
    )


def _correction(fields: Mapping[str, Any] | None) -> Correction | None:
    return Correction(**fields) if fields else None


def _statements(table: Table) -> tuple[Statement, ...]:
    entries = table.get("statements", [])
    _refuse_twins(entries, "statement", "key")
    return tuple(Statement(**entry) for entry in entries)


def _check_labels(table: Table, known: Mapping[str, Api], apps: tuple[App, ...]) -> None:
    labels: Table = table["api_labels"]
    for key, node in labels.nodes.items():
        if key not in known:
            raise node.refuse(f"unknown API {key!r}; known are {', '.join(known)}{nearest(key, known)}")
    used = dict.fromkeys(entry.api for app in apps for entry in app.permissions)
    missing = [key for key in used if key not in labels]
    if missing:
        message = f"`api_labels` lacks {', '.join(missing)}; say what the vendor calls each API that it asks for"
        raise labels.node.refuse(message)


def _refuse_twins(entries: list[Table], what: str, key: str) -> None:
    seen: dict[str, Node] = {}
    for entry in entries:
        first = seen.get(entry[key])
        if first is not None:
            message = f"{what} {entry[key]!r} stands twice, first in line {first.line}; keep one"
            raise entry.nodes[key].refuse(message)
        seen[entry[key]] = entry.node
