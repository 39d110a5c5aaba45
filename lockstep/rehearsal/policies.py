"""Policy packs, asked over the analyzer service: each in a child process, as Pulumi's language host runs them.

The pack that every project of ours has is asked in this process: a Python of its own takes longer to start than the
rest of a run takes. Packs judge a resource's inputs before it is touched, and the whole stack at the end. A mandatory
policy that could not run refuses.
"""

from __future__ import annotations

import ast
import json
import os
import selectors
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from lockstep.catalogue.private import is_about
from lockstep.deployment import UNKNOWN, Properties, StateResource, urn_name
from lockstep.errors import LockstepError, UsageError
from lockstep.policy.carried import carried
from lockstep.policy.pack import service_of
from lockstep.provider.structs import values_of
from lockstep.rehearsal.goal import Goal
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter
from lockstep.rehearsal.results import Reporter, Violation
from lockstep.rehearsal.values import to_struct
from lockstep.rehearsal.watching import started
from lockstep.settings.project import project_at

_START_SECONDS = 30.0
_CALL_SECONDS = 60.0
_NOISE = 1024 * 1024  # bytes of what a pack says that does not start
_COULD_NOT_RUN = "can't run policy"
_CODE = frozenset(all_suffixes())  # of what Python can import
_LIBRARY = Path(__file__).resolve().parents[2]  # the folder of this Lockstep
_STARTING = """\
from pathlib import Path
from lockstep.policy.pack import start
start(Path(__file__).resolve().parent)
"""


