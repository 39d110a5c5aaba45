"""From what is documented and what was read to the lists of every app. Pure: the same answer for the same facts.

`judge` is the whole of it: no clock, no network, no settings beyond those that the subjects hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from lockstep.audit.identify import Identified, State, identify
from lockstep.audit.permissions import Permissions, permissions
from lockstep.audit.records import Application, Credential, Holdings, Observed, Scope
from lockstep.audit.subjects import Subject
from lockstep.catalogue import AppKind

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
class Exposed:
    """An exposed scope and how it stands."""

    scope: Scope
    status: ScopeStatus


@dataclass(frozen=True)
class Held:
    """A credential with its age and what is left of it, in days; None where Graph gives no date."""

    credential: Credential
    age: int | None
    left: int | None


@dataclass(frozen=True)
class AppAudit:
    """Everything about one app, or one of the principals behind a shared one."""

    found: Identified
    permissions: Permissions
    exposed: tuple[Exposed, ...]
    credentials: tuple[Held, ...]
    holdings: Holdings

    @property
    def additive(self) -> bool:
        """Whether others share the principal."""
        return self.found.subject.expected.kind is AppKind.SHARED_PRINCIPAL

    @property
    def app_id(self) -> str:
        """The app id, or nothing where the app is not there."""
        if self.found.application:
            return self.found.application.app_id
        return self.found.principal.record.app_id if self.found.principal else ""

    @property
    def title(self) -> str:
        """The app for a person: name, and id where it has one."""
        return f"{self.found.name} ({self.app_id})" if self.app_id else self.found.name


def judge(subjects: Sequence[Subject], observed: Observed, now: datetime) -> list[AppAudit]:
    """Return the audit of each app, in the order of `subjects`."""
    found = identify(subjects, observed)
    own = {(each.subject.expected.vendor, each.subject.app.key): each.application for each in found if each.application}
    return [_app(each, observed, _of_vendor(own, each.subject.expected.vendor), now) for each in found]


def _of_vendor(own: dict[tuple[str, str], Application], vendor: str) -> dict[str, Application]:
    return {key: app for (whose, key), app in own.items() if whose == vendor}


def _app(each: Identified, observed: Observed, own: dict[str, Application], now: datetime) -> AppAudit:
    ident = each.principal.record.object_id if each.principal else ""
    holdings = observed.holdings.get(ident, Holdings())
    expected = each.subject.expected
    judged = Permissions()
    if each.state in (State.PRESENT, State.DISABLED, State.NO_PRINCIPAL):
        judged = permissions(
            expected,
            holdings,
            observed,
            own,
            application=each.application,
            additive=expected.kind is AppKind.SHARED_PRINCIPAL,
            withdrawn=each.principal_key in expected.withdrawn,
        )
    return AppAudit(each, judged, _exposed(each), _credentials(each, holdings, now), holdings)


def _exposed(each: Identified) -> tuple[Exposed, ...]:
    if each.application is None:
        return ()
    documented = {scope.value: scope for scope in each.subject.app.exposes}
    found = []
    for scope in each.application.scopes:
        expected = documented.pop(scope.value, None)
        if expected is None:
            kept = scope.value in each.subject.kept_scopes
            status = ScopeStatus.KEPT if kept else ScopeStatus.EXTRA
        elif not scope.enabled:
            status = ScopeStatus.DISABLED
        else:
            status = ScopeStatus.AS_DOCUMENTED if scope.type == expected.type else ScopeStatus.CHANGED
        found.append(Exposed(scope, status))
    for missing in documented.values():
        found.append(Exposed(Scope(missing.value, "", False, missing.type), ScopeStatus.MISSING))
    return tuple(sorted(found, key=lambda exposed: exposed.scope.value))


def _credentials(each: Identified, holdings: Holdings, now: datetime) -> tuple[Held, ...]:
    held = [
        *(each.application.credentials if each.application else ()),
        *(each.principal.credentials if each.principal else ()),
        *(holdings.federated or ()),
    ]
    return tuple(
        Held(one, _days(one.created, now, sign=1), _days(one.expires, now, sign=-1))
        for one in sorted(held, key=lambda one: (one.kind, one.created, one.id))
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
