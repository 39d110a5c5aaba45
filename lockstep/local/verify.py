"""The read-back after `up`: does the tenant hold what the catalogue says, app by app?

Compares the expectations with what a plain client reads. Writes nothing, and believes nobody's state but for the
client ids that tell our application from another one of its name.

The tenant is read through Graph with a plain HTTP client, so that what we check is not checked by what wrote it: it
uses neither `lockstep.directory` nor the provider, lists no whole tenant, and waits a little where Graph is busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from urllib.parse import quote

import httpx

from lockstep.audit.standing import StackCommands
from lockstep.catalogue import (
    AppKind,
    DocumentedPermission,
    DocumentedPrincipal,
    OwnApi,
    PermissionType,
    apis,
    permission_title,
    public_apps,
    tenant_ids,
)
from lockstep.consent import DEFAULT_ACCESS
from lockstep.errors import GraphError, SignInError, TenantError
from lockstep.settings.stack_app import StackApp
from lockstep.settings.traits import FEDERATED, beyond, effect_of, held, place_of

Object = dict[str, Any]
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between tries, where the answer names none
_LOST = 599  # no answer at all
_PASSING = (429, 500, 502, 503, 504, _LOST)
_OPEN = "open SharePoint admin center > Advanced > API access once, or set principals: later"
_SIGN_IN_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})

Key = tuple[str, str, str]
"""API app id, type, then what names a permission there: of a consent the scope's name (delegated, casefolded) or the
role's id (application), of a configured one always the id."""


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
    """One read-back. `client_ids` tell which application is ours, by documented name, where more have its name.

    `commands` are the stack's, for what puts a difference right.
    """

    def __init__(self, reader: Reader, client_ids: Mapping[str, str], commands: StackCommands) -> None:
        self._reader = reader
        self._client_ids = client_ids
        self._commands = commands
        self._applications: dict[str, list[Object]] = {}
        self._apis: dict[str, Object] = {}
        self._app_ids: dict[str, str] = {}
        self._names: dict[Key, str] = {}

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
        app: Object | None = None
        app_id, lost = expected.client_id, "absent"
        problem = f"there is no service principal of the client id {expected.client_id}"
        if expected.kind is AppKind.REGISTRATION:
            row.configured = 0
            app = self._app(expected.app.key)
            if app is None:
                many = len(self._applications[expected.app.key])
                row.state = "absent" if not many else "doubled"
                fix = f"`{self._commands.audit}` names what is there"
                row.problems.append(f"{many} applications are called {expected.name!r}; one is expected; to fix: {fix}")
                return row
            wanted = {
                (api, entry.type.value, id_)
                for entry in expected.wanted
                for api, id_ in [tenant_ids(entry, self._own(entry))]
            }
            configured = _configured(app)
            row.configured = len(configured)
            await self._compare(row, "configured", wanted, configured)
            app_id, lost = app["appId"], "no service principal"
            problem = f"{expected.name!r} has no service principal"
        principal = await self._by_app_id(app_id)
        if app is not None:
            await self._compare_traits(row, expected, app, principal)
        if principal is None:
            row.state = lost
            row.problems.append(f"{problem}; to fix: {self._commands.reconcile}")
        else:
            await self._compare_consents(row, expected, principal)
            await self._compare_roles(row, expected, principal)
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
                    row.problems.append(f"the principal {documented.name!r} is {row.state}; to fix: {_OPEN}")
                continue
            in_force = wanted & await self._in_force(principal)
            row.consented = len(in_force)
            if documented.key in expected.withdrawn:
                row.documented = 0
            else:
                await self._compare(row, "consented", wanted, in_force)
        if expected.one_of and all(row.state != "present" for row in rows):
            names = " nor ".join(repr(row.name) for row in rows)
            rows[0].problems.append(f"neither {names} is there; to fix: {_OPEN}")
        return rows

    async def _by_app_id(self, app_id: str, *, whole: bool = False) -> Object | None:
        principals = await self._reader.principals(f"appId eq {_literal(app_id)}", whole=whole)
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
        await self._compare(row, "consented", wanted, counted, extras_stay=expected.extras_stay)

    async def _compare_roles(self, row: VerifiedApp, expected: StackApp, principal: Object) -> None:
        """Find a directory role that the stack gives and the principal does not hold in the whole tenant."""
        if not expected.directory_roles:
            return
        held = await self._reader.directory_roles(principal["id"])
        if lacking := [role.name for role in expected.directory_roles if role.template_id not in held]:
            names = ", ".join(lacking)
            row.problems.append(f"{row.name}: lacks directory role {names}; to fix: {self._commands.reconcile}")

    async def _compare_traits(
        self, row: VerifiedApp, expected: StackApp, app: Object, principal: Object | None
    ) -> None:
        """Find what the live application and its principal have beside permissions, and no stack declares."""
        traits = held(app)
        if trusted := await self._reader.pages(f"/applications/{app['id']}/federatedIdentityCredentials"):
            traits |= held({FEDERATED: trusted})
        objects = [f"/applications/{app['id']}"]
        if principal is not None:
            traits |= held(principal, principal=True)
            objects.append(f"/servicePrincipals/{principal['id']}")
        for name, words in beyond(traits, expected.may_have).items():
            row.problems.append(
                f"{row.name}: {name} is not declared: {', '.join(words)}: {effect_of(name)}; to fix: take it away under"
                f" {place_of(name, row.name)}"
                + (f", or have the stack keep it: `{self._commands.adopt} --write`" if expected.adopted else "")
            )
        await self._compare_owners(row, expected, objects)

    async def _compare_owners(self, row: VerifiedApp, expected: StackApp, objects: list[str]) -> None:
        """Find owners whom the stack does not name; where it names none, only the identity that deploys is one."""
        if expected.adopted and not expected.owners:
            return  # they are left as they were
        allowed = set(expected.owners) or await self._reader.caller()
        owners = {owner["id"]: owner for path in objects for owner in await self._reader.owners(path)}
        for ident in sorted(owners.keys() - allowed):
            who = owners[ident].get("displayName") or ident
            row.problems.append(
                f"{row.name}: {who} ({ident}) owns it, and the stack does not name this owner; an owner can act as the"
                f" app; to fix: take them out under Microsoft Entra admin center > App registrations > {row.name} >"
                " Owners, or name everybody who may own it in the setting owners"
            )

    async def _compare(
        self, row: VerifiedApp, what: str, wanted: set[Key], held: set[Key], *, extras_stay: bool = False
    ) -> None:
        extra = set[Key]() if extras_stay else held - wanted
        for problem, keys in ((f"not {what}", wanted - held), (f"{what} but not documented", extra)):
            if keys:
                titles = sorted([await self._title(key) for key in keys])
                row.problems.append(f"{row.name}: {problem}: {', '.join(titles)}; to fix: {self._commands.reconcile}")

    async def _title(self, key: Key) -> str:
        """Return a permission for a person: by the catalogue's names, or else by those that the tenant's API gives."""
        app_id, kind, word = key
        public = next((api for api in apis().values() if api.app_id == app_id), None)
        listed = public.by_id(PermissionType(kind), word) if public else None
        api = self._apis.get(app_id) or await self._by_app_id(app_id, whole=True) or {}
        self._apis[app_id] = api
        offered = [*(api.get("appRoles") or ()), *(api.get("oauth2PermissionScopes") or ())]
        name = listed.name if listed else next((str(entry["value"]) for entry in offered if entry["id"] == word), "")
        title = public_apps().get(app_id) or str(api.get("displayName") or f"the API {app_id}")
        return permission_title(title, kind, self._names.get(key) or name or word)

    def _keys(self, permissions: tuple[DocumentedPermission, ...]) -> set[Key]:
        keys = {
            (
                tenant_ids(entry, self._own(entry))[0],
                entry.type.value,
                entry.name.casefold() if entry.type is PermissionType.DELEGATED else entry.id,
            ): entry.name
            for entry in permissions
        }
        self._names |= keys
        return set(keys)

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
            for scope in grant["scope"].split():
                keys.add((api, "delegated", scope.casefold()))
                self._names.setdefault((api, "delegated", scope.casefold()), scope)
        for role in await self._reader.roles(principal["id"]):
            if role["appRoleId"] != DEFAULT_ACCESS:
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


