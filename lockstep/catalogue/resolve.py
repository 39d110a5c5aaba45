"""From the fields of an edition file to an Edition: every name resolved, every rule between fields checked.

Takes fields of the right shape. A permission is looked up on the API and in the type that its entry gives; a name that
exists elsewhere is never taken, only named in the refusal. Reads no file itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lockstep.catalogue.api import Api, ApiPermission, apis
from lockstep.catalogue.model import (
    Alternative,
    App,
    AppKind,
    ArticleRow,
    Basis,
    Capability,
    Correction,
    DocumentedPermission,
    DocumentedPrincipal,
    DocumentedScope,
    Edition,
    EditionBasis,
    Source,
    Statement,
)
from lockstep.catalogue.permission import OWN_API, PermissionType
from lockstep.errors import nearest
from lockstep.yaml_file import Node

MAX_APIS = 50
MAX_PERMISSIONS = 400
MAX_SCOPE_STRING = 3850
"""Entra's limits on what one app may ask for, and Graph's on the scopes of one grant."""
_NOT_STATED = "not-stated"


class Fields(dict[str, Any]):
    """The fields of a mapping as plain values, with the node of the mapping and of each field's value."""

    def __init__(self, node: Node) -> None:
        super().__init__({name: _value(value) for name, value in node.fields.items()})
        self.node = node
        self.nodes = node.fields

    def stated(self, name: str) -> str | None:
        """Return a text that may be `not-stated`: None then."""
        return None if self[name] == _NOT_STATED else str(self[name])


def _value(node: Node) -> Any:
    if node.kind == "map":
        return Fields(node)
    if node.kind == "seq":
        return [_value(item) for item in node.items]
    return node.value() if node.kind == "bool" else node.text.strip()


def stable_scope_id(vendor: str, app: str, value: str) -> str:
    """Return the id of a scope that an app exposes: the same in every tenant, known before the app is created."""
    return str(uuid5(NAMESPACE_URL, f"lockstep:{vendor}/{app}/{value}"))


def edition_from(fields: Fields) -> Edition:
    """Return the edition that the fields describe; CatalogueError with the place of what is wrong."""
    basis = EditionBasis(fields["basis"])
    if (basis is EditionBasis.RECONSTRUCTED) != ("basis_reason" in fields):
        message = "a reconstructed edition says in `basis_reason` what it rests on, and a documented one has none"
        raise fields.nodes["basis"].refuse(message)
    _refuse_twins(fields["apps"], "app", "key")
    apis_by_key = {**apis(), **_own_apis(fields)}
    apps = tuple(_app(entry, fields, apis_by_key) for entry in fields["apps"])
    _check_labels(fields, apis_by_key, apps)
    return Edition(
        vendor=fields["vendor"],
        id=fields["valid_from"],
        valid_from=fields["valid_from"],
        product_version=fields.stated("product_version"),
        basis=basis,
        basis_reason=fields.get("basis_reason"),
        source=Source(**fields["source"]),
        footnotes=MappingProxyType({PermissionType(key): text for key, text in fields["footnotes"].items()}),
        statements=_statements(fields),
        apps=apps,
        apis=MappingProxyType(apis_by_key),
    )


def _own_apis(fields: Fields) -> dict[str, Api]:
    """Return the APIs that apps of this edition offer themselves."""
    own: dict[str, Api] = {}
    for app in fields["apps"]:
        if app["key"] in apis():
            raise app.nodes["key"].refuse(f"{app['key']!r} is the key of a Microsoft API; name the app otherwise")
        if "exposes" not in app:
            continue
        if app["kind"] != AppKind.REGISTRATION:
            raise app.nodes["exposes"].refuse("only an app of kind registration can expose scopes")
        _refuse_twins(app["exposes"], "exposed scope", "value")
        scopes = tuple(_offered(scope, fields["vendor"], app["key"]) for scope in app["exposes"])
        own[app["key"]] = Api(app["key"], app["name"], f"{OWN_API}{app['key']}", scopes)
    return own


def _offered(scope: Fields, vendor: str, app: str) -> ApiPermission:
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