class Pack:
    """One running policy pack. A `strange` one is nobody's whom we trust: nothing that it starts outlives it."""

    def __init__(
        self,
        directory: Path,
        environment: Mapping[str, str],
        interpreter: Interpreter = INSTALLED,
        *,
        strange: bool = False,
    ) -> None:
        if not (directory / "PulumiPolicy.yaml").is_file():
            raise UsageError(f"{directory} is not a policy pack: it has no PulumiPolicy.yaml")
        self.directory = directory
        words = [interpreter.python, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(directory)]
        options: Any = {
            "cwd": directory,
            "env": {**environment, **interpreter.variables},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        self._end = ExitStack()
        self._process: subprocess.Popen[bytes] = (
            self._end.enter_context(started(words, **options)) if strange else subprocess.Popen(words, **options)  # noqa: S603 (a Python of our choice on the pack that the caller named)
        )
        self._stub: Any = None
        self._channel: grpc.Channel | None = None
        self._levels: dict[str, int] = {}

    @property
    def levels(self) -> Mapping[str, int]:
        """How binding each policy is, by its name."""
        self.connect()
        return self._levels

    def connect(self) -> None:
        """Wait until the pack listens, and ask it for its policies."""
        if self._stub is not None:
            return
        # gRPC would ask even this machine through the proxy of http_proxy.
        direct = [("grpc.enable_http_proxy", 0)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self._port()}", options=direct)
        stub: Any = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        try:
            info = stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=_CALL_SECONDS)
            stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(), timeout=_CALL_SECONDS)
        except grpc.RpcError as error:
            raise self._failed(error) from None
        self._levels = {policy.name: policy.enforcementLevel for policy in info.policies}
        self._stub = stub

    def call(self, method: str, request: Any) -> Any:
        """Call the pack; a failure of the pack itself is an error with its own words."""
        self.connect()
        try:
            return getattr(self._stub, method)(request, timeout=_CALL_SECONDS)
        except grpc.RpcError as error:
            raise self._failed(error) from None

    def _failed(self, error: grpc.RpcError) -> UsageError:
        details = getattr(error, "details", None)
        detail = details() if callable(details) else str(error)
        return UsageError(f"policy pack {self.directory.name} failed: {detail}")

    def close(self) -> None:
        """End the process."""
        if self._channel is not None:
            self._channel.close()
        self._end_process()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        self._end.close()

    def _end_process(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _port(self) -> int:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 asked for above
        line, deadline = b"", time.monotonic() + _START_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while not line.endswith(b"\n") and time.monotonic() < deadline:
                if not selector.select(timeout=0.2):
                    if self._process.poll() is not None:
                        break  # something that it started holds the pipe open
                    continue
                piece = os.read(pipe.fileno(), 64)
                if not piece:
                    break
                line += piece
        if line.strip().isdigit():
            return int(line)
        raise UsageError(f"policy pack {self.directory} did not start: {self._last_words()}")

    def _last_words(self) -> str:
        self._end_process()
        pipe = self._process.stderr
        assert pipe is not None  # noqa: S101 asked for above
        # What it started may hold the other end, so nobody waits for that to be closed.
        os.set_blocking(pipe.fileno(), False)
        lines: list[str] = []
        with suppress(BlockingIOError):
            lines = [text.strip() for text in os.read(pipe.fileno(), _NOISE).decode(errors="replace").splitlines()]
        lines = [line for line in lines if line]
        return lines[-1] if lines else "it said nothing"


class OwnPack:
    """The pack that every project of ours has, asked in this process: the same service, without a connection."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        try:
            service: Any = service_of(directory, environment)
        except LockstepError as error:
            raise UsageError(f"policy pack {directory} did not start: {error}") from None
        self.directory, self._service = directory, service
        policies = service.GetAnalyzerInfo(empty_pb2.Empty(), None).policies
        self.levels: Mapping[str, int] = {policy.name: policy.enforcementLevel for policy in policies}

    @staticmethod
    def is_in(directory: Path, interpreter: Interpreter) -> bool:
        """Tell whether a pack is this one, so that a process of its own would give the same answers.

        It does nothing but start ours, has no other code that it could come to import, is run by this Python with this
        Lockstep, and judges by the catalogue that this process has.
        """
        main, described = directory / "__main__.py", directory / "PulumiPolicy.yaml"
        code = {path for path in directory.rglob("*") if path.suffix in _CODE and "__pycache__" not in path.parts}
        ours = interpreter in (INSTALLED, Interpreter(library=str(_LIBRARY)))
        if not ours or code != {main} or not described.is_file() or not is_about(project_at(directory.parent)):
            return False
        return _only_starts(main.read_text("utf-8", "replace"))

    def call(self, method: str, request: Any) -> Any:
        """Call the service; a failure is an error with its own words."""
        try:
            return getattr(self._service, method)(request, None)
        except Exception as error:
            raise UsageError(f"policy pack {self.directory.name} failed: {type(error).__name__}: {error}") from None

    def close(self) -> None:
        """Nothing of it is open."""


def open_pack(
    directory: Path, environment: Mapping[str, str], interpreter: Interpreter = INSTALLED, *, strange: bool = False
) -> Pack | OwnPack:
    """Start a pack: in this process where it is the one of every project, and not `strange`, else in its own."""
    if not strange and OwnPack.is_in(directory, interpreter):
        return OwnPack(directory, environment)
    return Pack(directory, environment, interpreter, strange=strange)


def pack_environment(project: str, stack: str, config: Mapping[str, str], *, preview: bool) -> dict[str, str]:
    """Return the variables by which the engine tells a pack what is run."""
    return {
        "PULUMI_PROJECT": project,
        "PULUMI_STACK": stack,
        "PULUMI_ORGANIZATION": "organization",
        "PULUMI_DRY_RUN": "true" if preview else "false",
        "PULUMI_CONFIG": json.dumps(dict(config)),
    }


class PolicyGate:
    """All packs of one operation."""

    def __init__(
        self,
        packs: Sequence[Path],
        reporter: Reporter,
        *,
        project: str,
        stack: str,
        config: Mapping[str, str],
        environment: Mapping[str, str],
        preview: bool,
        interpreter: Interpreter = INSTALLED,
    ) -> None:
        variables = dict(os.environ) | dict(environment)
        variables |= pack_environment(project, stack, config, preview=preview)
        self._reporter = reporter
        self._preview = preview
        self._packs: list[Pack | OwnPack] = []
        try:
            for directory in map(Path.resolve, packs):
                self._packs.append(open_pack(directory, variables, interpreter))
        except BaseException:
            self.close()
            raise

    def admit(self, goal: Goal, resource: StateResource, provider: StateResource | None) -> Properties | None:
        """Return the inputs after remediation, or None when a mandatory policy refuses them in `up`."""
        if not self._packs:
            return resource.inputs
        request = _analyze_request(goal, resource, provider)
        inputs = values_of(request.properties) if self.remedy(request) else resource.inputs
        return None if self.refuses(request) and not self._preview else inputs

    def remedy(self, request: Any) -> bool:
        """Put the inputs of a request right, as the packs want them; tell whether one of them changed any."""
        changed = False
        for pack in self._packs:
            for remedy in pack.call("Remediate", request).remediations:
                if remedy.diagnostic:
                    self._reporter.violation(
                        Violation(
                            remedy.policyPackName,
                            remedy.policyName,
                            "advisory",
                            remedy.diagnostic,
                            request.urn,
                            remedy.description,
                        )
                    )
                else:
                    request.properties.CopyFrom(remedy.properties)
                    changed = True
        return changed

    def refuses(self, request: Any) -> bool:
        """Ask the packs about a resource, and record what they say; tell whether a mandatory policy refuses it."""
        refused = False
        for pack in self._packs:
            refused |= self._report(pack, pack.call("Analyze", request).diagnostics, request.urn, strict=True)
        return refused

    def judge_stack(self, resources: Iterable[StateResource]) -> None:
        """Run the stack policies over the outputs of everything that the program registered."""
        if not self._packs:
            return
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_stack_resource(entry) for entry in resources])
        for pack in self._packs:
            answer = pack.call("AnalyzeStack", request)
            self._report(pack, answer.diagnostics, "", strict=not self._preview)

    def close(self) -> None:
        """End all packs."""
        for pack in self._packs:
            pack.close()

    def _report(self, pack: Pack | OwnPack, diagnostics: Any, urn: str, *, strict: bool) -> bool:
        """Record the findings; tell whether one of them refuses."""
        refused = False
        for entry in diagnostics:
            if entry.enforcementLevel == analyzer_pb2.DISABLED:
                continue
            level = entry.enforcementLevel
            if strict and entry.message.startswith(_COULD_NOT_RUN):
                level = pack.levels.get(entry.policyName, analyzer_pb2.MANDATORY)
            mandatory = level in (analyzer_pb2.MANDATORY, analyzer_pb2.REMEDIATE)
            refused |= mandatory
            self._reporter.violation(
                Violation(
                    entry.policyPackName,
                    entry.policyName,
                    "mandatory" if mandatory else "advisory",
                    entry.message,
                    entry.urn or urn,
                    entry.description,
                    carried(entry),
                )
            )
        return refused


def _only_starts(code: str) -> bool:
    """Tell whether a pack's code starts the pack that every project of ours has, and does nothing else."""
    try:
        first, *rest = ast.parse(code).body
    except (SyntaxError, ValueError):
        return False
    described = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    module = ast.Module(rest if described else [first, *rest], [])
    return ast.dump(module) == ast.dump(ast.parse(_STARTING))


def _analyze_request(goal: Goal, resource: StateResource, provider: StateResource | None) -> Any:
    request = analyzer_pb2.AnalyzeRequest(
        urn=resource.urn,
        type=resource.type,
        name=urn_name(resource.urn),
        properties=to_struct(resource.inputs),
        options=analyzer_pb2.AnalyzerResourceOptions(
            protect=resource.protect,
            ignoreChanges=goal.ignore_changes,
            deleteBeforeReplace=bool(goal.delete_before_replace),
            deleteBeforeReplaceDefined=goal.delete_before_replace is not None,
            additionalSecretOutputs=goal.secret_outputs,
            parent=resource.parent,
        ),
    )
    if provider is not None:
        request.provider.CopyFrom(
            analyzer_pb2.AnalyzerProviderResource(
                urn=provider.urn, type=provider.type, name=urn_name(provider.urn), properties=to_struct(provider.inputs)
            )
        )
    return request


def _stack_resource(resource: StateResource) -> Any:
    entry = analyzer_pb2.AnalyzerResource(
        urn=resource.urn,
        type=resource.type,
        name=urn_name(resource.urn),
        parent=resource.parent,
        dependencies=resource.dependencies,
        propertyDependencies={
            key: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
            for key, urns in resource.property_dependencies.items()
        },
        options=analyzer_pb2.AnalyzerResourceOptions(
            protect=resource.protect, ignoreChanges=resource.ignore_changes, parent=resource.parent
        ),
    )
    outputs = dict(resource.outputs)
    if resource.custom and "id" not in outputs:
        outputs["id"] = resource.id or UNKNOWN
    entry.properties.CopyFrom(to_struct(outputs))
    return entry