class Reader:
    """A signed-in plain client of Graph. `sleep` is how it waits."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        env: dict[str, str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._env = env
        self._sleep = sleep
        self._graph = ""
        self._caller: set[str] = set()

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        await self._sign_in()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.__aexit__(None, None, None)

    async def applications(self, expression: str) -> list[Object]:
        """Return the applications that a filter fits."""
        fields = (
            "id,appId,displayName,requiredResourceAccess,api,passwordCredentials,keyCredentials,signInAudience,web,spa,"
            "publicClient,isFallbackPublicClient,isDeviceOnlyAuthSupported,appRoles,groupMembershipClaims,optionalClaims"
        )
        return await self.pages(f"/applications?$filter={quote(expression)}&$select={fields}")

    async def principals(self, expression: str, *, whole: bool = False) -> list[Object]:
        """Return the service principals that a filter fits, without the lists of what they offer unless `whole`."""
        fields = (
            "id,appId,displayName,accountEnabled,passwordCredentials,keyCredentials,loginUrl,preferredSingleSignOnMode,"
            "samlSingleSignOnSettings,alternativeNames"
        )
        fields += ",appRoles,oauth2PermissionScopes" if whole else ""
        return await self.pages(f"/servicePrincipals?$filter={quote(expression)}&$select={fields}")

    async def app_id(self, principal: str) -> str:
        """Return the app id of a service principal, or the object id itself where the principal is not there."""
        try:
            return str((await self.get(f"/servicePrincipals/{principal}?$select=id,appId"))["appId"])
        except GraphError as error:
            if error.status != 404:
                raise
            return principal

    async def owners(self, path: str) -> list[Object]:
        """Return who owns an application or a service principal."""
        return await self.pages(f"{path}/owners?$select=id,displayName")

    async def caller(self) -> set[str]:
        """Return the object id of the identity that this reader, and the stack, is signed in as."""
        if not self._caller:
            client = _literal(self._env["ARM_CLIENT_ID"])
            self._caller = {str(principal["id"]) for principal in await self.principals(f"appId eq {client}")}
        return self._caller

    async def grants(self, principal: str) -> list[Object]:
        """Return the tenant-wide delegated grants of a service principal."""
        grants = await self.pages(f"/oauth2PermissionGrants?$filter=clientId eq '{principal}'")
        return [grant for grant in grants if grant["consentType"] == "AllPrincipals"]

    async def roles(self, principal: str) -> list[Object]:
        """Return the application roles that a service principal was given."""
        return await self.pages(f"/servicePrincipals/{principal}/appRoleAssignments")

    async def directory_roles(self, principal: str) -> set[str]:
        """Return the ids of the directory roles that a service principal holds in the whole tenant."""
        path = f"/roleManagement/directory/roleAssignments?$filter=principalId eq '{principal}'"
        return {str(row["roleDefinitionId"]) for row in await self.pages(path) if row["directoryScopeId"] == "/"}

    async def pages(self, path: str) -> list[Object]:
        """Return a whole collection."""
        values: list[Object] = []
        link: str | None = path
        while link:
            page = await self.get(link)
            values += page["value"]
            link = page.get("@odata.nextLink")
        return values

    async def get(self, path: str) -> Object:
        """Return one answer of Graph."""
        url = path if path.startswith("https://") else f"{self._graph}/v1.0{path}"
        answer, again = await self._ask(url), True
        for pause in _PAUSES:
            if answer.status_code == 401 and again:
                again = False
                await self._sign_in()  # the token has ended, or was taken back
            elif answer.status_code in _PASSING:
                seconds = answer.headers.get("Retry-After", "")
                await self._sleep(float(seconds) if seconds.isascii() and seconds.isdigit() else pause)
            else:
                break
            answer = await self._ask(url)
        if answer.status_code != 200:
            outcome = f"answered {answer.status_code}" if answer.status_code != _LOST else "gave no answer"
            raise GraphError(
                f"Graph {outcome} to GET {path.partition('?')[0]}; to fix: run again", status=answer.status_code
            )
        body: Object = answer.json()
        return body

    async def _ask(self, url: str) -> httpx.Response:
        """Send once; a connection that was lost on the way is an answer too."""
        try:
            return await self._client.get(url)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return httpx.Response(_LOST)

    async def _sign_in(self) -> None:
        env, client = self._env, self._client
        host = env["ARM_METADATA_HOSTNAME"]
        metadata = await client.get(f"https://{host}/metadata/endpoints?api-version=2022-09-01")
        if metadata.status_code != 200:
            raise TenantError(f"the metadata host {host} answered {metadata.status_code}")
        document = metadata.json()
        self._graph = str(document["microsoftGraphResourceId"]).rstrip("/")
        login = str(document["authentication"]["loginEndpoint"]).rstrip("/")
        form = {
            "grant_type": "client_credentials",
            "client_id": env["ARM_CLIENT_ID"],
            "client_secret": env["ARM_CLIENT_SECRET"],
            "scope": f"{self._graph}/.default",
        }
        answer = await client.post(f"{login}/{env['ARM_TENANT_ID']}/oauth2/v2.0/token", data=form)
        if answer.status_code != 200:
            raise SignInError(f"the emulator refused the sign-in of {env['ARM_CLIENT_ID']} ({answer.status_code})")
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
