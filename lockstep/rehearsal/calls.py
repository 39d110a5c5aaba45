"""The provider's methods as Python functions: they take and return JSON values, and speak protobuf to the plugin.

Knows the wire format; decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2

from lockstep.deployment import PROVIDER_PREFIX, Properties, StateResource, package_of, urn_name
from lockstep.provider.structs import values_of
from lockstep.rehearsal.plugins import PluginError, PluginHost
from lockstep.rehearsal.results import DiffKind
from lockstep.rehearsal.values import refuse_secrets, to_struct


@dataclass(frozen=True)
class ProviderDiff:
    """What a provider says about the way from one state to the wanted one."""

    changed: bool
    replace: bool = False
    delete_first: bool = False
    keys: list[str] = field(default_factory=list)
    detailed: dict[str, DiffKind] = field(default_factory=dict)


@dataclass(frozen=True)
class Live:
    """What a Read found."""

    id: str
    inputs: Properties | None
    outputs: Properties


class ProviderCalls:
    """The calls to the plugins of one operation."""

    def __init__(self, host: PluginHost, *, preview: bool) -> None:
        self._host = host
        self._preview = preview

    def check(self, urn: str, type_: str, olds: Properties, news: Properties) -> tuple[Properties, list[str]]:
        """Return the checked inputs and the failures."""
        request = provider_pb2.CheckRequest(
            urn=urn, name=urn_name(urn), type=type_, olds=to_struct(olds), news=to_struct(news)
        )
        answer = self._host.call(package_of(type_), "Check", request)
        return values_of(answer.inputs), check_failures(answer)

    def diff(self, old: StateResource, news: Properties, ignore_changes: list[str]) -> ProviderDiff:
        """Return how `news` differ from what is there."""
        request = provider_pb2.DiffRequest(
            **_recorded(old), olds=to_struct(old.outputs), news=to_struct(news), ignoreChanges=ignore_changes
        )
        answer = self._host.call(package_of(old.type), "Diff", request)
        if answer.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:
            return input_diff(old.inputs, news, replace=bool(answer.replaces))
        detailed = {
            path: DiffKind[provider_pb2.PropertyDiff.Kind.Name(entry.kind)]
            for path, entry in answer.detailedDiff.items()
        }
        if not detailed:
            detailed = dict.fromkeys(answer.diffs, DiffKind.UPDATE)
        return ProviderDiff(
            changed=answer.changes == provider_pb2.DiffResponse.DIFF_SOME,
            replace=bool(answer.replaces),
            delete_first=answer.deleteBeforeReplace,
            keys=list(answer.diffs) or sorted(answer.replaces),
            detailed=detailed,
        )

    def create(self, urn: str, type_: str, inputs: Properties) -> tuple[str, Properties]:
        """Create, or in a preview pretend to; return id and outputs."""
        request = provider_pb2.CreateRequest(
            urn=urn, name=urn_name(urn), type=type_, properties=to_struct(inputs), preview=self._preview
        )
        answer = self._host.call(package_of(type_), "Create", request)
        if not self._preview and not answer.id:
            raise PluginError("the provider did not return an id from Create")
        return answer.id, self._outputs(urn, values_of(answer.properties))

    def update(self, old: StateResource, inputs: Properties, ignore_changes: list[str]) -> Properties:
        """Update in place, or in a preview pretend to; return the outputs."""
        request = provider_pb2.UpdateRequest(
            **_recorded(old),
            olds=to_struct(old.outputs),
            news=to_struct(inputs),
            ignoreChanges=ignore_changes,
            preview=self._preview,
        )
        answer = self._host.call(package_of(old.type), "Update", request)
        return self._outputs(old.urn, values_of(answer.properties))

    def read(self, urn: str, type_: str, id_: str, recorded: StateResource | None) -> Live | None:
        """Return what is really there, or None when nothing is."""
        request = provider_pb2.ReadRequest(id=id_, urn=urn, name=urn_name(urn), type=type_)
        if recorded is not None:
            request.properties.CopyFrom(to_struct(recorded.outputs))
            request.inputs.CopyFrom(to_struct(recorded.inputs))
        answer = self._host.call(package_of(type_), "Read", request)
        if not answer.id:
            return None
        inputs = values_of(answer.inputs) if answer.HasField("inputs") else None
        return Live(answer.id, inputs, self._outputs(urn, values_of(answer.properties)))

    def delete(self, old: StateResource) -> None:
        """Delete what is there."""
        request = provider_pb2.DeleteRequest(**_recorded(old), properties=to_struct(old.outputs))
        self._host.call(package_of(old.type), "Delete", request)

    def invoke(self, token: str, args: Properties) -> tuple[Properties, list[str]]:
        """Call a function of a package; return what it gives and the failures."""
        request = provider_pb2.InvokeRequest(tok=token, args=to_struct(args), preview=self._preview)
        answer = self._host.call(package_of(token), "Invoke", request)
        failures = [entry.reason for entry in answer.failures]
        return values_of(getattr(answer, "return")), failures

    def check_config(self, package: str, urn: str, olds: Properties, news: Properties) -> tuple[Properties, list[str]]:
        """Return the checked inputs of a provider resource and the failures."""
        request = provider_pb2.CheckRequest(
            urn=urn, name=urn_name(urn), type=f"{PROVIDER_PREFIX}{package}", olds=to_struct(olds), news=to_struct(news)
        )
        try:
            answer = self._host.call(package, "CheckConfig", request)
        except PluginError as error:
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                return news, []
            raise
        return values_of(answer.inputs), [entry.reason for entry in answer.failures]

    def diff_config(self, package: str, urn: str, olds: Properties, news: Properties) -> ProviderDiff:
        """Return how a provider's wanted inputs differ from its old ones."""
        request = provider_pb2.DiffRequest(
            urn=urn,
            name=urn_name(urn),
            type=f"{PROVIDER_PREFIX}{package}",
            olds=to_struct(olds),
            news=to_struct(news),
            old_inputs=to_struct(olds),
        )
        try:
            answer = self._host.call(package, "DiffConfig", request)
        except PluginError as error:
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                return input_diff(olds, news)
            raise
        if answer.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:
            return input_diff(olds, news, replace=bool(answer.replaces))
        some = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        return ProviderDiff(changed=some, replace=some and bool(answer.replaces), keys=list(answer.diffs))

    def configure(self, package: str, urn: str, id_: str, inputs: Properties) -> None:
        """Give a plugin its configuration."""
        request = provider_pb2.ConfigureRequest(
            args=to_struct(inputs),
            variables={f"{package}:config:{key}": str(value) for key, value in inputs.items() if key != "version"},
            acceptSecrets=False,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            urn=urn,
            id=id_,
            name=urn_name(urn),
            type=f"{PROVIDER_PREFIX}{package}",
        )
        self._host.call(package, "Configure", request)

    def _outputs(self, urn: str, outputs: Properties) -> Properties:
        refuse_secrets(urn, "output", outputs)
        return outputs


def _recorded(old: StateResource) -> dict[str, Any]:
    """Return the fields by which a request names a resource of the state."""
    return {
        "id": old.id,
        "urn": old.urn,
        "name": urn_name(old.urn),
        "type": old.type,
        "old_inputs": to_struct(old.inputs),
    }


def input_diff(olds: Properties, news: Properties, *, replace: bool = False) -> ProviderDiff:
    """Return the difference between two sets of inputs, for a provider (or component) that has no opinion."""
    keys = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
    kinds = {
        key: DiffKind.ADD if key not in olds else DiffKind.DELETE if key not in news else DiffKind.UPDATE
        for key in keys
    }
    return ProviderDiff(changed=bool(keys), replace=replace and bool(keys), keys=keys, detailed=kinds)


def check_failures(answer: Any) -> list[str]:
    """Return what a provider has against the inputs of a resource."""
    return [f"{entry.property}: {entry.reason}" if entry.property else entry.reason for entry in answer.failures]
