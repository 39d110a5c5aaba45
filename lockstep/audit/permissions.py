"""The permissions of one app, each in exactly one list: as documented, missing, extra, and so on. Pure.

A permission is known by its API, its type, and its id (application) or name (delegated): one id may belong to two
APIs, and one name to two APIs and both types. A consent names delegated permissions and a configuration has their ids,
so the tenant's own lists of what an API offers bring the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lockstep.catalogue import (
    GRAPH,
    SHAREPOINT,
    DocumentedPermission,
    OwnApi,
    Permission,
    PermissionType,
    apis,
    permission_title,
    tenant_ids,
)
from lockstep.consent import SIGN_IN_SCOPES, Consent
from lockstep.directory.records import ApplicationRecord, Holdings, TenantReading
from lockstep.settings.stack_app import StackApp

Key = tuple[str, str, str]
"""API app id, type, then the name (delegated, small letters) or the id (application)."""


class Status(StrEnum):
    """The list that a permission is in."""

    AS_DOCUMENTED = "as-documented"
    MISSING = "missing"
    EXTRA = "extra"
    WRONG_TYPE = "wrong-type"
    UNDOCUMENTED_API = "undocumented-api"
    WITHHELD = "withheld"
    TOLERATED = "tolerated"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class PermissionRow:
    """One permission. `configured` is None where the configuration is not in this tenant.

    `consented` is about everybody; users' own consents are rows of their own, with `users` counted. `documented` says
    that the vendor names it at all, tolerated and withheld ones included.
    """

    api_id: str
    api: str
    type: PermissionType
    value: str
    id: str
    status: Status
    documented: bool
    configured: bool | None
    consented: bool
    since: str = ""
    users: int = 0

    @property
    def title(self) -> str:
        """The permission for a person."""
        return permission_title(self.api, self.type.value, self.value or self.id)


@dataclass(frozen=True)
class Permissions:
    """What one app may do: a row for each permission in force, configured or wanted, and one for each that users gave
    themselves."""

    rows: tuple[PermissionRow, ...] = ()
    users: tuple[PermissionRow, ...] = ()

    def of(self, status: Status) -> tuple[PermissionRow, ...]:
        """Return one of the lists."""
        return tuple(row for row in self.rows if row.status is status)

    @property
    def unconsented(self) -> tuple[PermissionRow, ...]:
        """What is configured and not consented: asked for, and not in force."""
        return tuple(row for row in self.rows if row.configured and not row.consented)

    @property
    def unconfigured(self) -> tuple[PermissionRow, ...]:
        """What is consented and not configured: in force, and in no list of the app's own."""
        return tuple(row for row in self.rows if row.configured is False and row.consented)


def permissions(
    expected: StackApp,
    holdings: Holdings,
    reading: TenantReading,
    own: Mapping[str, ApplicationRecord],
    *,
    application: ApplicationRecord | None = None,
    additive: bool = False,
    withdrawn: bool = False,
) -> Permissions:
    """Return the lists of one app. `own` are the vendor's registered apps by key: APIs that others of them ask for.

    `additive`: the principal is shared, and what is not ours is foreign. `withdrawn`: nothing is wanted there any more.
    """
    return _Judge(expected, holdings, reading, own, application, additive, withdrawn).permissions()


@dataclass(frozen=True)
class _Entry:
    """A permission before it is judged."""

    api: str
    type: PermissionType
    value: str
    id: str

    @property
    def key(self) -> Key:
        if self.type is PermissionType.DELEGATED:
            return self.api, self.type.value, self.value.casefold() or self.id
        return self.api, self.type.value, self.id


