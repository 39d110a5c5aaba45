"""Runs a Pulumi program without an engine and keeps every registration as the engine would have got it.

A monitor of its own, because the SDK's mocks see neither options nor dependencies. Each run has a context of its own,
so that no setting of the Pulumi runtime reaches the next test.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import proto, rpc, set_all_config, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_in_stack

TENANT = "11111111-1111-4111-8111-111111111111"
CALLER = "22222222-0000-4000-8000-00000000000a"
CALLER_CLIENT = "22222222-2222-4222-8222-222222222222"

APPLICATION = "azuread:index/application:Application"
SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
CERTIFICATE = "azuread:index/applicationCertificate:ApplicationCertificate"
FEDERATED = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
PRINCIPAL = "entraconsent:index:Principal"
CONSENT = "entraconsent:index:AdminConsent"
STACK = "pulumi:pulumi:Stack"

UNKNOWN = rpc.UNKNOWN


class Refusal(grpc.RpcError):
    """What the engine answers when a provider refuses: the SDK takes only this form as an answer."""

    def code(self) -> grpc.StatusCode:
        """Return the status."""
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        """Return the text."""
        return str(self.args[0])


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it; `depends_on` holds (type, name) of everything it waits for."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    protect: bool
    retain_on_delete: bool
    deleted_with: str
    ignore_changes: tuple[str, ...]
    depends_on: frozenset[tuple[str, str]]


@dataclass
class Tenant:
    """What the run is answered: who is signed in, and what was in force on each principal."""

    baselines: Mapping[str, list[str]] = field(default_factory=dict)
    asked: Mapping[str, list[str]] = field(default_factory=dict)
    azuread: Mapping[str, str] = field(default_factory=dict)
    entraconsent: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)

    def outputs(self, type: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Return the outputs of a resource, with ids made from its name."""
        if type == APPLICATION:
            return {"clientId": f"client of {name}", "objectId": f"application of {name}"}
        if type == SERVICE_PRINCIPAL:
            return {"objectId": f"principal of {name}"}
        if type == PRINCIPAL:
            baseline = self.baselines.get(name, [])
            client = inputs.get("appId", "the tenant's own")
            known = {"baseline": baseline, "asked": self.asked.get(name, [])}
            return {"objectId": f"principal of {name}", "clientId": client, "state": "present", **known}
        return {}

    def answer(self, token: str) -> dict[str, Any]:
        """Return what an invoke gives: the caller, the same for both providers unless the test says otherwise."""
        if token in self.failures:
            raise Refusal(f"invocation of {token} returned an error: {self.failures[token]}")
        if token == "entraconsent:index:getNotOffered":
            return {"told": ""}
        caller = {"id": "caller", "tenantId": TENANT, "clientId": CALLER_CLIENT, "objectId": CALLER}
        return {**caller, **(self.azuread if token.startswith("azuread:") else self.entraconsent)}


@dataclass
class Run:
    """What one run left behind."""

    registrations: list[Registration] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    invokes: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def all(self, type: str) -> list[Registration]:
        """Return every registration of a type, in order."""
        return [each for each in self.registrations if each.type == type]

    def names(self, type: str) -> set[str]:
        """Return the names of all registrations of a type."""
        return {each.name for each in self.all(type)}

    def one(self, type: str, name: str) -> Registration:
        """Return the only registration of this type and name."""
        (found,) = [each for each in self.all(type) if each.name == name]
        return found


class _Monitor:
    """The part of the engine that a program talks to, for this project's needs."""

    def __init__(self, tenant: Tenant, run: Run, *, preview: bool) -> None:
        self._tenant, self._run, self._preview = tenant, run, preview

    def GetDeploymentInfo(self, request: Any) -> Any:  # noqa: N802  the wire's name
        features = [
            resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
            resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
            resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
        ]
        return resource_pb2.DeploymentInfo(supportedFeatures=features)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the wire's name
        urn = _urn(request)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
        waits = {*request.dependencies, *(each for deps in request.propertyDependencies.values() for each in deps.urns)}
        self._run.registrations.append(
            Registration(
                type=request.type,
                name=request.name,
                parent=request.parent.rsplit("::", 1)[-1],
                inputs=json_format.MessageToDict(request.object),
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
                deleted_with=request.deletedWith,
                ignore_changes=tuple(request.ignoreChanges),
                depends_on=frozenset(_type_and_name(each) for each in waits),
            )
        )
        found = self._tenant.outputs(request.type, request.name, inputs)
        if self._preview and request.type in (APPLICATION, SERVICE_PRINCIPAL):
            found = {}
        answer = struct_pb2.Struct()
        answer.CopyFrom(request.object)
        answer.update(found)
        id = "" if self._preview or not request.custom else f"id of {request.name}"
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id, object=answer)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  the wire's name
        if f"::{STACK}::" in request.urn:
            self._run.outputs = json_format.MessageToDict(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802  the wire's name
        self._run.invokes.append(request.tok)
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").update(self._tenant.answer(request.tok))
        return response

    def RegisterPackage(self, request: Any) -> Any:  # noqa: N802  the wire's name
        return resource_pb2.RegisterPackageResponse(ref="package")

    def SignalAndWaitForShutdown(self, request: Any) -> Any:  # noqa: N802  the wire's name
        return empty_pb2.Empty()


class _Engine:
    """Keeps the warnings that a program logs."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def Log(self, request: Any) -> Any:  # noqa: N802  the wire's name
        if request.severity == proto.engine_pb2.WARNING:
            self._run.warnings.append(request.message)
        return empty_pb2.Empty()


def run(
    program: Callable[[], Any],
    *,
    tenant: Tenant | None = None,
    config: Mapping[str, str] | None = None,
    preview: bool = False,
) -> Run:
    """Run `program` and return what it registered; its exceptions come through."""
    found = Run()

    async def main() -> None:
        monitor, engine = _Monitor(tenant or Tenant(), found, preview=preview), _Engine(found)
        settings.configure(
            settings.Settings(project="lockstep", stack="test", monitor=monitor, engine=engine, dry_run=preview)
        )
        set_all_config(dict(config or {}))

        def body() -> None:
            program()

        await run_in_stack(body)

    contextvars.Context().run(asyncio.run, main())
    return found


def _urn(request: Any) -> str:
    if request.type == STACK:
        return f"urn:pulumi:test::lockstep::{STACK}::{request.name}"
    chain = request.parent.split("::")[2] if request.parent and f"::{STACK}::" not in request.parent else ""
    type = f"{chain}${request.type}" if chain else request.type
    return f"urn:pulumi:test::lockstep::{type}::{request.name}"


def _type_and_name(urn: str) -> tuple[str, str]:
    *_, types, name = urn.split("::")
    return types.rsplit("$", 1)[-1], name
