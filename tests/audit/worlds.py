"""A tenant in which everything is exact, as values; tests change one thing in it and judge it again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache

from lockstep.audit.findings import findings
from lockstep.audit.judge import AppAudit, judge
from lockstep.audit.subjects import AuditPlan, of_vendors
from lockstep.catalogue import GRAPH, OWN_API, App, AppKind, DocumentedPermission, Permission, PermissionType, apis
from lockstep.consent import Consent
from lockstep.directory.records import (
    ApiRecord,
    ApplicationRecord,
    Holdings,
    NotRead,
    Offered,
    PrincipalRecord,
    ScopeRecord,
    TenantReading,
)
from lockstep.report import Finding
from lockstep.settings.stack_app import StackApp

TENANT = "99999999-9999-4999-8999-999999999999"
ATERA = "90657e27-59e1-4bfa-86c3-03f59b731666"
MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAMESPACE = uuid.UUID("00000000-0000-4000-8000-000000000000")


def ident(name: str) -> str:
    """Return the id that this name always has."""
    return str(uuid.uuid5(NAMESPACE, name))


def plan() -> AuditPlan:
    """Return the audit of both vendors, without a stack."""
    return of_vendors(TENANT, ("atlas", "atera"), client_ids={"atera": ATERA})


@dataclass
class World:
    """The tenant: by app key, or by `spfx/new` and `spfx/old` for the shared principals."""

    apps: tuple[StackApp, ...]
    applications: dict[str, ApplicationRecord] = field(default_factory=dict)
    principals: dict[str, PrincipalRecord] = field(default_factory=dict)
    holdings: dict[str, Holdings] = field(default_factory=dict)
    not_read: tuple[NotRead, ...] = ()

    def app(self, key: str) -> StackApp:
        return next(app for app in self.apps if app.key == key)

    def declare(self, key: str, **changes: object) -> None:
        """Change what a stack wants of an app: the fields of StackApp, and of its settings."""
        own = {name: value for name, value in changes.items() if name in {each.name for each in fields(StackApp)}}
        setting = {name: value for name, value in changes.items() if name not in own}
        app = self.app(key)
        changed = replace(app, setting=app.setting.model_copy(update=setting), **own)  # type: ignore[arg-type]
        self.apps = tuple(changed if each.key == key else each for each in self.apps)

    def hold(self, key: str, *consents: Consent, without: tuple[Consent, ...] = ()) -> None:
        """Consent for everybody, and take consents away."""
        held = self.holdings[key]
        self.holdings[key] = replace(held, consents=(held.consents - frozenset(without)) | frozenset(consents))

    def configure(self, key: str, *entries: Permission, without: tuple[Permission, ...] = ()) -> None:
        """Add configured entries, and take some away."""
        app = self.applications[key]
        self.applications[key] = replace(app, configured=(app.configured - frozenset(without)) | frozenset(entries))

    def register(self, key: str, name: str, **values: object) -> None:
        """Add an application with its principal."""
        app = ApplicationRecord(ident(f"{key}/object"), ident(f"{key}/app"), name, "2025-03-01T00:00:00Z")
        self.applications[key] = replace(app, **values)  # type: ignore[arg-type]
        self.enlist(key, name, app.app_id)

    def enlist(self, key: str, name: str, app_id: str, owner: str = TENANT) -> None:
        """Add a principal."""
        record = PrincipalRecord(ident(f"{key}/principal"), app_id, name, True, owner, frozenset({app_id}))
        self.principals[key] = replace(record, created="2025-03-01T00:00:00Z")
        self.holdings[key] = Holdings()

    def reading(self) -> TenantReading:
        return TenantReading(
            TENANT,
            "Contoso",
            tuple(self.applications.values()),
            tuple(self.principals.values()),
            holdings={self.principals[key].object_id: held for key, held in self.holdings.items()},
            apis=public_apis(),
            not_read=self.not_read,
        )

    def audits(self) -> dict[str, AppAudit]:
        audits = judge(AuditPlan(self.apps), self.reading(), NOW)
        return {"/".join(filter(None, (a.app.key, a.identified.principal_key))): a for a in audits}

    def findings(self) -> list[Finding]:
        reading = self.reading()
        return findings(judge(AuditPlan(self.apps), reading, NOW), reading)


@cache
def public_apis() -> dict[str, ApiRecord]:
    """Return Graph and SharePoint as a tenant shows them, by object id."""
    found = {}
    for api in apis().values():
        record = ApiRecord(
            object_id=ident(api.key),
            app_id=api.app_id,
            display_name=api.name,
            roles={e.id: Offered(e.name, e.id, True) for e in api.permissions if e.type is PermissionType.APPLICATION},
            scopes={
                e.name.casefold(): Offered(e.name, e.id, True)
                for e in api.permissions
                if e.type is PermissionType.DELEGATED
            },
        )
        found[record.object_id] = record
    return found


def exact() -> World:
    """Return a tenant that is as documented: both shared principals, Atera, and the apps that are not optional."""
    made = _exact()
    return World(made.apps, dict(made.applications), dict(made.principals), dict(made.holdings))


@cache
def _exact() -> World:
    world = World(plan().apps)
    for subject in world.apps:
        app = subject.app
        if app.kind is AppKind.REGISTRATION and not app.optional:
            scopes = tuple(ScopeRecord(s.value, ident(s.value), True, s.type) for s in app.exposes)
            world.register(app.key, app.name, scopes=scopes, configured=frozenset(_configured(app)))
            world.hold(app.key, *(consent(entry, world) for entry in subject.wanted))
    world.enlist("atera", "Atera", ATERA, ident("vendor"))
    world.hold("atera", *(consent(entry, world) for entry in world.app("atera").wanted))
    spfx = world.app("spfx")
    for principal in spfx.app.principals:
        key = f"spfx/{principal.key}"
        owner = MICROSOFT if principal.app_id else TENANT
        world.enlist(key, principal.name, principal.app_id or ident(key), owner)
        if not principal.app_id:
            names = frozenset(spfx.uris(principal))
            world.principals[key] = replace(world.principals[key], names=names)
        world.hold(key, *(consent(entry, world) for entry in spfx.wanted))
    return world


def consent(entry: DocumentedPermission, world: World) -> Consent:
    """Return a documented permission as the tenant holds it."""
    api = entry.permission.api
    if api.startswith(OWN_API):
        return Consent(world.applications[api.removeprefix(OWN_API)].app_id, entry.type, entry.name, "")
    return Consent(api, entry.type, entry.name, entry.id)


def graph(name: str, kind: str = "delegated") -> Consent:
    """Return a consent of Microsoft Graph by name and type."""
    entry = apis()["graph"].find(name, PermissionType(kind))
    assert entry is not None
    return Consent(GRAPH, entry.type, entry.name, entry.id)


def _configured(app: App) -> list[Permission]:
    return [entry.permission for entry in app.permissions if entry.certain]
