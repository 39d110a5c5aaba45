"""A tenant from a description in YAML: which catalogued apps are set up by hand in it, and how they differ.

A description names vendors, apps and permissions by the words of the catalogue, and is checked against it as a whole
before anything is made. So a vendor has profiles without code. docs/emulator.md shows an example of each field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from lockstep.catalogue import App, AppKind, load
from lockstep.catalogue.shape import FileShape, Key, Name, Some, Text, checked
from lockstep.emulator.constants import EPOCH, SPFX_APP_ID, TENANT_ID
from lockstep.emulator.exceptions import ServiceError
from lockstep.emulator.profiles.base import DEPLOYER_NAME, OLD_SPFX_NAME, OLD_SPFX_URI, USERS, Base
from lockstep.emulator.profiles.by_hand import NOTHING, ByHand, Held, Setup, documented
from lockstep.emulator.registry import listed_apis, microsoft_apps, vendor_client_id
from lockstep.emulator.roles.definitions import built_in
from lockstep.emulator.store import Object
from lockstep.errors import CatalogueError, UsageError, nearest
from lockstep.yaml_file import Node, read_yaml

_TYPES = ("delegated", "application")
_REGISTERED = ("suffix", "name", "unconfigured", "unconsented", "scopes_enabled", "owners", "secrets")
"""What only a registration of the tenant's own can have."""
_NOT_FOR = {
    AppKind.REGISTRATION: ("principal",),
    AppKind.ENTERPRISE_APP: ("principal", *_REGISTERED),
    AppKind.SHARED_PRINCIPAL: ("directory_roles", *_REGISTERED),
}
"""The fields that an app of each kind cannot have."""


def _text(value: object) -> object:
    """Take a date that stands without quotes as it is written."""
    return value.text if isinstance(value, Node) and value.kind == "timestamp" else value


def _moment(text: str) -> str:
    try:
        if datetime.fromisoformat(text).tzinfo is not None:
            return text
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a moment; write it like 2023-02-06T09:30:00Z")


Moment = Annotated[str, BeforeValidator(_text), AfterValidator(_moment)]
User = Literal["ada", "ben", "cleo"]
Permissions = Annotated[Name, Field(description="a permission")]


class TypesEntry(FileShape, title="the permissions of an API"):
    """Permissions of one API, by their names."""

    delegated: Some[Permissions] | None = Field(None, description="the delegated permissions")
    application: Some[Permissions] | None = Field(None, description="the application permissions")


class SecretEntry(FileShape, title="a secret"):
    """A client secret that nobody knows."""

    name: Text = Field(description="the name of the secret")
    start: Moment = Field(description="the first moment of the secret")
    end: Moment = Field(description="the last moment of the secret")


class ConsentEntry(FileShape, title="a user's consent"):
    """What a user consented to for herself."""

    user: User = Field(description="the user")
    api: Key = Field(description="the key of the API")
    scopes: Some[Permissions] = Field(description="the delegated permissions")


class ApiEntry(FileShape, title="an API of the customer's own"):
    """An application of the customer's own that offers a scope."""

    key: Key = Field(description="the key of the API")
    name: Text = Field(description="the name of the API")
    scope: Name = Field(description="the scope that the API offers")


class AppSetup(FileShape, title="an app that is set up"):
    """One app of the catalogue as it is in this tenant."""

    vendor: Key = Field(description="the key of the vendor")
    app: Key = Field(description="the key of the app")
    edition: Annotated[Text, BeforeValidator(_text)] = Field("current", description="the date of the edition")
    since: Moment = Field(EPOCH, description="the moment in which it was set up")
    principal: Key | None = Field(None, description="the key of the shared principal")
    name: Text | None = Field(None, description="another name than the documented one")
    suffix: Text | None = Field(None, description="what the name ends with, for a second environment")
    possible: bool = Field(False, description="whether it holds what is documented as only possible")
    lacks: dict[str, TypesEntry] = Field({}, description="documented permissions that it does not have")
    beyond: dict[str, TypesEntry] = Field({}, description="permissions that it has beyond the documented ones")
    unconfigured: dict[str, TypesEntry] = Field({}, description="permissions that are consented only")
    unconsented: dict[str, TypesEntry] = Field({}, description="permissions that are configured only")
    scopes_enabled: bool = Field(True, description="whether the scopes that it exposes are enabled")
    owners: Some[Annotated[User, Field(description="an owner")]] | None = Field(None, description="its owners")
    secrets: Some[SecretEntry] | None = Field(None, description="its secrets")
    users: Some[ConsentEntry] | None = Field(None, description="what users consented to for themselves")
    directory_roles: Some[Annotated[Text, Field(description="a directory role")]] | None = Field(
        None, description="the directory roles that its principal has"
    )


