"""A small tenant for long histories: one emulator, put back to its start between them, and the hands of other people.

The API principals are cut down to the permissions that these histories are about, and the sign-in is made once: what
is under test is what is written, not how it gets there.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any

import httpx

from lockstep.catalogue import GRAPH
from lockstep.directory import AccessToken, Graph
from lockstep.directory.retry import Waiting
from lockstep.emulator import TENANT_ID, Clock, Emulator
from lockstep.provider.servicer import Servicer
from lockstep.provider.session import Session, Severity
from tests.provider.harness import BASE, ENV, NEW_SPFX, Provider
from tests.vendors import ATERA_CLIENT_ID

Consents = frozenset[tuple[str, str]]
"""(type, name) of what is in force on a client, all of it on Microsoft Graph."""

DELEGATED, APPLICATION = "delegated", "application"
SPFX = ("Calendars.Read", "Files.Read.All", "Mail.Read", "Mail.Send", "People.Read")
STRANGE = ("Chat.Read", "Presence.Read.All")
OWN = ("Group.ReadWrite.All", "Sites.Read.All", "User.Read.All")
ATERA_SCOPES = ("User.Read", "User.Read.All", "Calendars.Read")
ATERA_ROLES = ("Mail.Send", "Contacts.ReadWrite", "Place.Read.All")
ATERA_TWINS = ("Mail.Send", "Contacts.ReadWrite", "Place.Read.All")
STRANGE_ROLES = ("Directory.ReadWrite.All", "Files.ReadWrite.All")
SIGN_IN = ("openid", "profile", "email", "offline_access")

if find_spec("sniffio") is None:
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # httpx searches the disk for it at every request

_SCOPES = {*SPFX, *STRANGE, *ATERA_SCOPES, *ATERA_TWINS, *SIGN_IN}
_ROLES = {*OWN, *ATERA_ROLES, *STRANGE_ROLES}


class Line(httpx.AsyncBaseTransport):
    """The way to the emulator; `before` sees each request on its way out."""

    def __init__(self, emulator: Emulator) -> None:
        self._inner = httpx.ASGITransport(app=emulator.app)
        self.before: Callable[[httpx.Request], None] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Let other people act first, then pass the request on."""
        if self.before is not None:
            self.before(request)
        return await self._inner.handle_async_request(request)


class _Token:
    def __init__(self, text: str) -> None:
        self._token = AccessToken(text, 4e9)

    async def token(self, *, fresh: bool = False, challenge: object = None) -> AccessToken:
        return self._token


class LightProvider(Provider):
    """The real servicer over a connection that is signed in already; a new one is a plugin started anew."""

    def __init__(self, town: Town, stack: str) -> None:
        super().__init__(town.emulator, stack=stack)

        async def log(severity: Severity, message: str, urn: str) -> None:
            self.messages.append((severity, message))

        async def connect(tenant_id: str) -> Graph:
            http = httpx.AsyncClient(transport=town.line)
            waiting = Waiting(sleep=self._sleep)
            return Graph(http, f"{BASE}/v1.0", town.credential, tenant_id=tenant_id, waiting=waiting, owns_http=True)

        self.session = Session(connect, log, settle=0.0)
        self.session.configure(self.tenant)
        self.servicer = Servicer(self.session)

    async def _sleep(self, seconds: float) -> None:
        """No time passes: nothing here is late, and a sign-in that is made once must not expire."""