def _app(fields: Fields, edition: Fields, apis_by_key: Mapping[str, Api]) -> App:
    kind = AppKind(fields["kind"])
    if fields["optional"] != ("optional_reason" in fields):
        message = "an optional app says why in `optional_reason`, and one that is not optional has none"
        raise fields.nodes["optional"].refuse(message)
    principals = _principals(fields, kind)
    permissions = _permissions(fields, edition, apis_by_key)
    too_much = _exceeded(permissions)
    if too_much:
        raise fields.nodes["permissions"].refuse(f"{fields['name']} asks for {too_much}")
    return App(
        key=fields["key"],
        name=fields["name"],
        kind=kind,
        role=fields["role"],
        created_by=fields.stated("created_by"),
        optional=fields["optional"],
        optional_reason=fields.get("optional_reason"),
        managed_at=fields["managed_at"],
        section=fields.get("section"),
        permissions=permissions,
        warnings=tuple(fields.get("warnings", ())),
        statements=_statements(fields),
        principals=principals,
        documented_on=fields.get("documented_on"),
        exposes=tuple(DocumentedScope(**scope) for scope in fields.get("exposes", ())),
    )


def _principals(fields: Fields, kind: AppKind) -> tuple[DocumentedPrincipal, ...]:
    shared = kind is AppKind.SHARED_PRINCIPAL
    for name in ("principals", "documented_on"):
        if shared != (name in fields):
            rule = f"an app of kind {AppKind.SHARED_PRINCIPAL} has `principals` and `documented_on`, and no other has"
            raise fields.nodes.get(name, fields.node).refuse(rule)
    if not shared:
        return ()
    _refuse_twins(fields["principals"], "principal", "key")
    for entry in fields["principals"]:
        if ("app_id" in entry) == ("identifier_uris" in entry):
            raise entry.node.refuse("a principal is known by `app_id` or by `identifier_uris`, one of the two")
    keys = [entry["key"] for entry in fields["principals"]]
    chosen = fields["documented_on"]
    if chosen not in keys:
        message = f"no principal {chosen!r}; allowed are {', '.join(keys)}{nearest(chosen, keys)}"
        raise fields.nodes["documented_on"].refuse(message)
    return tuple(
        DocumentedPrincipal(entry["key"], entry["name"], entry.get("app_id"), tuple(entry.get("identifier_uris", ())))
        for entry in fields["principals"]
    )


def _permissions(fields: Fields, edition: Fields, apis_by_key: Mapping[str, Api]) -> tuple[DocumentedPermission, ...]:
    places: dict[object, Node] = {}
    permissions = []
    for entry in fields["permissions"]:
        permission = _permission(entry, fields, edition, apis_by_key)
        first = places.get(permission.permission)
        if first is not None:
            message = f"{permission.title} stands twice in {fields['name']}, first in line {first.line}; keep one"
            raise entry.node.refuse(message)
        places[permission.permission] = entry.node
        permissions.append(permission)
    return tuple(permissions)