class ProfileFile(FileShape, title="a profile"):
    """What a tenant holds beside what every tenant has."""

    sharepoint: Some[Annotated[Literal["new", "old"], Field(description="a SharePoint principal")]] | None = Field(
        None, description="the SharePoint principals that are there"
    )
    apis: Some[ApiEntry] | None = Field(None, description="APIs of the customer's own")
    apps: Some[AppSetup] | None = Field(None, description="the apps that are set up, in this order")


@dataclass(frozen=True)
class Description:
    """A profile that was checked against the catalogue, and the documented app of each of its entries."""

    root: Node
    file: ProfileFile
    apps: tuple[tuple[AppSetup, App], ...]

    def fill(self, base: Base) -> None:
        """Put in what is described."""
        makers = {"new": base.new_spfx, "old": base.old_spfx}
        for key in self.file.sharepoint or ():
            makers[key]()
        hand = ByHand(base)
        for number, api in enumerate(self.file.apis or ()):
            with _refused_at(self.root.fields["apis"].items[number]):
                hand.custom_api(api.key, api.name, api.scope)
        for number, (entry, app) in enumerate(self.apps):
            with _refused_at(self.root.fields["apps"].items[number]):
                self._put(hand, entry, app)

    def _put(self, hand: ByHand, entry: AppSetup, app: App) -> None:
        base = hand.base
        principal = _set_up(hand, entry, app)
        for consent in entry.users or ():
            user = base.users[list(USERS).index(consent.user)]
            base.grant(principal, hand.apis[consent.api], consent.scopes, user)
        for role in entry.directory_roles or ():
            base.role(principal, next(ident for ident, name in built_in().items() if name == role))


def read(path: Path) -> Description:
    """Return what a file describes; UsageError with file and line for what the catalogue or Microsoft does not have."""
    root = read_yaml(path, where=str(path))
    if root is None:
        raise UsageError(f"{path}: is empty; a profile has {', '.join(ProfileFile.model_fields)}")
    return _Checking(root, checked(root, ProfileFile)).description()


@contextmanager
def _refused_at(node: Node) -> Iterator[None]:
    """Say by its line what Entra itself refuses, such as an owner who stands twice or a name that is too long."""
    try:
        yield
    except ServiceError as error:
        raise node.refuse(f"Entra refuses this: {error.message}") from None


def _set_up(hand: ByHand, entry: AppSetup, app: App) -> Object:
    base = hand.base
    if app.kind is AppKind.REGISTRATION:
        setup = Setup(
            entry.since,
            lacks=_held(entry.lacks),
            beyond=_held(entry.beyond) | _possible(entry, app),
            unconsented=_held(entry.unconsented),
            unconfigured=_held(entry.unconfigured),
            suffix=entry.suffix or "",
            renamed=entry.name or "",
            scope_enabled=entry.scopes_enabled,
            owners=tuple(base.users[list(USERS).index(owner)] for owner in entry.owners or ()),
            secrets=tuple((secret.name, secret.start, secret.end) for secret in entry.secrets or ()),
        )
        return hand.register(app, setup)
    if app.kind is AppKind.ENTERPRISE_APP:
        principal = base.principal(vendor_client_id(app.key), app.name, since=entry.since)
    else:
        principal = _shared(base, entry, app)
    hand.consent(principal, _has(entry, app), since=entry.since)
    return principal


