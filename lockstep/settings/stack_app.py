"""What a stack wants of each app: made once from the settings, or from vendors alone, and read by everybody.

Components are built from it; the policy pack, the audit, the adoption, the dossier and the read-back judge by it. It
is made from the documented permissions and the settings alone. What is deployed already makes no difference, and no
tenant is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from lockstep.catalogue import (
    CURRENT,
    OWN_API,
    App,
    AppKind,
    Catalogue,
    DocumentedPermission,
    DocumentedPrincipal,
    Edition,
    OwnApi,
    Permission,
    load,
    tenant_ids,
)
from lockstep.catalogue.model import DirectoryRole, Renewal
from lockstep.errors import CatalogueError, SettingError
from lockstep.settings.certificate import Certificate
from lockstep.settings.model import AdoptedSetting, AppSetting, ScopeSetting, Settings
from lockstep.settings.selection import Refuse, Withheld, check_app, refuse_unknown, select
from lockstep.settings.traits import FEDERATED, federated

_MANY = 3
"""So many missing permissions are an older consent rather than some that were taken back one by one."""


@dataclass(frozen=True)
class StackApp:
    """One app of a stack: as its edition documents it, less what the stack withholds."""

    edition: Edition
    app: App
    tenant_id: str
    setting: AppSetting = field(default_factory=AppSetting)
    name_suffix: str = ""
    owners: tuple[str, ...] = ()
    own_apis: Mapping[str, OwnApi[str]] = field(default_factory=dict)
    """The apps of the same vendor that expose scopes, by key, as they are known before a run: without an app id."""
    may_be_absent: bool = False
    """Whether nothing is missing where the tenant has no such app: an optional one, in an audit without a stack."""
    wanted: tuple[DocumentedPermission, ...] = ()
    """What is configured and consented."""
    tolerated: tuple[DocumentedPermission, ...] = ()
    """What is documented as possible only, and left as it is found."""
    withheld: tuple[Withheld, ...] = ()

    @property
    def vendor(self) -> str:
        """The key of the vendor."""
        return self.edition.vendor

    @property
    def key(self) -> str:
        """The key of the app."""
        return self.app.key

    @property
    def kind(self) -> AppKind:
        """How the app comes to be in the tenant."""
        return self.app.kind

    @property
    def title(self) -> str:
        """The app for a person: its documented name, with vendor and key."""
        return f"{self.app.name} ({self.vendor} {self.key})"

    @property
    def source(self) -> str:
        """The vendor's text that its permissions were taken from."""
        return f"{self.app.source.cited}, edition {self.edition.id}"

    @property
    def name(self) -> str:
        """The display name: the one that an adopted app keeps, else the documented one with the stack's suffix."""
        if self.adopted is not None:
            return self.adopted.display_name
        suffixed = self.kind is AppKind.REGISTRATION and self.name_suffix
        return f"{self.app.name} {self.name_suffix}" if suffixed else self.app.name

    @property
    def client_id(self) -> str:
        """The app id where it is known before the run: of an enterprise app, and of an adopted one. Else empty.

        What the stack says goes before what the vendor publishes.
        """
        published = self.app.client_id.id if self.app.client_id else ""
        return self.setting.client_id or (self.adopted.client_id if self.adopted else None) or published

    @property
    def identifier_uris(self) -> tuple[str, ...]:
        """The identifier URIs that only this app has: those that an adopted one keeps, or the one that we give.

        The one that we give contains the tenant id, because Entra demands the tenant id or the app id in a new URI. The
        app id is unknown before the app exists; it would take a second resource that sets the URI afterwards, and that
        resource and the application would undo each other's changes in every run.
        """
        if self.adopted is not None:
            return self.adopted.identifier_uris
        if self.kind is not AppKind.REGISTRATION or not self.app.exposes:
            return ()
        words = f"{self.vendor} {self.key} {self.name_suffix}".casefold()
        return (f"api://{self.tenant_id}/{re.sub(r'[^a-z0-9]+', '-', words).strip('-')}",)

    @property
    def adopted(self) -> AdoptedSetting | None:
        """What an app from before this stack keeps; None for one that the stack makes."""
        return self.setting.adopted

    @property
    def kept_scopes(self) -> frozenset[str]:
        """The exposed scopes that an adopted app keeps whole, documented or not."""
        return frozenset(scope.value for scope in self.adopted.scopes) if self.adopted else frozenset()

    def renewals(self, missing: int) -> tuple[Renewal, ...]:
        """Return what the vendor says of older consents, where so many permissions miss theirs that it may be one.

        One or two that are gone were taken back by somebody, unless that is half of all. Where nothing is consented,
        there is no older consent.
        """
        total = len(self.wanted)
        return self.app.renewals if missing < total and missing >= min(_MANY, (total + 1) // 2) else ()

    @property
    def keeps(self) -> Mapping[str, tuple[str, ...]]:
        """What an adopted app may have beside permissions, by name, and no app that the stack makes has."""
        return self.adopted.keeps if self.adopted else {}

    @cached_property
    def may_have(self) -> Mapping[str, frozenset[str]]:
        """What the live application may have beside permissions: what it keeps, and the credentials of the stack."""
        allowed = {name: set(words) for name, words in self.keeps.items()}
        for certificate in map(Certificate.read, self.setting.certificates):
            allowed.setdefault("keyCredentials", set()).update(certificate.identifiers)
        allowed.setdefault(FEDERATED, set()).update(
            federated(one.name, one.subject, one.issuer) for one in self.setting.federated_credentials
        )
        return {name: frozenset(words) for name, words in allowed.items()}

    @cached_property
    def exposed(self) -> tuple[ScopeSetting, ...]:
        """The scopes that the app exposes: the documented ones, enabled, and whatever else an adopted app keeps.

        Nothing where no scope is documented: then the stack manages none.
        """
        if not self.app.exposes:
            return ()
        kept = {scope.value: scope for scope in self.adopted.scopes} if self.adopted else {}
        documented = [
            kept[scope.value].model_copy(update={"enabled": True})
            if scope.value in kept
            else ScopeSetting(
                id=self.scope_ids[scope.value],
                value=scope.value,
                type=scope.type,
                admin_consent_display_name=scope.admin_consent_display_name,
                admin_consent_description=scope.admin_consent_description,
            )
            for scope in self.app.exposes
        ]
        values = {scope.value for scope in documented}
        return (*documented, *(scope for scope in kept.values() if scope.value not in values))

    @property
    def scope_ids(self) -> Mapping[str, str]:
        """The ids of the scopes that it exposes, by value: the catalogue's, or those that an adopted app keeps."""
        return self.own_apis[self.key].scope_ids if self.app.exposes else {}

    @property
    def directory_roles(self) -> tuple[DirectoryRole, ...]:
        """The documented directory roles that the stack gives the app's principal."""
        return tuple(role for role in self.app.directory_roles if role.name in self.setting.directory_roles)

    @property
    def directory_role_ids(self) -> dict[str, str]:
        """The template id of each of them, by the role's name: what a program and the pack say of a role."""
        return {role.name: role.template_id for role in self.directory_roles}

    @property
    def by_admin(self) -> bool:
        """Whether an administrator gives and takes back its consents, and the stack none."""
        return self.setting.by_admin

    @property
    def asked_of_others(self) -> tuple[DocumentedPermission, ...]:
        """What is wanted of APIs that are in the tenant before the run: not of those that the stack makes itself."""
        return tuple(entry for entry in self.wanted if not entry.on_own_api)

    @property
    def extras_stay(self) -> bool:
        """Whether undocumented consents are left in place and reported."""
        return self.setting.removals == "report"

    @property
    def required(self) -> frozenset[str]:
        """Which of a shared app's principals must be there, whatever the other one is."""
        choice = self.setting.principals
        return frozenset({"new", "old"} if choice == "both" else {choice} & {"new", "old"})

    @property
    def one_of(self) -> bool:
        """Whether at least one of a shared app's principals must be there, no matter which."""
        return self.kind is AppKind.SHARED_PRINCIPAL and self.setting.principals == "auto"

    @property
    def withdrawn(self) -> frozenset[str]:
        """The principals of a shared app from which our scopes are taken off again."""
        return frozenset({"old"}) if self.setting.withdraw else frozenset()

    def uris(self, principal: DocumentedPrincipal) -> tuple[str, ...]:
        """Return the identifier URIs by which a shared app's principal is known in the tenant."""
        return tuple(uri.replace("{tenant}", self.tenant_id) for uri in principal.identifier_uris)

    def identity(self, entry: DocumentedPermission) -> Permission:
        """Return the identity of a documented permission in this stack, before any app has an app id."""
        api, id_ = tenant_ids(entry, self.own_apis)
        return Permission(api, entry.type, id_)

    @cached_property
    def documented(self) -> Mapping[Permission, DocumentedPermission]:
        """Everything that the edition documents for the app, by the identity that it has in this stack."""
        return {self.identity(entry): entry for entry in self.app.permissions}

    @cached_property
    def wanted_identities(self) -> frozenset[Permission]:
        """The identities of what is configured and consented."""
        return frozenset(map(self.identity, self.wanted))

    @cached_property
    def allowed_identities(self) -> frozenset[Permission]:
        """The identities of what is wanted or may be left in place."""
        return frozenset(map(self.identity, (*self.wanted, *self.tolerated)))

    @cached_property
    def withheld_identities(self) -> frozenset[Permission]:
        """The identities of what the stack decided against."""
        return frozenset(self.identity(decision.permission) for decision in self.withheld)


def stack_apps(settings: Settings, catalogue: Catalogue | None = None, refuse: Refuse | None = None) -> list[StackApp]:
    """Return every app that a stack deploys, vendor by vendor, in the catalogue's order.

    Raises SettingError, made by `refuse`, for the first setting that the catalogue or another setting does not allow.
    """
    refuse = refuse or _refuse
    catalogue = catalogue or load()
    chosen = editions(settings, catalogue, refuse)
    by_app = _settings_by_app(settings, chosen, catalogue, refuse)
    apps = [
        app
        for edition in chosen.values()
        for app in _apps(
            edition,
            settings.tenant_id,
            {key: (path, setting) for (vendor, key), (path, setting) in by_app.items() if vendor == edition.vendor},
            name_suffix=settings.name_suffix or "",
            owners=settings.owners,
            refuse=refuse,
        )
    ]
    _refuse_one_client(apps, by_app, refuse)
    return apps


def vendor_apps(tenant_id: str, chosen: Iterable[Edition], client_ids: Mapping[str, str]) -> list[StackApp]:
    """Return every app of some editions, as documented, for an audit without a stack.

    `client_ids` holds the app ids of enterprise apps by app key. Optional apps may be absent.
    """
    apps = []
    for edition in chosen:
        named = {
            app.key: (f"apps.{app.key}", AppSetting(client_id=client_ids.get(app.key), deploy=app.optional or None))
            for app in edition.apps
        }
        apps += _apps(edition, tenant_id, named, needs_client_ids=False, refuse=_refuse)
    return [replace(app, may_be_absent=app.app.optional) for app in apps]


def editions(settings: Settings, catalogue: Catalogue, refuse: Refuse | None = None) -> dict[str, Edition]:
    """Return the edition of each vendor that the stack deploys."""
    refuse = refuse or _refuse
    for vendor in settings.vendors:
        refuse_unknown(vendor, catalogue.vendors, "vendors", "a vendor of the catalogue", refuse)
    for vendor in settings.editions:
        refuse_unknown(vendor, catalogue.vendors, "editions", "a vendor of the catalogue", refuse)
    chosen = {vendor: _edition(settings, vendor, catalogue, refuse) for vendor in settings.vendors}
    _refuse_doubles(chosen, refuse)
    return chosen


def _refuse(path: str, text: str) -> SettingError:
    return SettingError(f"{path} {text}")


def _apps(
    edition: Edition,
    tenant_id: str,
    by_key: Mapping[str, tuple[str, AppSetting]],
    *,
    name_suffix: str = "",
    owners: tuple[str, ...] = (),
    needs_client_ids: bool = True,
    refuse: Refuse,
) -> list[StackApp]:
    own_apis = {}
    for app in edition.apps:
        adopted = by_key[app.key][1].adopted if app.key in by_key else None
        kept = adopted.kept_ids if adopted else {}
        ids = {scope.value: kept.get(scope.value, scope.stable_id) for scope in app.exposes}
        if ids:
            own_apis[app.key] = OwnApi(f"{OWN_API}{app.key}", ids)
    apps = []
    for app in edition.apps:
        path, setting = by_key.get(app.key, (f"apps.{app.key}", AppSetting()))
        if app.optional and not setting.deploy:
            continue
        client_id = setting.client_id or app.client_id
        if needs_client_ids and app.kind is AppKind.ENTERPRISE_APP and not client_id:
            raise refuse(
                f"{path}.clientId",
                f"is missing: take it from the Application ID of {app.name}'s enterprise app in a tenant that has it,"
                f" or from the client_id in the address of the vendor's consent page, or leave {edition.vendor} out of"
                " vendors",
            )
        wanted, tolerated, withheld = select(app, setting, refuse, path)
        apps.append(
            StackApp(
                edition,
                app,
                tenant_id,
                setting,
                name_suffix,
                owners,
                own_apis,
                wanted=tuple(wanted),
                tolerated=tuple(tolerated),
                withheld=tuple(withheld),
            )
        )
    return apps


def _edition(settings: Settings, vendor: str, catalogue: Catalogue, refuse: Refuse) -> Edition:
    path, dates = f"editions.{vendor}", catalogue.dates(vendor)
    date = settings.editions.get(vendor) or (CURRENT if settings.is_local else None)
    if date is None:
        raise refuse(path, f"is missing; {vendor} has {', '.join(dates)}")
    if date == CURRENT and not settings.is_local:
        message = f"is {CURRENT!r}, which only target: local may have; pin a date ({vendor} has {', '.join(dates)})"
        raise refuse(path, f"{message}, so that no update of Lockstep changes a tenant by itself")
    try:
        return catalogue.edition_as_of(vendor, CURRENT) if date == CURRENT else catalogue.edition(vendor, date)
    except CatalogueError as error:
        raise refuse(path, f"is not usable: {error}") from None


def _refuse_doubles(chosen: Mapping[str, Edition], refuse: Refuse) -> None:
    """Refuse two vendors with an app of one key or one name: outputs and resources are named by these."""
    owners: dict[str, str] = {}
    for vendor, edition in chosen.items():
        for app in edition.apps:
            for word in (app.key, app.name.casefold()):
                if owners.setdefault(word, vendor) != vendor:
                    raise refuse(
                        "vendors",
                        f"names {owners[word]} and {vendor}, which both have an app {app.key!r} ({app.name}); deploy"
                        " one of them from a stack of its own",
                    )


def _refuse_one_client(
    apps: Iterable[StackApp], by_app: Mapping[tuple[str, str], tuple[str, AppSetting]], refuse: Refuse
) -> None:
    """Refuse two apps that stand for one principal: each would take away the other's consents."""
    owners: dict[str, StackApp] = {}
    for app in apps:
        for principal in app.app.principals:
            other = owners.setdefault(principal.app_id or app.uris(principal)[0], app)
            if other is not app:
                raise refuse(
                    "vendors",
                    f"has {app.title} ({app.vendor}) consent on {principal.name}, on which {other.title}"
                    f" ({other.vendor}) consents too; in one stack only one app does; to fix: give one of the two"
                    " vendors a stack of its own",
                )
        if app.kind is not AppKind.ENTERPRISE_APP or not app.client_id:
            continue
        other = owners.setdefault(app.client_id.lower(), app)
        if other is not app:
            path, setting = by_app.get((app.vendor, app.key), (f"apps.{app.key}", AppSetting()))
            raise refuse(
                f"{path}.clientId" if setting.client_id else "vendors",
                f"gives {app.title} ({app.vendor}) the client id {app.client_id}, which {other.title} ({other.vendor})"
                " has too; they are one app in the tenant, and each would take away what the other consents; to fix:"
                " correct the id, or deploy one of them",
            )


def _settings_by_app(
    settings: Settings, chosen: Mapping[str, Edition], catalogue: Catalogue, refuse: Refuse
) -> dict[tuple[str, str], tuple[str, AppSetting]]:
    """Return the settings of each app by vendor and key, with the path at which they stand.

    A stack file may have settings of an app whose vendor the stack does not deploy. Of these only the key is checked.
    """
    apps, names = _by_name(chosen)
    if not names.keys() >= settings.apps.keys():
        others = [vendor for vendor in catalogue.vendors if vendor not in chosen]
        apps, names = _by_name({**{vendor: catalogue.edition_as_of(vendor, CURRENT) for vendor in others}, **chosen})
    by_app: dict[tuple[str, str], tuple[str, AppSetting]] = {}
    for written, setting in settings.apps.items():
        refuse_unknown(written, [key for _, key in apps], "apps", "an app", refuse, known=names)
        key = names[written]
        if key in by_app:
            raise refuse(f"apps.{written}", f"stands twice, also as {by_app[key][0]}; keep one")
        if key[0] in chosen:
            check_app(apps[key], setting, f"apps.{written}", refuse)
        by_app[key] = (f"apps.{written}", setting)
    return by_app


def _by_name(editions: Mapping[str, Edition]) -> tuple[dict[tuple[str, str], App], dict[str, tuple[str, str]]]:
    """Return the apps by vendor and key, and these two by each way to write an app: its key, or vendor/key."""
    apps = {(vendor, app.key): app for vendor, edition in editions.items() for app in edition.apps}
    return apps, {written: key for key in apps for written in (key[1], "/".join(key))}
