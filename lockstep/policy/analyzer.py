"""Speaks the analyzer service: unpacks each resource once with the SDK, asks the judge, and answers.

The SDK's own servicer unpacks a resource anew for every policy; with this many rules that would take longer than the
rest of a run. So the SDK is shown one policy only, unpacks the resource once, and the judge asks all rules about it.
Each answer gets the name and the level of its rule here, so no configuration from outside can lower a level.
"""

from __future__ import annotations

import sys
from concurrent import futures
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import _PolicyAnalyzerServicer

from lockstep import __version__
from lockstep.policy.carried import attach
from lockstep.policy.judging import Judge, PolicyRule, Ruling, wording
from lockstep.policy.rule import Resource, StackView

PACK = "lockstep"
_MESSAGE_LIMIT = 400 * 1024 * 1024  # bytes, the engine's own limit


class Analyzer(_PolicyAnalyzerServicer):
    """The service on one stack. The method names are the service's.

    The SDK's servicer only describes the rules, each as a policy of its own; what has to be judged goes to the judge.
    """

    # ruff: noqa: N802

    def __init__(self, judge: Judge) -> None:
        policies = [_policy(rule) for rule in (*judge.rules, judge.exception_used)]
        super().__init__(PACK, __version__, policies, EnforcementLevel.MANDATORY)
        self._judge = judge

    def Configure(self, request: Any, context: Any) -> Any:
        """Accept the levels that the rules have and refuse all others: only the pack says how strict a rule is."""
        sdk: Any = super()
        levels = {policy.name: policy.enforcementLevel for policy in sdk.GetAnalyzerInfo(None, None).policies}
        changed = sorted(
            name
            for name, config in request.policyConfig.items()
            if config.enforcementLevel != levels.get(name) or config.properties.fields
        )
        if changed:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"refused: a configuration of the policy pack that changes {', '.join(changed)}; allowed: none; to fix:"
                " take out --policy-pack-config and PULUMI_OPTION_POLICY_PACK_CONFIG; exceptions belong into"
                " policy/exceptions.yaml",
            )
        return sdk.Configure(request, context)

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        """Take no notice of a stack's tags: they are no part of what is judged."""
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Remediate(self, request: Any, context: Any) -> Any:
        """Change nothing: the pack refuses and does not rewrite."""
        return analyzer_pb2.RemediateResponse()

    def Analyze(self, request: Any, context: Any) -> Any:
        """Judge the inputs of one resource."""
        rulings: list[list[Ruling]] = []

        def judge(args: ResourceValidationArgs, _: ReportViolation) -> None:
            rulings.append(self._judge.resource(_resource(args)))

        _unpacking(ResourceValidationPolicy("rules", "-", judge)).Analyze(request, context)
        return _answer(rulings)

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """Judge the stack as a whole."""
        rulings: list[list[Ruling]] = []

        def judge(args: StackValidationArgs, _: ReportViolation) -> None:
            registered = {resource.urn: resource for resource in args.resources}
            rulings.append(self._judge.stack(StackView(registered, self._judge.world.resources)))

        _unpacking(StackValidationPolicy("rules", "-", judge)).AnalyzeStack(request, context)
        return _answer(rulings)


def serve(service: Analyzer) -> None:
    """Serve until the engine ends the process, and tell it the port on stdout."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", _MESSAGE_LIMIT)]
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


class _Unpacking(_PolicyAnalyzerServicer):
    """The SDK's servicer, for what it does with a message. Rules ask the SDK for no setting."""

    def _configure_runtime_settings(self) -> None:
        """Leave the SDK's settings alone: setting them anew for each resource costs as much as all the rules."""


def _unpacking(policy: Policy) -> Any:
    return _Unpacking(PACK, __version__, [policy], EnforcementLevel.MANDATORY)


def _policy(rule: PolicyRule) -> Policy:
    level = EnforcementLevel.MANDATORY if rule.blocks else EnforcementLevel.ADVISORY
    if rule.stack is not None:
        return StackValidationPolicy(rule.name, rule.title, lambda _args, _report: None, level)
    return ResourceValidationPolicy(rule.name, rule.title, lambda _args, _report: None, level)


def _resource(args: ResourceValidationArgs) -> Resource:
    provider = args.provider.name if args.provider is not None else ""
    return Resource(args.resource_type, args.name, args.urn, args.opts.parent or "", args.props, provider)


def _answer(rulings: list[list[Ruling]]) -> Any:
    if not rulings:
        # The SDK swallows some exceptions and answers as if nothing had been found.
        raise RuntimeError("the rules were not asked; what cannot be judged is refused")
    return analyzer_pb2.AnalyzeResponse(diagnostics=[_diagnostic(ruling) for answer in rulings for ruling in answer])


def _diagnostic(ruling: Ruling) -> Any:
    rule, finding = ruling.rule, ruling.finding
    diagnostic = analyzer_pb2.AnalyzeDiagnostic(
        policyName=rule.name,
        policyPackName=PACK,
        policyPackVersion=__version__,
        description=rule.title,
        message=f"{rule.title}\n{wording(finding)}",
        urn=ruling.resource.urn if ruling.resource else "",
        enforcementLevel=analyzer_pb2.MANDATORY if rule.blocks else analyzer_pb2.ADVISORY,
    )
    attach(diagnostic, finding)
    return diagnostic
