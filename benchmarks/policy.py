"""What the policy pack costs: from its start to its port, and for each of 10,000 resources.

The resources are those of the estate, again and again, as messages of the analyzer service. They are answered in this
process and counted in processor time, so that a busy machine does not count.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy
from pulumi_policy.policy import _PolicyAnalyzerServicer

from benchmarks.estate import Estate, stack_config
from benchmarks.phases import REPOSITORY, STACK, BenchmarkError
from benchmarks.startup import until_port
from lockstep.deployment import StateResource, load_state
from lockstep.policy.analyzer import Analyzer
from lockstep.policy.judging import Judge
from lockstep.policy.rules import EXCEPTION_USED, RULES, rules_by_name
from lockstep.policy.world import read_world
from lockstep.settings.project import Project

RESOURCES = 10_000
_BARE = (
    "from pulumi_policy import PolicyPack, ResourceValidationPolicy\n"
    "PolicyPack('bare', [ResourceValidationPolicy('one', 'One.', lambda args, report: None)])\n"
)


@dataclass(frozen=True)
class PolicyCost:
    """Seconds to start, and milliseconds for a resource and its share of the stack; `bare_` is one empty rule's."""

    start: float
    bare_start: float
    resource_ms: float
    bare_resource_ms: float
    stack_ms: float
    resources: int = RESOURCES

    @property
    def each_ms(self) -> float:
        """What a resource costs, its share of the stack rules included."""
        return self.resource_ms + self.stack_ms


def measure(folder: Path, times: int = 5) -> PolicyCost:
    """Measure; starts in fresh processes and in turns."""
    bare_pack = folder / "bare"
    bare_pack.mkdir()
    (bare_pack / "PulumiPolicy.yaml").write_text("runtime: python\n", "utf-8")
    (bare_pack / "__main__.py").write_text(_BARE, "utf-8")
    starts = [[_start(pack) for pack in (REPOSITORY / "policy", bare_pack)] for _ in range(times + 1)][1:]
    start, bare_start = (median(column) for column in zip(*starts, strict=True))
    world = read_world(REPOSITORY / "policy", _environment(), rules_by_name())
    pack = Analyzer(Judge(world, RULES, EXCEPTION_USED))
    rule = ResourceValidationPolicy("one", "One.", lambda _args, _report: None)
    bare: Any = _PolicyAnalyzerServicer("bare", "0.0.1", [rule], EnforcementLevel.MANDATORY)
    resources = list(_many(_estate(folder)))
    requests = [_request(resource, urn) for resource, urn in resources]
    stack = analyzer_pb2.AnalyzeStackRequest(resources=[_entry(resource, urn) for resource, urn in resources])
    factor = 1000 / len(requests)
    return PolicyCost(
        start,
        bare_start,
        _ask(pack.Analyze, requests) * factor,
        _ask(bare.Analyze, requests) * factor,
        _ask(pack.AnalyzeStack, [stack]) * factor,
    )


def _ask(method: Callable[[Any, Any], Any], requests: Sequence[Any]) -> float:
    begun = time.process_time()
    answers = [method(request, None) for request in requests]
    seconds = time.process_time() - begun
    diagnostics = [entry for answer in answers for entry in answer.diagnostics]
    refused = [entry.message for entry in diagnostics if entry.enforcementLevel == analyzer_pb2.MANDATORY]
    if refused:
        raise BenchmarkError(f"the policy pack refused a documented estate: {refused[0]}")
    return seconds


def _estate(folder: Path) -> list[StateResource]:
    """Return the estate's resources in the order of their registration."""
    ran = Estate(folder / "policy.json").run("create")
    if ran.result.exit_code:
        raise BenchmarkError(f"the estate could not be made: {ran.result.errors}")
    return load_state(folder / "policy.json").resources


def _many(estate: Sequence[StateResource]) -> Iterator[tuple[StateResource, str]]:
    """Yield 10,000 resources with their URNs: each component once, what stands in it again by other names."""
    yield from ((resource, resource.urn) for resource in estate)
    inner = [resource for resource in estate if resource.custom and not resource.type.startswith("pulumi:")]
    for number in range(RESOURCES - len(estate)):
        resource = inner[number % len(inner)]
        yield resource, f"{resource.urn} {number}"


def _request(resource: StateResource, urn: str) -> Any:
    options = analyzer_pb2.AnalyzerResourceOptions(parent=resource.parent)
    name, inputs = urn.rpartition("::")[2], _struct(resource.inputs)
    return analyzer_pb2.AnalyzeRequest(type=resource.type, urn=urn, name=name, properties=inputs, options=options)


def _entry(resource: StateResource, urn: str) -> Any:
    name, outputs = urn.rpartition("::")[2], _struct(resource.outputs)
    return analyzer_pb2.AnalyzerResource(type=resource.type, urn=urn, name=name, properties=outputs)


def _struct(properties: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct


def _environment() -> dict[str, str]:
    config = {**Project.load(REPOSITORY).defaults, **stack_config()}
    return {"PULUMI_PROJECT": "lockstep", "PULUMI_STACK": STACK, "PULUMI_CONFIG": json.dumps(config)}


def _start(folder: Path) -> float:
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(folder)]
    return until_port(command, folder, _environment())
