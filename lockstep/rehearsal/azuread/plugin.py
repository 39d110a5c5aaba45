"""The provider azuread as a rehearsal models it: the provider service over the models of single types.

Answers as the recordings of the real plugin do, for what this project uses; refuses every other type by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from lockstep.deployment import Properties, urn_type
from lockstep.directory.retry import Waiting
from lockstep.errors import GraphError, TenantError, UsageError
from lockstep.provider.outcome import InitFailedError
from lockstep.provider.servicer import cleanly
from lockstep.provider.structs import values_of
from lockstep.rehearsal.azuread.application import ApplicationModel
from lockstep.rehearsal.azuread.base import Model, PartlyMadeError
from lockstep.rehearsal.azuread.connection import Connection
from lockstep.rehearsal.azuread.credentials import CertificateModel, FederatedCredentialModel
from lockstep.rehearsal.azuread.schema import Changes, without_defaults
from lockstep.rehearsal.azuread.service_principal import ServicePrincipalModel
from lockstep.rehearsal.values import to_struct
from lockstep.resource_types import GET_CLIENT_CONFIG

MODELS: tuple[type[Model], ...] = (ApplicationModel, ServicePrincipalModel, FederatedCredentialModel, CertificateModel)


class AzureAD:
    """A plugin object for `Rehearsal`.

    `door` opens an HTTP client to the emulator; `env` holds the ARM_* sign-in; `waiting` says by which clock it waits.
    """

    public_inputs: Mapping[str, frozenset[str]] = {CertificateModel.type: frozenset({"value"})}
    """Inputs that the SDK wraps as secrets although they are public: the certificate without its key."""

    def __init__(
        self, door: Callable[[], httpx.AsyncClient], env: Mapping[str, str], waiting: Waiting | None = None
    ) -> None:
        self._graph = Connection(door, env, waiting)
        self._models = {model.type: model(self._graph) for model in MODELS}
        self._tenant_id = ""

    # The service's own method names.
    # ruff: noqa: N802

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        """Accept the configuration."""
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        """Compare the configuration; azuread never asks for a replacement."""
        same = request.olds == request.news
        changes = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changes)

    async def Configure(self, request: Any, context: Any) -> Any:
        """Take the tenant; sign-in happens at the first request."""
        self._tenant_id = str(values_of(request.args).get("tenantId") or "")
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @cleanly
    async def Check(self, request: Any) -> Any:
        """Fill in defaults and report what is wrong. A type that is not modelled passes: policies are asked next."""
        if urn_type(request.urn) not in self._models:
            return provider_pb2.CheckResponse(inputs=request.news)
        inputs, failures = self._model(request.urn).check(values_of(request.news))
        return provider_pb2.CheckResponse(
            inputs=to_struct(inputs),
            failures=[provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures],
        )

    @cleanly
    async def Diff(self, request: Any) -> Any:
        """Return the detailed difference."""
        model, olds, news = self._model(request.urn), values_of(request.olds), values_of(request.news)
        changes = model.diff(olds, news, list(request.ignoreChanges))
        if changes.paths:
            await self._graph.sign_in(self._tenant_id)
            await model.plan(olds, news)
        return _diff_response(changes)

    @cleanly
    async def Create(self, request: Any) -> Any:
        """Create, or in a preview check what can be checked."""
        model, inputs = await self._ready(request.urn), values_of(request.properties)
        await model.plan(None, inputs)
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(model.preview(inputs)))
        try:
            id_ = await model.create(inputs)
            outputs = await self._read_created(model, id_, inputs)
        except PartlyMadeError as error:
            outputs = {**without_defaults(inputs), "id": error.id}
            raise InitFailedError(error.id, inputs, outputs, str(error)) from error
        return provider_pb2.CreateResponse(id=id_, properties=to_struct(outputs))

    @cleanly
    async def Read(self, request: Any) -> Any:
        """Return what is there."""
        model, old_inputs = await self._ready(request.urn), values_of(request.inputs)
        order = {**values_of(request.properties), **old_inputs}
        outputs = await model.read(_valid_id(model, request.id), order)
        if outputs is None:
            return provider_pb2.ReadResponse()
        inputs = model.live_inputs(old_inputs, outputs)
        return provider_pb2.ReadResponse(id=request.id, inputs=to_struct(inputs), properties=to_struct(outputs))

    @cleanly
    async def Update(self, request: Any) -> Any:
        """Change in place, or in a preview check what can be checked."""
        model = await self._ready(request.urn)
        olds, inputs = values_of(request.olds), values_of(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=to_struct({**olds, **without_defaults(inputs)}))
        changes = model.diff(olds, inputs, list(request.ignoreChanges))
        await model.update(request.id, olds, inputs, changes)
        outputs = await self._read_back(model, request.id, inputs)
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    @cleanly
    async def Delete(self, request: Any) -> Any:
        """Delete."""
        model = await self._ready(request.urn)
        await model.delete(request.id, values_of(request.properties))
        return empty_pb2.Empty()

    @cleanly
    async def Invoke(self, request: Any) -> Any:
        """Answer getClientConfig, the one function that is modelled: the claims of our own token."""
        if request.tok != GET_CLIENT_CONFIG:
            raise UsageError(f"rehearsal does not model {request.tok}; run it with the Pulumi CLI")
        await self._graph.sign_in(self._tenant_id)
        caller = self._graph
        ids = {"tenantId": caller.tenant_id, "clientId": caller.client_id, "objectId": caller.object_id}
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct({**ids, "id": "-".join(ids.values())}))
        return response

    async def Cancel(self, request: Any, context: Any) -> Any:
        """Hang up."""
        await self._graph.close()
        return empty_pb2.Empty()

    async def find_orphan(self, type_: str, inputs: Properties) -> str | None:
        """Return the id of what an interrupted create left behind, for the engine's repair."""
        if type_ not in self._models:
            return None
        await self._graph.sign_in(self._tenant_id)
        return await self._models[type_].find(inputs)

    async def _ready(self, urn: str) -> Model:
        model = self._model(urn)
        await self._graph.sign_in(self._tenant_id)
        return model

    def _model(self, urn: str) -> Model:
        type_ = urn_type(urn)
        if type_ not in self._models:
            modelled = ", ".join(sorted(name.rpartition(":")[2] for name in self._models))
            raise UsageError(
                f"rehearsal does not model {type_} (of azuread it has {modelled}); run this program with the Pulumi CLI"
            )
        return self._models[type_]

    async def _read_created(self, model: Model, id_: str, inputs: Properties) -> Properties:
        try:
            return await self._read_back(model, id_, inputs)
        except GraphError as error:
            raise PartlyMadeError(id_, error) from error

    @staticmethod
    async def _read_back(model: Model, id_: str, inputs: Properties) -> Properties:
        outputs = await model.read(id_, inputs)
        if outputs is None:
            raise TenantError(f"{id_} was written but Graph no longer finds it")
        return outputs


def _valid_id(model: Model, id_: str) -> str:
    if model.collection and not id_.startswith(f"{model.collection}/"):
        raise UsageError(f"the import id {id_!r} must look like {model.collection}/<object id>")
    return id_


def _diff_response(changes: Changes) -> Any:
    if not changes.paths:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE, hasDetailedDiff=True)
    answer = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        diffs=changes.keys,
        replaces=changes.replaces,
        hasDetailedDiff=True,
    )
    for path, kind in changes.paths.items():
        top = path.split(".")[0].split("[")[0]
        name = f"{kind.name}_REPLACE" if top in changes.replaces else kind.name
        answer.detailedDiff[path].kind = provider_pb2.PropertyDiff.Kind.Value(name)
    return answer
