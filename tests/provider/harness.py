"""A provider under test: the real servicer, called with the wire's messages, over an emulated tenant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
from pulumi.runtime.proto import provider_pb2, status_pb2

from lockstep.catalogue import PermissionType, load
from lockstep.directory import open_graph
from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, Emulator
from lockstep.provider.servicer import Servicer
from lockstep.provider.session import Session, Severity
from lockstep.provider.structs import from_struct, to_struct
from lockstep.resource_types import ADMIN_CONSENT, PRINCIPAL
from tests.conftest import BY_HAND
from tests.vendors import ATERA_CLIENT_ID

BASE = "https://localhost:8443"
ENV = {
    "ARM_METADATA_HOSTNAME": "localhost:8443",
    "ARM_TENANT_ID": TENANT_ID,
    "ARM_CLIENT_ID": DEPLOYER_CLIENT_ID,
    "ARM_CLIENT_SECRET": DEPLOYER_SECRET,
}
NEW_SPFX = "08e18876-6177-487e-b8b5-cf950c1e598c"
API_NAMES = {"Microsoft Graph": "00000003-0000-0000-c000-000000000000"}
API_NAMES["Office 365 SharePoint Online"] = "00000003-0000-0ff1-ce00-000000000000"

_A_WHILE = 15.0  # seconds from what somebody does by hand to what happens next: replicas agree by then

Json = dict[str, Any]


class RefusedByProviderError(Exception):
    """What the engine would see of an error."""

    def __init__(self, code: grpc.StatusCode, message: str, unfinished: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.unfinished = unfinished


class _Context:
    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise RefusedByProviderError(code, details)

    async def abort_with_status(self, status: Any) -> None:
        unfinished: Json | None = None
        for key, value in status.trailing_metadata:
            if key == "grpc-status-details-bin":
                detail = provider_pb2.ErrorResourceInitFailed()
                status_pb2.Status.FromString(value).details[0].Unpack(detail)
                unfinished = {
                    "id": detail.id,
                    "inputs": from_struct(detail.inputs),
                    "outputs": from_struct(detail.properties),
                    "reasons": list(detail.reasons),
                }
        raise RefusedByProviderError(status.code, status.details, unfinished)


@dataclass
class Recorded:
    """A resource as the engine's state keeps it."""

    type: str
    name: str
    id: str
    inputs: Json
    outputs: Json

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::lockstep::{self.type}::{self.name}"


