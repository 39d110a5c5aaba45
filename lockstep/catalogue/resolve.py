"""From the fields of an edition file to an Edition: every name resolved, every rule between fields checked.

Takes fields of the right shape. A permission is looked up on the API and in the type that its entry gives; a name that
exists elsewhere is never taken, only named in the refusal. Reads no file itself.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

from lockstep.catalogue.api import Api, ApiPermission, apis, shipped_apis
from lockstep.catalogue.model import (
    NOT_STATED,
    ONLY_WITH,
    Alternative,
    App,
    AppKind,
    ArticleRow,
    Basis,
    Capability,
    Correction,
    DirectoryRole,
    DocumentedPermission,
    DocumentedPrincipal,
    DocumentedScope,
    Edition,
    EditionBasis,
    Feature,
    PublishedId,
    Renewal,
    Source,
    Statement,
)
from lockstep.catalogue.permission import OWN_API, PermissionType
from lockstep.catalogue.private import private_text_name
from lockstep.errors import nearest
from lockstep.yaml_file import Node

MAX_APIS = 50
MAX_PERMISSIONS = 400
MAX_SCOPE_STRING = 3850
"""Entra's limits on what one app may ask for, and Graph's on the scopes of one grant."""
_MANAGED_AT = {
    AppKind.REGISTRATION: "Microsoft Entra admin center, App registrations, {name}",
    AppKind.ENTERPRISE_APP: "Microsoft Entra admin center, Enterprise applications, {name}, Permissions",
    AppKind.SHARED_PRINCIPAL: "Microsoft Entra admin center, Enterprise applications",
}


@dataclass(frozen=True)
class Surroundings:
    """What an entry of an edition may refer to: the edition's sources, features and APIs, and what it calls these.

    `source` is the key of the source that a fact is from unless it names another one.
    """

    sources: Mapping[str, Source]
    features: Mapping[str, Feature]
    apis: Mapping[str, Api]
    labels: Mapping[str, str]
    source: str

    def source_of(self, fields: Fields) -> Source:
        """Return the source that a fact is from."""
        key = fields.get("source", self.source)
        if key not in self.sources:
            raise fields.nodes["source"].refuse(_not_defined("source", key, self.sources))
        return self.sources[key]

    def feature_of(self, fields: Fields) -> Feature | None:
        """Return the feature without which a permission is not used, if the vendor says so."""
        word = fields.get("when_used", NOT_STATED)
        if word == NOT_STATED:
            return None
        key = word.removeprefix(ONLY_WITH)
        if key not in self.features:
            raise fields.nodes["when_used"].refuse(_not_defined("feature", key, self.features))
        return self.features[key]


def _not_defined(what: str, key: str, defined: Mapping[str, object]) -> str:
    has = f"it defines {', '.join(defined)}" if defined else f"it defines no {what}s"
    return f"the edition defines no {what} {key!r}; {has}{nearest(key, defined)}"


class Fields(dict[str, Any]):
    """The fields of a mapping as plain values, with the node of the mapping and of each field's value."""

    def __init__(self, node: Node) -> None:
        super().__init__({name: _value(value) for name, value in node.fields.items()})
        self.node = node
        self.nodes = node.fields

    def stated(self, name: str) -> str | None:
        """Return a text that may be `not-stated`, or left out: None then."""
        return None if self.get(name, NOT_STATED) == NOT_STATED else str(self[name])

    def some(self, name: str) -> list[Any]:
        """Return the entries of a list that may be left out."""
        return list(self.get(name, ()))


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
    if basis is EditionBasis.OBSERVED:
        raise fields.nodes["basis"].refuse(
            "what was observed in a tenant is what somebody granted there, not what the vendor documents; name the"
            " vendor's text in `sources`, compare each permission with it, and write `basis: documented`"
        )
    if (basis is EditionBasis.RECONSTRUCTED) != ("basis_reason" in fields):
        message = "a reconstructed edition says in `basis_reason` what it rests on, and a documented one has none"
        raise fields.nodes["basis"].refuse(message)
    for name, what in (("apps", "app"), ("sources", "source"), ("features", "feature")):
        _refuse_twins(fields.some(name), what, "key")
    _refuse_twins([app["client_id"] for app in fields["apps"] if "client_id" in app], "the published client id", "id")
    about = Surroundings(
        sources={entry["key"]: Source(**entry) for entry in fields["sources"]},
        features={entry["key"]: Feature(**entry) for entry in fields.some("features")},
        apis=ChainMap(_own_apis(fields), cast("dict[str, Api]", apis())),
        labels=fields.get("api_labels", {}),
        source=fields["sources"][0]["key"],
    )
    _check_labels(fields, about.apis)
    apps = tuple(_app(entry, about) for entry in fields["apps"])
    _refuse_idle(fields, apps)
    return Edition(
        vendor=fields["vendor"],
        name=fields["name"],
        id=fields["valid_from"],
        valid_from=fields["valid_from"],
        product_version=fields.stated("product_version"),
        basis=basis,
        basis_reason=fields.get("basis_reason"),
        sources=tuple(about.sources.values()),
        features=tuple(about.features.values()),
        footnotes=MappingProxyType({PermissionType(key): text for key, text in fields.get("footnotes", {}).items()}),
        statements=_statements(fields, about),
        apps=apps,
        apis=MappingProxyType(about.apis),
    )


