"""The resource monitor that the Pulumi SDK talks to: an object with the service's methods, no server.

The SDK calls it from many threads. Translates requests; decides nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2

from lockstep.deployment import StateResource, make_urn, package_of, stack_urn
from lockstep.errors import UsageError
from lockstep.provider.structs import values_of
from lockstep.rehearsal.calls import ProviderCalls
from lockstep.rehearsal.goal import read_goal
from lockstep.rehearsal.ledger import Ledger
from lockstep.rehearsal.planner import Planner, StoppedError
from lockstep.rehearsal.providers import Providers
from lockstep.rehearsal.values import refuse_secrets, to_struct, without_unknowns

_FEATURES = [
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
]


Method = TypeVar("Method", bound=Callable[..., Any])


def _survivable(method: Method) -> Method:
    """Let a kill reach the SDK as an ordinary error: it would wait for ever for what a BaseException interrupts."""

    @functools.wraps(method)
    def call(*arguments: Any) -> Any:
        try:
            return method(*arguments)
        except Exception:
            raise
        except BaseException as error:
            raise StoppedError(f"killed: {error!r}") from None

    return cast(Method, call)


class Monitor:
    """One program run's view of the engine. Method names and shapes are the service's."""

    def __init__(
        self,
        planner: Planner,
        ledger: Ledger,
        providers: Providers,
        calls: ProviderCalls,
        public_inputs: Callable[[str], frozenset[str]],
        *,
        project: str,
        stack: str,
        preview: bool,
    ) -> None:
        self._planner = planner
        self._ledger = ledger
        self._providers = providers
        self._calls = calls
        self._public_inputs = public_inputs
        self._project = project
        self._stack = stack
        self._preview = preview
        self.stack_outputs: dict[str, Any] = {}
        self.finished = False

    def urn(self, request: Any) -> str:
        """Return the URN of what a registration, or a read, asks for."""
        return make_urn(self._stack, self._project, request.parent, request.type, request.name)

    # The service's own method names.
    # ruff: noqa: N802

    def GetDeploymentInfo(self, _: Any) -> Any:
        """Describe the deployment."""
        return resource_pb2.DeploymentInfo(
            project=self._project,
            stack=self._stack,
            organization="organization",
            dryRun=self._preview,
            supportedFeatures=_FEATURES,
        )

    def SupportsFeature(self, request: Any) -> Any:
        """Answer an older SDK's question about one feature."""
        supported = {"secrets", "resourceReferences", "aliasSpecs", "deletedWith"}
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in supported)

    @_survivable
    def RegisterResource(self, request: Any) -> Any:
        """Bring one resource to its goal."""
        goal = read_goal(request, self._stack, self._project, self._public_inputs(request.type))
        resource = self._planner.register(goal)
        if resource is None:
            return resource_pb2.RegisterResourceResponse(urn=goal.urn, result=resource_pb2.FAIL)
        answer = resource_pb2.RegisterResourceResponse(urn=goal.urn, id=resource.id)
        if goal.custom:
            answer.object.CopyFrom(to_struct(resource.outputs))
        return answer

    @_survivable
    def RegisterResourceOutputs(self, request: Any) -> Any:
        """Store the outputs of a component or of the stack."""
        outputs = values_of(request.outputs)
        refuse_secrets(request.urn, "output", outputs)
        if request.urn == stack_urn(self._stack, self._project):
            self.stack_outputs = outputs
        resource = self._ledger.new(request.urn)
        storable = without_unknowns(outputs)
        if resource is not None and resource.outputs != storable:
            resource.outputs = storable
            self._ledger.save()
        return empty_pb2.Empty()

    @_survivable
    def ReadResource(self, request: Any) -> Any:
        """Read a resource that the program does not manage."""
        urn = self.urn(request)
        resource = StateResource(
            urn=urn,
            type=request.type,
            custom=True,
            id=request.id,
            parent=request.parent,
            provider=request.provider,
            dependencies=list(request.dependencies),
        )
        live = self._planner.read(resource, request.version)
        if live is None:
            return resource_pb2.ReadResourceResponse(urn=urn, result=resource_pb2.FAIL)
        return resource_pb2.ReadResourceResponse(urn=urn, id=live.id, properties=to_struct(live.outputs))

    @_survivable
    def Invoke(self, request: Any) -> Any:
        """Call a function of a package."""
        reference = request.provider or self._providers.default(package_of(request.tok), request.version)
        self._providers.ensure(reference)
        values, failures = self._calls.invoke(request.tok, values_of(request.args))
        refuse_secrets(request.tok, "result", values)
        answer = resource_pb2.ResourceInvokeResponse(
            failures=[provider_pb2.CheckFailure(property="", reason=reason) for reason in failures]
        )
        getattr(answer, "return").CopyFrom(to_struct(values))
        return answer

    def SignalAndWaitForShutdown(self, _: Any) -> Any:
        """Note that the program ended by itself; only then is anything deleted."""
        self.finished = True
        return empty_pb2.Empty()


UNMODELLED_METHODS = {
    "Call": "method {0.tok}",
    "ExistsResource": "existence check of {0.name}",
    "RegisterPackage": "parameterized package {0.name}",
    "RegisterStackTransform": "stack transform",
    "RegisterStackInvokeTransform": "stack invoke transform",
    "RegisterResourceHook": "resource hook {0.name}",
    "RegisterErrorHook": "error hook {0.name}",
}
"""Methods of the service that refuse, each with what the program used. docs/rehearsal.md names each."""


def _refusing(feature: str) -> Callable[[Monitor, Any], Any]:
    def refuse(_: Monitor, request: Any) -> Any:
        what = feature.format(request)
        raise UsageError(f"{what}: rehearsal does not model this; run the program with the Pulumi CLI")

    return refuse


for _method, _feature in UNMODELLED_METHODS.items():
    setattr(Monitor, _method, _refusing(_feature))