@dataclass
class Provider:
    """The servicer over one emulator, with what it said."""

    emulator: Emulator
    tenant: str = TENANT_ID
    settle: float = 0.0
    messages: list[tuple[str, str]] = field(default_factory=list)
    stack: str = "dev"
    while_waiting: Callable[[], Awaitable[None]] | None = None
    """What other people do in the tenant while we wait: once, at the first wait."""

    @property
    def has_waited(self) -> bool:
        """Whether what other people do while we wait has been done, or was never asked for."""
        return self.while_waiting is None

    def __post_init__(self) -> None:
        async def log(severity: Severity, message: str, urn: str) -> None:
            self.messages.append((severity, message))

        async def connect(tenant_id: str) -> Any:
            transport = httpx.ASGITransport(app=self.emulator.app)
            clock = self.emulator.clock
            return await open_graph(ENV, tenant_id, transport=transport, clock=clock, sleep=self._sleep)

        self.session = Session(connect, log, settle=self.settle)
        self.session.configure(self.tenant)
        self.servicer = Servicer(self.session)

    async def _sleep(self, seconds: float) -> None:
        """Nobody really waits in these tests: the tenant's clock moves on, and other people are not idle."""
        self.emulator.clock.advance(seconds)
        happens, self.while_waiting = self.while_waiting, None
        if happens is not None:
            await happens()

    def _urn(self, type_: str, name: str) -> str:
        return f"urn:pulumi:{self.stack}::lockstep::{type_}::{name}"

    async def check(self, type_: str, inputs: Json) -> list[tuple[str, str]]:
        urn = self._urn(type_, "x")
        answer = await self.servicer.Check(provider_pb2.CheckRequest(urn=urn, news=to_struct(inputs)), _Context())
        return [(failure.property, failure.reason) for failure in answer.failures]

    async def create(self, type_: str, name: str, inputs: Json, *, preview: bool = False) -> Recorded:
        request = provider_pb2.CreateRequest(urn=self._urn(type_, name), properties=to_struct(inputs), preview=preview)
        answer = await self.servicer.Create(request, _Context())
        return Recorded(type_, name, answer.id, inputs, from_struct(answer.properties))

    async def diff(self, old: Recorded, inputs: Json) -> dict[str, str]:
        request = provider_pb2.DiffRequest(
            id=old.id,
            urn=self._urn(old.type, old.name),
            olds=to_struct(old.outputs),
            old_inputs=to_struct(old.inputs),
            news=to_struct(inputs),
        )
        answer = await self.servicer.Diff(request, _Context())
        assert (answer.changes == provider_pb2.DiffResponse.DIFF_SOME) is bool(answer.detailedDiff)
        kinds = provider_pb2.PropertyDiff.Kind
        return {path: kinds.Name(detail.kind) for path, detail in answer.detailedDiff.items()}

    async def update(self, old: Recorded, inputs: Json, *, preview: bool = False) -> Recorded:
        request = provider_pb2.UpdateRequest(
            id=old.id,
            urn=self._urn(old.type, old.name),
            olds=to_struct(old.outputs),
            old_inputs=to_struct(old.inputs),
            news=to_struct(inputs),
            preview=preview,
        )
        answer = await self.servicer.Update(request, _Context())
        return Recorded(old.type, old.name, old.id, inputs, from_struct(answer.properties))

    async def read(self, old: Recorded) -> Recorded | None:
        request = provider_pb2.ReadRequest(
            id=old.id,
            urn=self._urn(old.type, old.name),
            properties=to_struct(old.outputs),
            inputs=to_struct(old.inputs),
        )
        answer = await self.servicer.Read(request, _Context())
        if not answer.id:
            return None
        return Recorded(old.type, old.name, answer.id, from_struct(answer.inputs), from_struct(answer.properties))

    async def delete(self, old: Recorded) -> None:
        request = provider_pb2.DeleteRequest(
            id=old.id, urn=self._urn(old.type, old.name), properties=to_struct(old.outputs)
        )
        await self.servicer.Delete(request, _Context())

    @property
    def lines(self) -> list[str]:
        return [message for _severity, message in self.messages]


class Tenant:
    """Another client of the same tenant: the tests' own hands, not ours under test."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        transport = httpx.ASGITransport(app=emulator.app_behind(BY_HAND))
        self._http = httpx.AsyncClient(transport=transport, base_url=BASE)
        self._token = ""

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Json:
        if not self._token:
            form = {
                "grant_type": "client_credentials",
                "client_id": DEPLOYER_CLIENT_ID,
                "client_secret": DEPLOYER_SECRET,
                "scope": f"{BASE}/.default",
            }
            answer = await self._http.post(f"/{TENANT_ID}/oauth2/v2.0/token", data=form)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = await self._http.request(method, f"/v1.0{path}", json=body, headers=headers)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        if method != "GET" and self.emulator.clock.stopped:
            self.emulator.clock.advance(_A_WHILE)
        return answer.json() if answer.content else {}

    async def principal(self, app_id: str) -> Json:
        return await self.call("GET", f"/servicePrincipals(appId='{app_id}')")

    async def register(self, name: str, **more: Any) -> Json:
        """Create an application and its service principal, as azuread would; returns the principal."""
        app = await self.call("POST", "/applications", {"displayName": name, **more})
        return await self.call("POST", "/servicePrincipals", {"appId": app["appId"]})

    async def grants(self, client: str) -> dict[str, str]:
        """Return resource object id -> scope of the client's AllPrincipals grants."""
        rows = await self.call("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{client}'")
        return {g["resourceId"]: g["scope"] for g in rows["value"] if g["consentType"] == "AllPrincipals"}

    async def consents(self, client: str) -> set[tuple[str, str, str]]:
        """Return (API app id, type, name) of everything in force tenant-wide on a client."""
        in_force: set[tuple[str, str, str]] = set()
        for resource, scope in (await self.grants(client)).items():
            api = await self.call("GET", f"/servicePrincipals/{resource}?$select=appId")
            in_force |= {(api["appId"], "delegated", value) for value in scope.split()}
        roles = await self.call("GET", f"/servicePrincipals/{client}/appRoleAssignments")
        for assignment in roles["value"]:
            api = await self.call("GET", f"/servicePrincipals/{assignment['resourceId']}")
            names = {role["id"]: role["value"] for role in api["appRoles"]}
            in_force.add((api["appId"], "application", names[assignment["appRoleId"]]))
        return in_force

    async def grant(self, client: str, api: str, scope: str) -> None:
        """Add scopes tenant-wide as an administrator would by hand."""
        resource = (await self.principal(api))["id"]
        held = await self.call("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{client}'")
        for grant in held["value"]:
            if grant["resourceId"] == resource and grant["consentType"] == "AllPrincipals":
                await self.call(
                    "PATCH", f"/oauth2PermissionGrants/{grant['id']}", {"scope": f"{grant['scope']} {scope}"}
                )
                return
        body = {"clientId": client, "consentType": "AllPrincipals", "resourceId": resource, "scope": scope}
        await self.call("POST", "/oauth2PermissionGrants", body)

    async def take(self, client: str, api: str, scope: str) -> None:
        """Take a scope away tenant-wide as an administrator would by hand: the grant as well when it is the last."""
        resource = (await self.principal(api))["id"]
        held = await self.call("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{client}'")
        (grant,) = [
            row for row in held["value"] if row["resourceId"] == resource and row["consentType"] == "AllPrincipals"
        ]
        left = " ".join(value for value in grant["scope"].split() if value != scope)
        address = f"/oauth2PermissionGrants/{grant['id']}"
        await (self.call("PATCH", address, {"scope": left}) if left else self.call("DELETE", address))

    async def assign(self, client: str, api: str, role: str) -> None:
        """Assign an app role by its name."""
        resource = await self.principal(api)
        ids = {entry["value"]: entry["id"] for entry in resource["appRoles"]}
        body = {"principalId": client, "resourceId": resource["id"], "appRoleId": ids[role]}
        await self.call("POST", f"/servicePrincipals/{client}/appRoleAssignments", body)

    def writes(self) -> list[str]:
        """Return the writes that the emulator saw, as `METHOD path`."""
        return [f"{e['method']} {e['path']}" for e in self.emulator.log if e.get("write")]