def _refuse_idle(fields: Fields, apps: tuple[App, ...]) -> None:
    """Refuse a feature that no permission depends on: a stack that turns it off would change nothing."""
    used = {entry.feature.key for app in apps for entry in app.permissions if entry.feature}
    for entry in fields.some("features"):
        if entry["key"] not in used:
            raise entry.nodes["key"].refuse(
                f"no permission has `when_used: {ONLY_WITH}{entry['key']}`, so nothing depends on the feature; say it"
                " of the permissions that do, or take the feature out"
            )


def _own_apis(fields: Fields) -> dict[str, Api]:
    """Return the APIs that apps of this edition offer themselves."""
    own: dict[str, Api] = {}
    for app in fields["apps"]:
        if app["key"] in apis():
            listed = f"an API that the project lists ({private_text_name('apis/' + app['key'] + '.json')})"
            whose = "a Microsoft API" if app["key"] in shipped_apis() else listed
            raise app.nodes["key"].refuse(f"{app['key']!r} is the key of {whose}; name the one or the other otherwise")
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


def _app(fields: Fields, edition: Surroundings) -> App:
    kind, optional = AppKind(fields["kind"]), fields.get("optional", False)
    if optional != ("optional_reason" in fields):
        message = "an optional app says why in `optional_reason`, and one that is not optional has none"
        raise fields.nodes.get("optional", fields.node).refuse(message)
    if "client_id" in fields and kind is not AppKind.ENTERPRISE_APP:
        rule = f"only an app of kind {AppKind.ENTERPRISE_APP} has one app id in every tenant"
        raise fields.nodes["client_id"].refuse(rule)
    if "directory_roles" in fields and kind is AppKind.SHARED_PRINCIPAL:
        rule = "a role given to a shared principal is given to everybody who uses it; no vendor may ask for that"
        raise fields.nodes["directory_roles"].refuse(rule)
    source = edition.source_of(fields)
    about = replace(edition, source=source.key)
    principals = _principals(fields, kind)
    permissions = _permissions(fields, about)
    _refuse_twins(fields.some("directory_roles"), "directory role", "template_id")
    too_much = _exceeded(permissions)
    if too_much:
        raise fields.nodes["permissions"].refuse(f"{fields['name']} asks for {too_much}")
    return App(
        key=fields["key"],
        name=fields["name"],
        kind=kind,
        role=fields["role"],
        created_by=fields.stated("created_by"),
        optional=optional,
        optional_reason=fields.get("optional_reason"),
        managed_at=fields.get("managed_at") or _MANAGED_AT[kind].format(name=fields["name"]),
        section=fields.get("section"),
        permissions=permissions,
        source=source,
        client_id=_published_id(fields, about),
        directory_roles=tuple(
            DirectoryRole(**{**entry, "source": about.source_of(entry)}) for entry in fields.some("directory_roles")
        ),
        renewals=tuple(Renewal(**{**entry, "source": about.source_of(entry)}) for entry in fields.some("renewals")),
        warnings=tuple(fields.get("warnings", ())),
        statements=_statements(fields, about),
        principals=principals,
        documented_on=fields.get("documented_on"),
        exposes=tuple(DocumentedScope(**scope) for scope in fields.get("exposes", ())),
    )