def _permission(entry: Fields, app: Fields, edition: Fields, apis_by_key: Mapping[str, Api]) -> DocumentedPermission:
    api, offered = _find_permission(entry, apis_by_key)
    if app["kind"] == AppKind.SHARED_PRINCIPAL and offered.type is not PermissionType.DELEGATED:
        raise entry.nodes["type"].refuse("a shared principal carries delegated permissions only")
    correction = _correction(entry.get("correction"))
    stated = entry["basis"] == Basis.STATED
    row = ArticleRow(
        section=entry.get("group") or app.get("section", app["name"]),
        api=edition["api_labels"].get(api.key, api.name),
        name=correction.written_as if correction else offered.name,
        type=offered.type if stated else None,
        has_purpose=entry.stated("purpose") is not None,
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
        when_used=entry["when_used"],
        label=entry["label"],
        purpose=entry.stated("purpose"),
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


def _statements(fields: Fields) -> tuple[Statement, ...]:
    entries = fields.get("statements", [])
    _refuse_twins(entries, "statement", "key")
    return tuple(Statement(**{**entry, "microsoft": entry.stated("microsoft")}) for entry in entries)


def _check_labels(fields: Fields, apis_by_key: Mapping[str, Api], apps: tuple[App, ...]) -> None:
    labels: Fields = fields["api_labels"]
    for key, node in labels.node.keys.items():
        if key not in apis_by_key:
            raise node.refuse(f"unknown API {key!r}; known are {', '.join(apis_by_key)}{nearest(key, apis_by_key)}")
    used = dict.fromkeys(entry.api for app in apps for entry in app.permissions)
    missing = [key for key in used if key not in labels]
    if missing:
        message = f"`api_labels` lacks {', '.join(missing)}; say what the vendor calls each API that it asks for"
        raise labels.node.refuse(message)


def _refuse_twins(entries: list[Fields], what: str, key: str) -> None:
    places: dict[str, Node] = {}
    for entry in entries:
        first = places.get(entry[key])
        if first is not None:
            message = f"{what} {entry[key]!r} stands twice, first in line {first.line}; keep one"
            raise entry.nodes[key].refuse(message)
        places[entry[key]] = entry.node


def _find_permission(entry: Fields, apis_by_key: Mapping[str, Api]) -> tuple[Api, ApiPermission]:
    """Return the API and the permission that `api`, `type`, `name` and `id` of an entry agree on."""
    key, name, type = entry["api"], entry["name"], PermissionType(entry["type"])
    api = apis_by_key.get(key)
    if api is None:
        message = f"unknown API {key!r}; allowed are {', '.join(apis_by_key)}{nearest(key, apis_by_key)}"
        raise entry.nodes["api"].refuse(message)
    offered = api.find(name, type)
    if offered is None:
        raise entry.nodes["name"].refuse(_unknown(api, name, type, apis_by_key))
    if offered.id != entry["id"]:
        raise entry.nodes["id"].refuse(_wrong_id(api, offered, entry["id"]))
    return api, offered


def _unknown(api: Api, name: str, type: PermissionType, apis_by_key: Mapping[str, Api]) -> str:
    other = _other(type)
    head = f"{api.name} has no {type.value} permission {name!r}"
    if api.find(name, other):
        return f"{head}: it exists as {other.value} only; correct `type` or `name`{_near(api, name, type)}"
    for elsewhere in apis_by_key.values():
        types = [kind.value for kind in (type, other) if elsewhere.find(name, kind)]
        if types:
            where = f"it exists on {elsewhere.name} ({' and '.join(types)})"
            return f"{head}: {where}; correct `api` to {elsewhere.key} or `name`{_near(api, name, type)}"
    return f"{head}, nor has another API; correct `name`{_near(api, name, type)}"


def _wrong_id(api: Api, offered: ApiPermission, id: str) -> str:
    head = f"id {id} is not that of {api.name} {offered.type.value} {offered.name}, which is {offered.id}"
    for type in (offered.type, _other(offered.type)):
        owner = api.by_id(type, id)
        if owner:
            return f"{head}: it is that of {type.value} {owner.name}; correct `id` or `name` and `type`"
    return f"{head}; correct `id`"


def _near(api: Api, name: str, type: PermissionType) -> str:
    return nearest(name, api.names(type))


def _other(type: PermissionType) -> PermissionType:
    return PermissionType.APPLICATION if type is PermissionType.DELEGATED else PermissionType.DELEGATED


def _exceeded(permissions: Sequence[DocumentedPermission]) -> str:
    """Return which limit the permissions of one app exceed, or nothing.

    Permissions that are only possible count too: a tenant may hold them all.
    """
    scopes: dict[str, list[str]] = defaultdict(list)
    for entry in permissions:
        if entry.type is PermissionType.DELEGATED:
            scopes[entry.api_name].append(entry.name)
    apis = {entry.api for entry in permissions}
    if len(apis) > MAX_APIS:
        return f"{len(apis)} APIs; Entra takes at most {MAX_APIS} an app"
    if len(permissions) > MAX_PERMISSIONS:
        return f"{len(permissions)} permissions; Entra takes at most {MAX_PERMISSIONS} an app"
    for api, names in scopes.items():
        length = len(" ".join(names))
        if length > MAX_SCOPE_STRING:
            return f"a scope string of {length} characters for {api}; Graph takes at most {MAX_SCOPE_STRING} an API"
    return ""