class Town:
    """The tenant, made once for all histories of a process."""

    def __init__(self) -> None:
        self.emulator = Emulator.open(profile="both-spfx", clock=Clock(stopped=True))
        self.line = Line(self.emulator)
        self.credential = _Token(asyncio.run(self._sign_in()))
        self._trim()
        self._start = {name: list(table.rows.items()) for name, table in self._store.tables.items()}
        self.graph_id = self._principal_of(GRAPH)
        gc.collect()
        gc.freeze()  # the permissions of the large APIs live as long as the process: not worth a look each time

    @property
    def _store(self) -> Any:
        return self.emulator.tenant.store

    def reset(self) -> None:
        """Put everything back to the start."""
        for name, rows in self._start.items():
            table = self._store[name]
            for ident in list(table.rows):
                table.set(ident, None, 0)
            for number, (ident, row) in enumerate(rows, 1):
                table.set(ident, row, number)
        self.emulator.log.clear()
        self.emulator.on_write.clear()
        self.line.before = None

    def new_spfx(self) -> str:
        """Return the object id of Microsoft's SharePoint client."""
        return self._principal_of(NEW_SPFX)

    def old_spfx(self) -> str:
        """Return the object id of the tenant's own, older SharePoint client."""
        rows = self._store["servicePrincipals"].rows.values()
        return next(str(row["id"]) for row in rows if "Client Extensibility Web Application" in row["displayName"])

    def vendor(self) -> str:
        """Return the object id of Atera's service principal, or nothing."""
        rows = self._store["servicePrincipals"].by("appId", ATERA_CLIENT_ID)
        return str(rows[0]["id"]) if rows else ""

    def make_vendor(self) -> str:
        """Make Atera's service principal, as the vendor's own sign-in does."""
        return str(self.emulator.tenant.principals.create({"appId": ATERA_CLIENT_ID})["id"])

    def register(self, name: str, tags: Iterable[str] = ()) -> tuple[str, str, str]:
        """Make an application with its principal; return application id, app id and principal id."""
        app = self.emulator.tenant.applications.create({"displayName": name, "tags": list(tags)})
        principal = self.emulator.tenant.principals.create({"appId": app["appId"]})
        return str(app["id"]), str(app["appId"]), str(principal["id"])

    def unregister(self, app: str) -> None:
        """Delete an application, and its principal with it."""
        self.emulator.tenant.applications.delete(self.emulator.tenant.applications.get(app))

    def tags(self, app: str) -> list[str]:
        """Return the tags of an application."""
        return list(self.emulator.tenant.applications.get(app)["tags"])

    def set_tags(self, app: str, tags: list[str]) -> None:
        """Give an application these tags."""
        applications = self.emulator.tenant.applications
        applications.update(applications.get(app), {"tags": tags})

    def all_tags(self) -> list[str]:
        """Return the tags of every application."""
        return [tag for row in self._store["applications"].rows.values() for tag in row["tags"]]

    def held(self, client: str) -> Consents:
        """Return what is in force tenant-wide on a client."""
        row = self._grant(client)
        scopes = {(DELEGATED, scope) for scope in (row["scope"] if row else "").split()}
        names = {role["id"]: role["value"] for role in self._store["servicePrincipals"].rows[self.graph_id]["appRoles"]}
        held = self._store["appRoleAssignments"].by("principalId", client)
        roles = {(APPLICATION, names[row["appRoleId"]]) for row in held if row["resourceId"] == self.graph_id}
        return frozenset(scopes | roles)

    def give(self, client: str, consent: tuple[str, str]) -> None:
        """Consent by hand."""
        if consent in self.held(client):
            return
        if consent[0] == APPLICATION:
            roles = self._store["servicePrincipals"].rows[self.graph_id]["appRoles"]
            role = next(role["id"] for role in roles if role["value"] == consent[1])
            self.emulator.tenant.assignments.assign(client, self.graph_id, role)
            return
        row = self._grant(client)
        if row is None:
            self.emulator.tenant.grants.consent(client, self.graph_id, consent[1])
        else:
            self.emulator.tenant.grants.update(row, {"scope": f"{row['scope']} {consent[1]}"})

    def take(self, client: str, consent: tuple[str, str]) -> None:
        """Take a consent away by hand."""
        if consent[0] == APPLICATION:
            roles = self._store["servicePrincipals"].rows[self.graph_id]["appRoles"]
            role = next(role["id"] for role in roles if role["value"] == consent[1])
            for assignment in self._store["appRoleAssignments"].by("principalId", client):
                if assignment["appRoleId"] == role and assignment["resourceId"] == self.graph_id:
                    self.emulator.tenant.assignments.delete(assignment)
            return
        row = self._grant(client)
        if row is not None:
            left = [scope for scope in row["scope"].split() if scope != consent[1]]
            if left:
                self.emulator.tenant.grants.update(row, {"scope": " ".join(left)})
            else:
                self.emulator.tenant.grants.delete(row)

    def _grant(self, client: str) -> dict[str, Any] | None:
        rows = self._store["oauth2PermissionGrants"].by("clientId", client)
        mine = [row for row in rows if row["consentType"] == "AllPrincipals" and row["resourceId"] == self.graph_id]
        return dict(mine[0]) if mine else None

    def _principal_of(self, app_id: str) -> str:
        return str(self._store["servicePrincipals"].by("appId", app_id)[0]["id"])

    def _trim(self) -> None:
        (graph,) = self._store["servicePrincipals"].by("appId", GRAPH)
        scopes = [scope for scope in graph["oauth2PermissionScopes"] if scope["value"] in _SCOPES]
        roles = [role for role in graph["appRoles"] if role["value"] in _ROLES]
        self._store.put("servicePrincipals", {**graph, "oauth2PermissionScopes": scopes, "appRoles": roles})
        for row in list(self._store["oauth2PermissionGrants"].rows.values()):
            if row["resourceId"] != graph["id"]:
                self._store.remove("oauth2PermissionGrants", row["id"])
        for client in (self._principal_of(NEW_SPFX), self.old_spfx()):
            for row in self._store["oauth2PermissionGrants"].by("clientId", client):
                scope = " ".join(word for word in row["scope"].split() if word in _SCOPES)
                self._store.put("oauth2PermissionGrants", {**row, "scope": scope})

    async def _sign_in(self) -> str:
        async with httpx.AsyncClient(transport=self.line, base_url=BASE) as client:
            form = {
                "grant_type": "client_credentials",
                "client_id": ENV["ARM_CLIENT_ID"],
                "client_secret": ENV["ARM_CLIENT_SECRET"],
                "scope": f"{BASE}/.default",
            }
            answer = await client.post(f"/{TENANT_ID}/oauth2/v2.0/token", data=form)
            return str(answer.json()["access_token"])