class _Judge:
    """One app's permissions, looked at from three sides: documented, configured, consented."""

    def __init__(
        self,
        expected: StackApp,
        holdings: Holdings,
        reading: TenantReading,
        own: Mapping[str, ApplicationRecord],
        application: ApplicationRecord | None,
        additive: bool,
        withdrawn: bool,
    ) -> None:
        self._additive = additive
        self._holdings = holdings
        self._offers = _Offers(reading, own)
        wanted, self._tolerated, self._withheld = (
            {entry.key: entry for entry in self._entries(group)}
            for group in (expected.wanted, expected.tolerated, [entry.permission for entry in expected.withheld])
        )
        self._wanted = {} if withdrawn else wanted
        self._documented = {**wanted, **self._tolerated, **self._withheld}
        self._apis = {entry.api for entry in self._documented.values()}
        self._names = {(e.api, e.type, e.value.casefold()) for e in self._documented.values()}
        self._configured = (
            None if application is None else {e.key: e for e in map(self._offers.configured, application.configured)}
        )

    def permissions(self) -> Permissions:
        consented = {entry.key: entry for entry in map(_consented, self._holdings.consents)}
        since = {_consented(consent).key: moment for consent, moment in self._holdings.since.items()}
        # What the tenant says of itself comes last: its names and ids are those of this tenant.
        everything = {**self._withheld, **self._wanted, **(self._configured or {}), **consented}
        rows = [self._row(entry, key in consented, since.get(key, ""), 0) for key, entry in everything.items()]
        users = [
            self._row(_consented(consent), _consented(consent).key in consented, "", count)
            for consent, count in self._holdings.users.items()
        ]
        return Permissions(tuple(sorted(rows, key=_order)), tuple(sorted(users, key=_order)))

    def _row(self, entry: _Entry, consented: bool, since: str, users: int) -> PermissionRow:
        configured = None if self._configured is None else entry.key in self._configured
        return PermissionRow(
            api_id=entry.api,
            api=self._offers.name(entry.api),
            type=entry.type,
            value=entry.value,
            id=entry.id or self._known_id(entry.key),
            status=self._status(entry, consented or users > 0),
            documented=entry.key in self._documented,
            configured=configured,
            consented=consented,
            since=since,
            users=users,
        )

    def _known_id(self, key: Key) -> str:
        documented = self._documented.get(key)
        return documented.id if documented else ""

    def _status(self, entry: _Entry, held: bool) -> Status:
        key = entry.key
        if key in self._wanted:
            return Status.AS_DOCUMENTED if held else Status.MISSING
        if key in self._withheld:
            return Status.WITHHELD
        if self._additive:
            return Status.FOREIGN
        if key in self._tolerated or key in _SIGN_IN:
            return Status.TOLERATED
        if entry.api not in self._apis:
            return Status.UNDOCUMENTED_API
        other = PermissionType.APPLICATION if entry.type is PermissionType.DELEGATED else PermissionType.DELEGATED
        if (entry.api, other, entry.value.casefold()) in self._names:
            return Status.WRONG_TYPE
        return Status.EXTRA

    def _entries(self, documented: Iterable[DocumentedPermission]) -> Iterable[_Entry]:
        for entry in documented:
            api, ident = self._offers.documented(entry)
            yield _Entry(api, entry.type, entry.name, ident)


class _Offers:
    """What APIs offer: as this tenant shows it, else as Microsoft's lists have it; and the apps of our own."""

    def __init__(self, reading: TenantReading, own: Mapping[str, ApplicationRecord]) -> None:
        scope_ids = {key: {scope.value: scope.id for scope in app.scopes} for key, app in own.items()}
        self._own = {key: OwnApi(app.app_id, scope_ids[key]) for key, app in own.items()}
        self._by_app = {record.app_id: record for record in reading.apis.values()}
        self._public = {api.app_id: api for api in apis().values()}
        self._applications = {app.app_id: app for app in own.values()}

    def name(self, api: str) -> str:
        """Return an API's display name, or its id where nothing names it."""
        if api in self._by_app:
            return self._by_app[api].display_name
        if api in self._public:
            return self._public[api].name
        app = self._applications.get(api)
        return app.name if app else api

    def documented(self, entry: DocumentedPermission) -> tuple[str, str]:
        """Return API app id and permission id; those of an app of the vendor's own are known in the tenant only."""
        return tenant_ids(entry, self._own)

    def configured(self, permission: Permission) -> _Entry:
        """Return a configured permission with its name, where anything lists it."""
        return _Entry(permission.api, permission.type, self._value(permission), permission.id)

    def _value(self, permission: Permission) -> str:
        record = self._by_app.get(permission.api)
        if record is not None:
            for offered in record.offered(permission.type):
                if offered.id == permission.id:
                    return offered.value
        app = self._applications.get(permission.api)
        if app is not None and permission.type is PermissionType.DELEGATED:
            return next((scope.value for scope in app.scopes if scope.id == permission.id), "")
        public = self._public.get(permission.api)
        listed = public.by_id(permission.type, permission.id) if public else None
        return listed.name if listed else ""


def _consented(consent: Consent) -> _Entry:
    return _Entry(consent.api, consent.type, consent.value, consent.id)


_SIGN_IN = frozenset(_consented(consent).key for consent in SIGN_IN_SCOPES)
_FIRST = (GRAPH, SHAREPOINT)


def _order(row: PermissionRow) -> tuple[object, ...]:
    """Graph and SharePoint first, then by name; within an API by type and name."""
    place = _FIRST.index(row.api_id) if row.api_id in _FIRST else len(_FIRST)
    return place, row.api, row.api_id, row.type.value, row.value.casefold(), row.id
