"""From what is documented and what was read to the lists of every app. Pure: the same answer for the same facts.

`judge` knows no clock and no network, and no settings beyond those that the plan's subjects hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from lockstep.audit.permissions import Permissions, permissions
from lockstep.audit.standing import ANY_STACK, StackCommands
from lockstep.audit.subjects import AuditPlan
from lockstep.catalogue import AppKind
from lockstep.catalogue.model import DirectoryRole
from lockstep.directory.identification import AppState, Identified, identify
from lockstep.directory.records import (
    WHOLE_TENANT,
    AppCredential,
    ApplicationRecord,
    HeldRole,
    Holdings,
    ScopeRecord,
    TenantReading,
)
from lockstep.settings.stack_app import StackApp

_DAY = 24 * 3600


class ScopeStatus(StrEnum):
    """How an exposed scope differs from its document."""

    AS_DOCUMENTED = "as-documented"
    MISSING = "missing"
    DISABLED = "disabled"
    CHANGED = "changed"
    EXTRA = "extra"
    KEPT = "kept"


@dataclass(frozen=True)
class JudgedScope:
    """An exposed scope and how it stands."""

    scope: ScopeRecord
    status: ScopeStatus


class RoleStatus(StrEnum):
    """How a directory role of an app's principal stands to what the vendor documents."""

    AS_DOCUMENTED = "as-documented"
    OTHER_SCOPE = "other-scope"
    UNDOCUMENTED = "undocumented"


@dataclass(frozen=True)
class JudgedRole:
    """A directory role that a principal holds, how it stands, and the document of it where there is one."""

    held: HeldRole
    status: RoleStatus
    documented: DirectoryRole | None


@dataclass(frozen=True)
class JudgedCredential:
    """A credential with its age and what is left of it, in days; None where Graph gives no date."""

    credential: AppCredential
    age: int | None
    left: int | None


@dataclass(frozen=True)
class AppAudit:
    """Everything about one app, or one of the principals behind a shared one."""

    app: StackApp
    identified: Identified
    permissions: Permissions
    exposed: tuple[JudgedScope, ...]
    credentials: tuple[JudgedCredential, ...]
    holdings: Holdings
    roles: tuple[JudgedRole, ...] | None = ()
    """The directory roles of its principal; None where they may not be read."""
    commands: StackCommands = ANY_STACK
    """How the commands are typed of the stack that puts the app right."""

    @property
    def additive(self) -> bool:
        """Whether others share the principal."""
        return self.app.kind is AppKind.SHARED_PRINCIPAL

    @property
    def app_id(self) -> str:
        """The app id, or nothing where the app is not there."""
        if self.identified.application:
            return self.identified.application.app_id
        return self.identified.principal.app_id if self.identified.principal else ""

    @property
    def roles_missing(self) -> tuple[DirectoryRole, ...]:
        """The directory roles that its principal does not hold anywhere, of those that are wanted: by the stack, which
        gives them, or by the vendor in any case.
        """
        if self.identified.principal is None or self.roles is None:
            return ()
        held = {role.held.id for role in self.roles}
        return tuple(
            role
            for role in self.app.app.directory_roles
            if role.template_id not in held and (role in self.app.directory_roles or not role.optional)
        )

    @property
    def title(self) -> str:
        """The app for a person: name, and id where it has one."""
        return f"{self.identified.name} ({self.app_id})" if self.app_id else self.identified.name


def judge(plan: AuditPlan, reading: TenantReading, now: datetime) -> list[AppAudit]:
    """Return the audit of each app, in the order of the plan."""
    apps = {(app.vendor, app.key): app for app in plan.apps}
    identified = identify(plan.sought, reading, plan.names)
    own: dict[str, dict[str, ApplicationRecord]] = {}
    for entry in identified:
        if entry.application:
            own.setdefault(entry.sought.vendor, {})[entry.sought.key] = entry.application
    audits = [
        _app(apps[entry.sought.vendor, entry.sought.key], entry, reading, own.get(entry.sought.vendor, {}), now)
        for entry in identified
    ]
    return [replace(audit, commands=plan.commands) for audit in audits]


def _app(
    app: StackApp,
    identified: Identified,
    reading: TenantReading,
    own: dict[str, ApplicationRecord],
    now: datetime,
) -> AppAudit:
    holdings = reading.holdings.get(identified.principal.object_id if identified.principal else "", Holdings())
    judged = Permissions()
    if identified.state in (AppState.PRESENT, AppState.DISABLED, AppState.NO_PRINCIPAL):
        judged = permissions(
            app,
            holdings,
            reading,
            own,
            application=identified.application,
            additive=app.kind is AppKind.SHARED_PRINCIPAL,
            withdrawn=identified.principal_key in app.withdrawn,
        )
    exposed = _exposed(app, identified.application) if identified.application else ()
    credentials, roles = _credentials(identified, holdings, now), _roles(app, holdings)
    return AppAudit(app, identified, judged, exposed, credentials, holdings, roles)


def _roles(app: StackApp, holdings: Holdings) -> tuple[JudgedRole, ...] | None:
    """Judge directory roles. A built-in role is known by its id, the same in every tenant; a name proves nothing."""
    if holdings.roles is None:
        return None
    by_id = {role.template_id: role for role in app.app.directory_roles}
    judged = []
    for held in holdings.roles:
        documented = by_id.get(held.id)
        status = RoleStatus.AS_DOCUMENTED if held.scope == WHOLE_TENANT else RoleStatus.OTHER_SCOPE
        judged.append(JudgedRole(held, status if documented else RoleStatus.UNDOCUMENTED, documented))
    return tuple(judged)


def _exposed(app: StackApp, application: ApplicationRecord) -> tuple[JudgedScope, ...]:
    documented = {scope.value: scope for scope in app.app.exposes}
    judged = []
    for scope in application.scopes:
        expected = documented.pop(scope.value, None)
        if expected is None:
            status = ScopeStatus.KEPT if scope.value in app.kept_scopes else ScopeStatus.EXTRA
        elif not scope.enabled:
            status = ScopeStatus.DISABLED
        else:
            status = ScopeStatus.AS_DOCUMENTED if scope.type == expected.type else ScopeStatus.CHANGED
        judged.append(JudgedScope(scope, status))
    for missing in documented.values():
        judged.append(JudgedScope(ScopeRecord(missing.value, "", False, missing.type), ScopeStatus.MISSING))
    return tuple(sorted(judged, key=lambda row: row.scope.value))


def _credentials(identified: Identified, holdings: Holdings, now: datetime) -> tuple[JudgedCredential, ...]:
    credentials = [
        *(identified.application.credentials if identified.application else ()),
        *(identified.principal.credentials if identified.principal else ()),
        *(holdings.federated or ()),
    ]
    return tuple(
        JudgedCredential(one, _days(one.created, now, sign=1), _days(one.expires, now, sign=-1))
        for one in sorted(credentials, key=lambda one: (one.kind, one.created, one.id))
    )


def _days(moment: str, now: datetime, *, sign: int) -> int | None:
    """Return the whole days from `moment` to `now` (sign 1) or from now to it (sign -1)."""
    if not moment:
        return None
    try:
        then = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return int(sign * (now - then).total_seconds() // _DAY)
