"""The read-back after `up`: does the tenant hold what the catalogue says, app by app?

Compares the expectations with what a plain client reads. Writes nothing, and believes nobody's state but for the
client ids that tell our application from another one of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lockstep.catalogue import AppKind, DocumentedPermission, DocumentedPrincipal, OwnApi, PermissionType, tenant_ids
from lockstep.local.reader import Object, Reader
from lockstep.settings.stack_app import StackApp

_SIGN_IN_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})

Key = tuple[str, str, str]
"""API app id, type, then the scope's name (delegated, casefolded) or the role's id (application)."""


@dataclass
class VerifiedApp:
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
    """One read-back. `client_ids` tell which application is ours, by documented name, where more have its name."""

    def __init__(self, reader: Reader, client_ids: Mapping[str, str]) -> None:
        self._reader = reader
        self._client_ids = client_ids
        self._applications: dict[str, list[Object]] = {}
        self._app_ids: dict[str, str] = {}

    async def rows(self, expected: list[StackApp]) -> list[VerifiedApp]:
        """Return one row for expected app, two for a shared one."""
        for app in expected:
            if app.kind is AppKind.REGISTRATION:
                client = app.client_id or self._client_ids.get(app.app.name)
                sought = f"appId eq {_literal(client)}" if client else f"displayName eq {_literal(app.name)}"
                self._applications[app.app.key] = await self._reader.applications(sought)
        rows = []
        for app in expected:
            if app.kind is AppKind.SHARED_PRINCIPAL:
                rows += await self._shared(app)
            else:
                rows.append(await self._own_app(app))
        return rows

    def _app(self, key: str) -> Object | None:
        applications = self._applications.get(key, [])
        return applications[0] if len(applications) == 1 else None

    async def _own_app(self, expected: StackApp) -> VerifiedApp:
        """Return the row of a registration, or of a vendor's own app, which has no application in this tenant."""
        row = VerifiedApp(expected.app.key, expected.name, "exact", "present", None, 0, len(expected.wanted))
        app_id, lost = expected.client_id, "absent"
        problem = f"there is no service principal of the client id {expected.client_id}"
        if expected.kind is AppKind.REGISTRATION:
            row.configured = 0
            app = self._app(expected.app.key)
            if app is None:
                many = len(self._applications[expected.app.key])
                row.state = "absent" if not many else "doubled"
                row.problems.append(f"{many} applications are called {expected.name!r}; one is expected")
                return row
            wanted = {
                (api, entry.type.value, id_)
                for entry in expected.wanted
                for api, id_ in [tenant_ids(entry, self._own(entry))]
            }
            configured = _configured(app)
            row.configured = len(configured)
            _compare(row, "configured", wanted, configured)
            app_id, lost = app["appId"], "no service principal"
            problem = f"{expected.name!r} has no service principal"
        principal = await self._by_app_id(app_id)
        if principal is None:
            row.state = lost
            row.problems.append(problem)
        else:
            await self._compare_consents(row, expected, principal)
        return row

    async def _shared(self, expected: StackApp) -> list[VerifiedApp]:
        rows = []
        wanted = self._keys(expected.wanted)
        for documented in expected.app.principals:
            row = VerifiedApp(expected.app.key, documented.name, "additive", "present", None, 0, len(expected.wanted))
            rows.append(row)
            principal = await self._principal(expected, documented)
            if principal is None or not principal["accountEnabled"]:
                row.state = "absent" if principal is None else "disabled"
                if documented.key in expected.required:
                    row.problems.append(f"the principal {documented.name!r} is {row.state}")
                continue
            in_force = wanted & await self._in_force(principal)
            row.consented = len(in_force)
            if documented.key in expected.withdrawn:
                row.documented = 0
            else:
                _compare(row, "consented", wanted, in_force)
        if expected.one_of and all(row.state != "present" for row in rows):
            names = " nor ".join(repr(row.name) for row in rows)
            rows[0].problems.append(f"neither {names} is there; principals: later accepts that")
        return rows

    async def _by_app_id(self, app_id: str) -> Object | None:
        principals = await self._reader.principals(f"appId eq {_literal(app_id)}")
        return principals[0] if principals else None

    async def _principal(self, expected: StackApp, documented: DocumentedPrincipal) -> Object | None:
        if documented.app_id:
            return await self._by_app_id(documented.app_id)
        for uri in expected.uris(documented):
            if principals := await self._reader.principals(f"servicePrincipalNames/any(n:n eq {_literal(uri)})"):
                return principals[0]
        return None

    async def _compare_consents(self, row: VerifiedApp, expected: StackApp, principal: Object) -> None:
        wanted, tolerated = self._keys(expected.wanted), self._keys(expected.tolerated)
        in_force = await self._in_force(principal)
        counted = in_force - {key for key in in_force - wanted if key in tolerated or key[2] in _SIGN_IN_SCOPES}
        row.consented = len(counted)
        _compare(row, "consented", wanted, counted, extras_stay=expected.extras_stay)

    def _keys(self, permissions: tuple[DocumentedPermission, ...]) -> set[Key]:
        return {
            (
                tenant_ids(entry, self._own(entry))[0],
                entry.type.value,
                entry.name.casefold() if entry.type is PermissionType.DELEGATED else entry.id,
            )
            for entry in permissions
        }

    def _own(self, entry: DocumentedPermission) -> dict[str, OwnApi[str]]:
        """Return the app of the stack that exposes a scope: its app id, and its scopes' ids, are in the tenant only."""
        app = self._app(entry.api) if entry.on_own_api else None
        if app is None:
            return {}
        scopes = (app.get("api") or {}).get("oauth2PermissionScopes") or []
        return {entry.api: OwnApi(str(app["appId"]), {scope["value"]: scope["id"] for scope in scopes})}

    async def _in_force(self, principal: Object) -> set[Key]:
        keys: set[Key] = set()
        for grant in await self._reader.grants(principal["id"]):
            api = await self._app_id(grant["resourceId"])
            keys |= {(api, "delegated", scope.casefold()) for scope in grant["scope"].split()}
        for role in await self._reader.roles(principal["id"]):
            keys.add((await self._app_id(role["resourceId"]), "application", role["appRoleId"]))
        return keys

    async def _app_id(self, principal: str) -> str:
        if principal not in self._app_ids:
            self._app_ids[principal] = await self._reader.app_id(principal)
        return self._app_ids[principal]


def _literal(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _configured(app: Object) -> set[Key]:
    kinds = {"Scope": "delegated", "Role": "application"}
    return {
        (access["resourceAppId"], kinds.get(entry["type"], entry["type"]), entry["id"])
        for access in app.get("requiredResourceAccess") or []
        for entry in access["resourceAccess"]
    }


def _compare(row: VerifiedApp, what: str, wanted: set[Key], held: set[Key], *, extras_stay: bool = False) -> None:
    extra = set[Key]() if extras_stay else held - wanted
    for problem, keys in ((f"not {what}", wanted - held), (f"{what} but not documented", extra)):
        if keys:
            row.problems.append(f"{row.name}: {problem}: {', '.join('/'.join(key) for key in sorted(keys))}")