def _shared(base: Base, entry: AppSetup, app: App) -> Object:
    """Return the principal that others use too; one of Microsoft's comes with its first use."""
    listed = app.principal(str(entry.principal))
    names = [listed.app_id] if listed.app_id else [uri.format(tenant=TENANT_ID) for uri in listed.identifier_uris]
    rows = base.tenant.store["servicePrincipals"].rows.values()
    existing = next((row for row in rows if {*names} & {row["appId"], *row["servicePrincipalNames"]}), None)
    return existing or base.principal(str(listed.app_id), listed.name, since=entry.since)


def _held(by_api: dict[str, TypesEntry]) -> Held:
    return frozenset((api, kind, name) for api, kind, name, _ in _named(by_api))


def _named(by_api: dict[str, TypesEntry]) -> Iterator[tuple[str, str, str, tuple[str | int, ...]]]:
    """Yield each permission with its way in the file."""
    for api, types in by_api.items():
        for kind in _TYPES:
            for number, name in enumerate(getattr(types, kind) or ()):
                yield api, kind, name, (api, kind, number)


def _possible(entry: AppSetup, app: App) -> Held:
    return documented(app, certain=False) if entry.possible else NOTHING


def _has(entry: AppSetup, app: App) -> Held:
    return ((documented(app) | _possible(entry, app)) - _held(entry.lacks)) | _held(entry.beyond)