def documented(vendor: str, app: str, edition: str, *, certain: bool = True) -> dict[str, dict[str, dict[str, str]]]:
    """Return an app's documented permissions as the resource takes them."""
    tree: dict[str, dict[str, dict[str, str]]] = {}
    for entry in load().edition(vendor, edition).app(app).permissions:
        if entry.certain is certain and not entry.permission.api.startswith("app:"):
            tree.setdefault(entry.api_name, {}).setdefault(entry.type.value, {})[entry.name] = entry.id
    return tree


def names_of(tree: Mapping[str, Mapping[str, Mapping[str, str]]]) -> set[tuple[str, str, str]]:
    """Return a permission map as (API app id, type, name)."""
    return {
        (API_NAMES[api], type_, name)
        for api, types in tree.items()
        for type_, entries in types.items()
        for name in entries
    }


def exact_inputs(app: str, principal: Json, **more: Any) -> Json:
    """Return inputs of an exact AdminConsent for one of Atlas's registrations."""
    return {
        "tenantId": TENANT_ID,
        "vendor": "atlas",
        "app": app,
        "edition": "2025-03-01",
        "mode": "exact",
        "client": principal["id"],
        "address": principal["appId"],
        "apis": dict(API_NAMES),
        "permissions": documented("atlas", app, "2025-03-01"),
        "tolerated": {},
        "removals": "apply",
        "required": True,
        "claim": False,
        **more,
    }


def atera_inputs(client: str, **more: Any) -> Json:
    """Return inputs of Atera's exact AdminConsent."""
    return {
        **exact_inputs("connex-api", {"id": client, "appId": ATERA_CLIENT_ID}),
        "vendor": "atera",
        "app": "atera",
        "edition": "2026-11-22",
        "permissions": documented("atera", "atera", "2026-11-22"),
        "tolerated": documented("atera", "atera", "2026-11-22", certain=False),
        **more,
    }


def spfx_inputs(client: str, **more: Any) -> Json:
    """Return inputs of the additive AdminConsent on the new SharePoint principal."""
    return {
        **exact_inputs("spfx", {"id": client, "appId": NEW_SPFX}),
        "mode": "additive",
        "baseline": [],
        **more,
    }


def principal_inputs(app_id: str, **more: Any) -> Json:
    """Return inputs of a Principal by app id."""
    return {"tenantId": TENANT_ID, "vendor": "atlas", "app": "spfx", "displayName": "x", "appId": app_id, **more}


__all__ = ["ADMIN_CONSENT", "ATERA_CLIENT_ID", "PRINCIPAL", "TENANT_ID", "PermissionType"]