def _published_id(fields: Fields, about: Surroundings) -> PublishedId | None:
    entry = fields.get("client_id")
    return PublishedId(entry["id"], about.source_of(entry)) if entry else None


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
    if set(keys) != {"new", "old"}:
        rule = "an app of kind shared-principal stands for SharePoint's two principals, with the keys `new` and `old`"
        raise fields.nodes["principals"].refuse(f"{rule}; list both")
    chosen = fields["documented_on"]
    if chosen not in keys:
        message = f"no principal {chosen!r}; allowed are {', '.join(keys)}{nearest(chosen, keys)}"
        raise fields.nodes["documented_on"].refuse(message)
    return tuple(
        DocumentedPrincipal(entry["key"], entry["name"], entry.get("app_id"), tuple(entry.get("identifier_uris", ())))
        for entry in fields["principals"]
    )


def _permissions(fields: Fields, about: Surroundings) -> tuple[DocumentedPermission, ...]:
    places: dict[object, Node] = {}
    permissions = []
    for entry in fields["permissions"]:
        permission = _permission(entry, fields, about)
        first = places.get(permission.permission)
        if first is not None:
            message = f"{permission.title} stands twice in {fields['name']}, first in line {first.line}; keep one"
            raise entry.node.refuse(message)
        places[permission.permission] = entry.node
        permissions.append(permission)
    return tuple(permissions)


def _permission(entry: Fields, app: Fields, about: Surroundings) -> DocumentedPermission:
    api, offered = _find_permission(entry, about.apis)
    if app["kind"] == AppKind.SHARED_PRINCIPAL and offered.type is not PermissionType.DELEGATED:
        raise entry.nodes["type"].refuse("a shared principal carries delegated permissions only")
    correction = _correction(entry.get("correction"))
    basis = Basis(entry.get("basis", Basis.STATED))
    row = ArticleRow(
        section=entry.get("group") or app.get("section", app["name"]),
        api=about.labels.get(api.key, api.name),
        name=correction.written_as if correction else offered.name,
        type=offered.type if basis is Basis.STATED else None,
        has_purpose=entry.stated("purpose") is not None,
    )
    return DocumentedPermission(
        api=api.key,
        api_name=api.name,
        name=offered.name,
        type=offered.type,
        id=offered.id,
        permission=api.permission(offered),
        basis=basis,
        capability=Capability(entry["capability"]),
        feature=about.feature_of(entry),
        label=entry.get("label") or offered.display_name or offered.name,
        purpose=entry.stated("purpose"),
        row=row,
        source=about.source_of(entry),
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


def _statements(fields: Fields, about: Surroundings) -> tuple[Statement, ...]:
    entries = fields.some("statements")
    _refuse_twins(entries, "statement", "key")
    return tuple(
        Statement(**{**entry, "microsoft": entry.stated("microsoft"), "source": about.source_of(entry)})
        for entry in entries
    )


def _check_labels(fields: Fields, apis_by_key: Mapping[str, Api]) -> None:
    labels = fields.nodes.get("api_labels")
    for key, node in labels.keys.items() if labels else ():
        if key not in apis_by_key:
            raise node.refuse(f"unknown API {key!r}; known are {', '.join(apis_by_key)}{nearest(key, apis_by_key)}")


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
        second = api.by_id(type, entry["id"])
        if second is not None and (second.name, second.id) == (name, entry["id"]):
            return api, second  # the API has given the name two ids
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