class _Checking:
    """Compares one description with the catalogue and with what Microsoft's APIs offer."""

    def __init__(self, root: Node, file: ProfileFile) -> None:
        self._root = root
        self._file = file
        self._offered: dict[str, dict[str, set[str]]] = {
            key: {
                "delegated": {scope["value"] for scope in microsoft_apps()[app_id]["oauth2PermissionScopes"]},
                "application": {role["value"] for role in microsoft_apps()[app_id]["appRoles"]},
            }
            for key, app_id in listed_apis().items()
        }

    def description(self) -> Description:
        """Return what was checked, with the documented app of each entry."""
        for number, api in enumerate(self._file.apis or ()):
            if api.key in self._offered:
                raise self._at("apis", number, "key").refuse(f"there is an API {api.key!r} already; take another key")
            self._offered[api.key] = {"delegated": {api.scope}, "application": set()}
        own = {api.key for api in self._file.apis or ()}
        apps = []
        for number, entry in enumerate(self._file.apps or ()):
            app = self._documented(number, entry)
            self._check_fields(number, entry, app)
            if app.key in own:
                raise self._at("apps", number, "app").refuse(f"'apis' has the key {app.key!r} too; take another there")
            if app.exposes and not (entry.suffix or entry.name):
                self._offered[app.key] = {"delegated": {scope.value for scope in app.exposes}, "application": set()}
            self._check_permissions(number, entry, app)
            apps.append((entry, app))
        self._check_names(apps)
        return Description(self._root, self._file, tuple(apps))

    def _at(self, *way: str | int) -> Node:
        node = self._root
        for step in way:
            node = node.items[step] if isinstance(step, int) else node.fields[step]
        return node

    def _documented(self, number: int, entry: AppSetup) -> App:
        """Return the app that an entry names."""
        place = self._at("apps", number)
        catalogue = load()
        try:
            catalogue.dates(entry.vendor)
        except CatalogueError as error:
            raise place.fields["vendor"].refuse(str(error)) from None
        try:
            edition = catalogue.edition_as_of(entry.vendor, entry.edition)
        except CatalogueError as error:
            raise place.fields["edition"].refuse(str(error)) from None
        try:
            return edition.app(entry.app)
        except CatalogueError as error:
            raise place.fields["app"].refuse(str(error)) from None

    def _check_fields(self, number: int, entry: AppSetup, app: App) -> None:
        place = self._at("apps", number)
        unfit = next((field for field in place.fields if field in _NOT_FOR[app.kind]), None)
        if unfit is not None:
            allowed = ", ".join(field for field in AppSetup.model_fields if field not in _NOT_FOR[app.kind])
            words = f"{app.name} is of the kind {app.kind}, which has no {unfit!r}"
            raise place.keys[unfit].refuse(f"{words}; allowed are {allowed}")
        if entry.name and entry.suffix:
            raise place.keys["suffix"].refuse("an app has either 'name' or 'suffix'; take one away")
        if app.kind is AppKind.SHARED_PRINCIPAL:
            self._check_principal(place, entry, app)
        names = set(built_in().values())
        for index, role in enumerate(entry.directory_roles or ()):
            if role not in names:
                node = self._at("apps", number, "directory_roles", index)
                raise node.refuse(f"Microsoft has no directory role {role!r}{nearest(role, names)}")

    def _check_principal(self, place: Node, entry: AppSetup, app: App) -> None:
        keys = [principal.key for principal in app.principals]
        if entry.principal not in keys:
            node = place.fields.get("principal", place)
            has = f"{app.name} has the principals {', '.join(keys)}"
            raise node.refuse(f"'principal' must name one of them: {has}{nearest(entry.principal or '', keys)}")
        listed = app.principal(entry.principal)
        uris = {uri.format(tenant=TENANT_ID) for uri in listed.identifier_uris}
        principals = self._file.sharepoint or ()
        needs = "new" if listed.app_id == SPFX_APP_ID else "old" if OLD_SPFX_URI in uris else None
        if needs is not None and needs not in principals:
            raise place.fields["principal"].refuse(f"{listed.name} is not in this tenant; add {needs} to 'sharepoint'")
        if needs is None and listed.app_id not in microsoft_apps():
            raise place.fields["principal"].refuse(
                f"{listed.name} is known neither as an application of Microsoft's nor as a SharePoint principal"
            )

    def _check_permissions(self, number: int, entry: AppSetup, app: App) -> None:
        """Refuse a permission that the app cannot lack, or that no API offers."""
        place = ("apps", number)
        for api, kind, name, way in _named(entry.beyond):
            self._check_offered(api, kind, name, ((*place, "beyond"), way))
        rows = documented(app) | _possible(entry, app)
        has = _has(entry, app)
        for field, those, whose in (
            ("lacks", rows, f"{app.name} does not document"),
            ("unconfigured", has, f"{app.name} does not have in this tenant"),
            ("unconsented", has, f"{app.name} does not have in this tenant"),
        ):
            for api, kind, name, way in _named(getattr(entry, field)):
                if (api, kind, name) not in those:
                    near = nearest(name, [other for key, type_, other in those if (key, type_) == (api, kind)])
                    what = f"the {kind} permission {name!r} of {api}"
                    raise self._at(*place, field, *way).refuse(f"{whose} {what}{near}")
        for index, consent in enumerate(entry.users or ()):
            for position, scope in enumerate(consent.scopes):
                way = ("scopes", position)
                self._check_offered(consent.api, "delegated", scope, ((*place, "users", index), way), ("api",))

    def _check_offered(
        self,
        api: str,
        kind: str,
        name: str,
        place: tuple[tuple[str | int, ...], tuple[str | int, ...]],
        api_way: tuple[str, ...] = (),
    ) -> None:
        before, way = place
        if api not in self._offered:
            parent = self._at(*before)
            node = parent.fields[api_way[0]] if api_way else parent.keys[api]
            raise node.refuse(f"there is no API {api!r} here{_among(api, self._offered)}")
        names = self._offered[api][kind]
        if name not in names:
            raise self._at(*before, *way).refuse(f"{api} has no {kind} permission {name!r}{nearest(name, names)}")

    def _check_names(self, apps: Iterable[tuple[AppSetup, App]]) -> None:
        """Refuse a second thing of one name or key: everything made in a profile has its id by its name."""
        named = [(api.name, self._at("apis", number)) for number, api in enumerate(self._file.apis or ())]
        for number, (entry, app) in enumerate(apps):
            name = entry.name or f"{app.name} {entry.suffix or entry.principal or ''}".strip()
            named.append((name, self._at("apps", number)))
        others = {DEPLOYER_NAME, OLD_SPFX_NAME, *(entry["displayName"] for entry in microsoft_apps().values())}
        by_name: dict[str, Node] = {}
        for name, node in named:
            if name in others:
                raise node.refuse(f"every tenant has {name} already, or can have it; take another name")
            if name in by_name:
                raise node.refuse(
                    f"{name} stands twice, first in line {by_name[name].line}; name one of them otherwise"
                )
            by_name[name] = node


def _among(word: str, words: Iterable[str]) -> str:
    options = list(words)
    return f"; there are {', '.join(options)}{nearest(word, options)}"
