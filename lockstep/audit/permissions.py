"""The permissions of one app, each in exactly one list: as documented, missing, extra, and so on. Pure.

A permission is known by its API, its type, and its id (application) or name (delegated): one id may belong to two
APIs, and one name to two APIs and both types. A consent names delegated permissions and a configuration has their ids,
so the tenant's own lists of what an API offers bring the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lockstep.catalogue import (
    GRAPH,
    SHAREPOINT,
    DocumentedPermission,
    OwnApi,
    Permission,
    PermissionType,
    api_of,
    permission_title,
    remarks,
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

    @property
    def remarks(self) -> list[str]:
        """The keys of what Microsoft remarks on the permission."""
        return [remark.key for remark in remarks(Permission(self.api_id, self.type, self.id))]


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
    offers = _Offers(reading, own)
    wanted, tolerated, withheld = (
        {_key(consent): consent for consent in map(offers.documented, group)}
        for group in (expected.wanted, expected.tolerated, [entry.permission for entry in expected.withheld])
    )
    documented = {**wanted, **tolerated, **withheld}
    lists = _Lists({} if withdrawn else wanted, tolerated, withheld, documented, additive)
    configured = None if application is None else {_key(c): c for c in map(offers.configured, application.configured)}
    consented = {_key(consent): consent for consent in holdings.consents}
    since = {_key(consent): moment for consent, moment in holdings.since.items()}

    def row(consent: Consent, users: int = 0) -> PermissionRow:
        key = _key(consent)
        return PermissionRow(
            api_id=consent.api,
            api=offers.name(consent.api),
            type=consent.type,
            value=consent.value,
            id=consent.id or (documented[key].id if key in documented else ""),
            status=lists.status(consent, held=key in consented or users > 0),
            documented=key in documented,
            configured=None if configured is None else key in configured,
            consented=key in consented,
            since="" if users else since.get(key, ""),
            users=users,
        )

    # What the tenant says of itself comes last: its names and ids are those of this tenant.
    everything = {**withheld, **lists.wanted, **(configured or {}), **consented}
    rows = [row(consent) for consent in everything.values()]
    of_users = [row(consent, users) for consent, users in holdings.users.items()]
    return Permissions(tuple(sorted(rows, key=_order)), tuple(sorted(of_users, key=_order)))


@dataclass(frozen=True)
class _Lists:
    """What the documents say of one app's permissions, by key."""

    wanted: Mapping[Key, Consent]
    tolerated: Mapping[Key, Consent]
    withheld: Mapping[Key, Consent]
    documented: Mapping[Key, Consent]
    additive: bool

    def status(self, consent: Consent, *, held: bool) -> Status:
        """Return the list that a permission is in; `held` tells whether anybody has consented to it."""
        key = _key(consent)
        if key in self.wanted:
            return Status.AS_DOCUMENTED if held else Status.MISSING
        if key in self.withheld:
            return Status.WITHHELD
        if self.additive:
            return Status.FOREIGN
        if key in self.tolerated or key in _SIGN_IN:
            return Status.TOLERATED
        of_api = [entry for entry in self.documented.values() if entry.api == consent.api]
        if not of_api:
            return Status.UNDOCUMENTED_API
        name = consent.value.casefold()
        other_type = any(entry.type is not consent.type and entry.value.casefold() == name for entry in of_api)
        return Status.WRONG_TYPE if other_type else Status.EXTRA


class _Offers:
    """What APIs offer: as this tenant shows it, else as Microsoft's lists have it; and the apps of our own."""

    def __init__(self, reading: TenantReading, own: Mapping[str, ApplicationRecord]) -> None:
        scope_ids = {key: {scope.value: scope.id for scope in app.scopes} for key, app in own.items()}
        self._own = {key: OwnApi(app.app_id, scope_ids[key]) for key, app in own.items()}
        self._by_app = {record.app_id: record for record in reading.apis.values()}
        self._applications = {app.app_id: app for app in own.values()}

    def name(self, api: str) -> str:
        """Return an API's display name, or its id where nothing names it."""
        if api in self._by_app:
            return self._by_app[api].display_name
        public = api_of(api)
        if public is not None:
            return public.name
        app = self._applications.get(api)
        return app.name if app else api

    def documented(self, entry: DocumentedPermission) -> Consent:
        """Return a documented permission; the ids of an app of the vendor's own are known in the tenant only."""
        api, ident = tenant_ids(entry, self._own)
        return Consent(api, entry.type, entry.name, ident)

    def configured(self, permission: Permission) -> Consent:
        """Return a configured permission with its name, where anything lists it."""
        return Consent(permission.api, permission.type, self._value(permission), permission.id)

    def _value(self, permission: Permission) -> str:
        record = self._by_app.get(permission.api)
        if record is not None:
            for offered in record.offered(permission.type):
                if offered.id == permission.id:
                    return offered.value
        app = self._applications.get(permission.api)
        if app is not None and permission.type is PermissionType.DELEGATED:
            return next((scope.value for scope in app.scopes if scope.id == permission.id), "")
        public = api_of(permission.api)
        listed = public.by_id(permission.type, permission.id) if public else None
        return listed.name if listed else ""


def _key(consent: Consent) -> Key:
    return consent.api, consent.type.value, consent.key or consent.id


_SIGN_IN = frozenset(map(_key, SIGN_IN_SCOPES))
_FIRST = (GRAPH, SHAREPOINT)


def _order(row: PermissionRow) -> tuple[object, ...]:
    """Graph and SharePoint first, then by name; within an API by type and name."""
    place = _FIRST.index(row.api_id) if row.api_id in _FIRST else len(_FIRST)
    return place, row.api, row.api_id, row.type.value, row.value.casefold(), row.id
