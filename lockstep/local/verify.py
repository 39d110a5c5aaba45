"""The read-back after `up`: does the tenant hold what the catalogue says, app by app?

Compares the expectations with what a plain client reads. Writes nothing and believes nobody's state.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from lockstep.catalogue import AppKind, DocumentedPermission, PermissionType
from lockstep.catalogue import Principal as DocumentedPrincipal
from lockstep.local.reader import Object, Reader, TenantView
from lockstep.settings.stack_app import SIGN_IN_SCOPES, Expected

Key = tuple[str, str, str]
"""API app id, type, then the scope's name (delegated, casefolded) or the role's id (application)."""


@dataclass
class Row:
    """One app, or one shared principal, as it was found. `configured` None: not ours to configure."""

    app: str
    name: str
    mode: str
    state: str
    configured: int | None
    consented: int
    documented: int
    problems: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether the tenant holds exactly what it must."""
        return not self.problems

    def document(self) -> dict[str, Any]:
        """Return the row for `--json`."""
        return {**asdict(self), "agrees": self.agrees}


class Verification:
    """One read-back."""

    def __init__(self, reader: Reader, view: TenantView, tenant: str) -> None:
        self._reader = reader
        self._view = view
        self._tenant = tenant
        self._apps: dict[str, Object] = {}

    @classmethod
    async def run(cls, reader: Reader, expected: list[Expected], tenant: str) -> list[Row]:
        """Return one row for each app, two for a shared one."""
        check = cls(reader, await reader.view(), tenant)
        for each in expected:
            check._find(each)
        rows: list[Row] = []
        for each in expected:
            rows += await check._rows(each)
        return rows

    def _find(self, each: Expected) -> None:
        found = self._applications(each) if each.kind is AppKind.REGISTRATION else []
        if len(found) == 1:
            self._apps[each.app.key] = found[0]

    def _applications(self, each: Expected) -> list[Object]:
        """Return the applications that could be the expected one: by app id where it is known, else by name."""
        if each.client_id:
            return [app for app in self._view.applications if app["appId"] == each.client_id]
        return self._view.application(each.name)

    async def _rows(self, each: Expected) -> list[Row]:
        if each.kind is AppKind.REGISTRATION:
            return [await self._registration(each)]
        if each.kind is AppKind.ENTERPRISE_APP:
            return [await self._enterprise(each)]
        return await self._shared(each)

    async def _registration(self, each: Expected) -> Row:
        row = Row(each.app.key, each.name, "exact", "present", 0, 0, len(each.wanted))
        app = self._apps.get(each.app.key)
        if app is None:
            many = len(self._applications(each))
            row.state = "absent" if not many else "doubled"
            row.problems.append(f"{many} applications are called {each.name!r}; one is expected")
            return row
        wanted = {self._configured_key(entry) for entry in each.wanted}
        configured = _configured(app)
        row.configured = len(configured)
        _compare(row, "configured", wanted, configured)
        principal = self._view.principal(app["appId"])
        if principal is None:
            row.state = "no service principal"
            row.problems.append(f"{each.name!r} has no service principal")
            return row
        await self._compare_consents(row, each, principal)
        return row

    async def _enterprise(self, each: Expected) -> Row:
        row = Row(each.app.key, each.name, "exact", "present", None, 0, len(each.wanted))
        principal = self._view.principal(each.client_id)
        if principal is None:
            row.state = "absent"
            row.problems.append(f"there is no service principal of the client id {each.client_id}")
            return row
        await self._compare_consents(row, each, principal)
        return row

    async def _shared(self, each: Expected) -> list[Row]:
        rows = []
        for documented in each.app.principals:
            row = Row(each.app.key, documented.name, "additive", "present", None, 0, len(each.wanted))
            principal = self._principal(each, documented)
            if principal is None or not principal["accountEnabled"]:
                row.state = "absent" if principal is None else "disabled"
                if documented.key in each.required:
                    row.problems.append(f"the principal {documented.name!r} is {row.state}")
            else:
                await self._compare_additive(row, each, documented, principal)
            rows.append(row)
        if each.one_of and all(row.state != "present" for row in rows):
            names = " nor ".join(repr(row.name) for row in rows)
            rows[0].problems.append(f"neither {names} is there; sharepoint: later accepts that")
        return rows

    def _principal(self, each: Expected, documented: DocumentedPrincipal) -> Object | None:
        if documented.app_id:
            return self._view.principal(documented.app_id)
        return self._view.named(each.uris(documented, self._tenant))

    async def _compare_consents(self, row: Row, each: Expected, principal: Object) -> None:
        wanted, tolerated = self._keys(each.wanted), self._keys(each.tolerated)
        found = await self._in_force(principal)
        counted = found - {key for key in found - wanted if key in tolerated or key[2] in SIGN_IN_SCOPES}
        row.consented = len(counted)
        _compare(row, "consented", wanted, counted, extras_stay=each.extras_stay)

    async def _compare_additive(
        self, row: Row, each: Expected, documented: DocumentedPrincipal, principal: Object
    ) -> None:
        found = await self._in_force(principal)
        wanted = self._keys(each.wanted)
        row.consented = len(wanted & found)
        if documented.key in each.withdrawn:
            row.documented = 0
        else:
            _compare(row, "consented", wanted, wanted & found)

    def _keys(self, permissions: tuple[DocumentedPermission, ...]) -> set[Key]:
        return {(self._api(entry.permission.api), entry.type.value, _word(entry)) for entry in permissions}

    def _api(self, api: str) -> str:
        """Return an API's app id; that of an app of the stack itself is in the tenant only."""
        if not api.startswith("app:"):
            return api
        found = self._apps.get(api.removeprefix("app:"))
        return str(found["appId"]) if found else api

    def _configured_key(self, entry: DocumentedPermission) -> Key:
        api, id_ = entry.permission.api, entry.id
        own = self._apps.get(api.removeprefix("app:")) if api.startswith("app:") else None
        if own is not None:  # an adopted API keeps the scope ids that it was made with
            scopes = (own.get("api") or {}).get("oauth2PermissionScopes") or []
            id_ = next((scope["id"] for scope in scopes if scope["value"] == entry.name), id_)
        return self._api(api), entry.type.value, id_

    async def _in_force(self, principal: Object) -> set[Key]:
        by_id = {found["id"]: found for found in self._view.principals}
        found: set[Key] = set()
        for grant in await self._reader.grants(principal["id"]):
            api = str(by_id.get(grant["resourceId"], grant).get("appId", grant["resourceId"]))
            found |= {(api, "delegated", scope.casefold()) for scope in grant["scope"].split()}
        for role in await self._reader.roles(principal["id"]):
            api = str(by_id.get(role["resourceId"], role).get("appId", role["resourceId"]))
            found.add((api, "application", role["appRoleId"]))
        return found


def _word(entry: DocumentedPermission) -> str:
    return entry.name.casefold() if entry.type is PermissionType.DELEGATED else entry.id


def _configured(app: Object) -> set[Key]:
    kinds = {"Scope": "delegated", "Role": "application"}
    return {
        (access["resourceAppId"], kinds.get(entry["type"], entry["type"]), entry["id"])
        for access in app.get("requiredResourceAccess") or []
        for entry in access["resourceAccess"]
    }


def _compare(row: Row, what: str, wanted: set[Key], found: set[Key], *, extras_stay: bool = False) -> None:
    missing, extra = sorted(wanted - found), [] if extras_stay else sorted(found - wanted)
    if missing:
        row.problems.append(f"{row.name}: not {what}: {_list(missing)}")
    if extra:
        row.problems.append(f"{row.name}: {what} but not documented: {_list(extra)}")


def _list(keys: list[Key]) -> str:
    return ", ".join("/".join(key) for key in keys)
