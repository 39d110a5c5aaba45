"""The Pulumi CLI as the engine of one stack that nobody trusts yet: it plans, asks the pack, and keeps the state.

All else is as in a rehearsal. The program runs in a process of its own and registers here; what it registers is
recorded and handed on to the engine. The providers are those of the rehearsal, on the emulator, and the engine is told
where they listen; a package beside them is refused, so nothing of the head is started as a plugin. The packs are asked
what the engine wants to know, and their answers are kept as they are: the engine itself hands on their prose only.
Knows nothing of a verdict.
"""

# The services' own method names.
# ruff: noqa: N802

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import (
    analyzer_pb2,
    analyzer_pb2_grpc,
    engine_pb2_grpc,
    language_pb2,
    language_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
    status_pb2,
)

from lockstep.deployment import Snapshot, is_provider, load_state, make_urn, package_of, urn_name
from lockstep.errors import FindingError, LockstepError
from lockstep.local.pulumi_cli import read_run
from lockstep.rehearsal.calls import check_failures
from lockstep.rehearsal.child import ChildProgram
from lockstep.rehearsal.goal import UNMODELLED_OPTIONS
from lockstep.rehearsal.interpreter import Interpreter, bare_environment
from lockstep.rehearsal.monitor import UNMODELLED_METHODS
from lockstep.rehearsal.plugins import STATUS_KEY, EngineLog, InitializationError, PluginError, PluginHost
from lockstep.rehearsal.policies import PolicyGate
from lockstep.rehearsal.program import describe_failure
from lockstep.rehearsal.providers import provider_package
from lockstep.rehearsal.results import Reporter, Result
from lockstep.rehearsal.values import to_struct
from lockstep.rehearsal.watching import MEBIBYTE, Limits, started, wait
from lockstep.settings.project import Project
from lockstep.yaml_file import yaml_text

_THREADS = 64
_PATIENCE = 60.0  # seconds of the engine beside the program's own
_LIMITS = Limits(memory=4096 * MEBIBYTE)  # the engine's own and those of what it starts
_LAST = 20_000  # bytes of what the engine says
_REFUSED = "refused: the gate has it among its findings"
_SUMMARY = "update failed"  # what the engine says beside each failure
# What the engine runs as the pack: it says where the gate listens for the pack's questions, and waits for its end.
_PACK = "import threading\nprint({port}, flush=True)\nthreading.Event().wait()\n"
# gRPC would ask even this machine through the proxy of http_proxy.
_DIRECT = [("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0), ("grpc.enable_http_proxy", 0)]


@dataclass
class RealEngine:
    """One stack under the Pulumi CLI, with a state of its own that goes with it. Has what the gate asks of a rehearsal.

    `child` runs the program, `packs_by` is the Python of the packs, and `plugins` are as for a rehearsal.
    """

    project: Project
    stack: str
    config: Mapping[str, str]
    plugins: Mapping[str, Callable[[], Any]]
    packs: Sequence[Path]
    child: ChildProgram
    packs_by: Interpreter
    folder: Path

    def up(self) -> Result:
        """Deploy the stack; return what the engine and the packs said."""
        events = self.folder / "events.jsonl"
        events.unlink(missing_ok=True)
        reporter = Reporter("up")
        with ExitStack() as cleanup:
            host = PluginHost(self.plugins, EngineLog(lambda *_: None))
            cleanup.callback(host.close)
            gate = self._policy_gate(reporter)
            cleanup.callback(gate.close)
            language, analyzer = _Language(self), _Analyzer(gate)
            self._prepare(_serve(cleanup, _add_analyzer(analyzer)))
            ports = {
                name: _serve(cleanup, _add_provider(host, name, analyzer.refused, reporter)) for name in self.plugins
            }
            words = ["up", self._stack, "--yes", "--skip-preview", "--continue-on-error"]
            words += [f"--client=127.0.0.1:{_serve(cleanup, _add_language(language))}", f"--policy-pack={self._pack}"]
            words += ["--event-log", str(events)]
            told = ",".join(f"{name}:{number}" for name, number in ports.items())
            try:
                code, output = self._pulumi(words, {"PULUMI_DEBUG_PROVIDERS": told})
            finally:
                language.wait()
            for entry in read_run(events, "up").diagnostics:
                if _REFUSED not in entry["message"] and entry["message"] != _SUMMARY:
                    reporter.say(entry["severity"], entry["message"], entry["urn"])
            if language.finished:
                gate.judge_stack(self.snapshot().resources)
        if language.failure is not None:
            reporter.error(describe_failure(language.failure, self.project.directory)[0])
        elif code and not reporter.failed:
            reporter.error(f"pulumi ended with exit code {code}: {_last_line(output)}")
        return reporter.result()

    def snapshot(self) -> Snapshot:
        """Return the state."""
        state = self.folder / "state.json"
        self._checked(["stack", "export", self._stack, "--file", str(state)])
        return load_state(state)

    def _policy_gate(self, reporter: Reporter) -> PolicyGate:
        return PolicyGate(
            self.packs,
            reporter,
            project=self.project.name,
            stack=self.stack,
            config=self.config,
            environment={},
            preview=False,
            interpreter=self.packs_by,
        )

    def _prepare(self, port: int) -> None:
        """Write the project that the engine sees; its pack are the questions that are answered on `port`."""
        if not (self.folder / "Pulumi.yaml").is_file():
            self._backend.mkdir(parents=True)
            self._pack.mkdir()
            project = yaml_text({"name": self.project.name, "runtime": "python"})
            (self.folder / "Pulumi.yaml").write_text(project, "utf-8")
            python = {"toolchain": "pip", "virtualenv": sys.prefix}
            runtime = yaml_text({"runtime": {"name": "python", "options": python}})
            (self._pack / "PulumiPolicy.yaml").write_text(runtime, "utf-8")
            self._checked(["stack", "init", self._stack])
        (self._pack / "__main__.py").write_text(_PACK.format(port=port), "utf-8")
        # After `stack init`, which leaves a salt here that nothing needs: no setting is a secret.
        (self.folder / f"Pulumi.{self.stack}.yaml").write_text(yaml_text({"config": dict(self.config)}), "utf-8")

    @property
    def _stack(self) -> str:
        return f"--stack={self.stack}"  # one word: a stack file may be called Pulumi.--yes.yaml

    @property
    def _backend(self) -> Path:
        return self.folder / "backend"

    @property
    def _pack(self) -> Path:
        return self.folder / "pack"

    @property
    def _variables(self) -> dict[str, str]:
        return {
            **bare_environment(str(self.folder)),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": self._backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "thrown away with the stack",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def _checked(self, words: Sequence[str]) -> None:
        code, output = self._pulumi(words)
        if code:
            raise FindingError(f"pulumi {' '.join(words[:2])} failed: {_last_line(output)}")

    def _pulumi(self, words: Sequence[str], more: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run pulumi, with nothing of it left afterwards; return its exit code and the end of what it said."""
        with tempfile.TemporaryFile() as out:
            with started(
                ["pulumi", *words, "--non-interactive", "--color=never"],
                cwd=self.folder,
                env={**self._variables, **(more or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            ) as process:
                seconds = self.child.seconds + _PATIENCE
                code, excess = wait(process, seconds, _LIMITS, lambda: os.fstat(out.fileno()).st_size)
            if code is None:
                raise FindingError(f"`pulumi {words[0]}` {excess} and was stopped")
            out.seek(max(0, out.seek(0, os.SEEK_END) - _LAST))
            return code, out.read().decode("utf-8", "replace")


class _Language(LanguageServer):
    """What the engine asks to run the program: it is run in a process of its own."""

    def __init__(self, engine: RealEngine) -> None:
        super().__init__(lambda: None)
        self._engine = engine
        self._running = threading.Lock()
        self.failure: BaseException | None = None
        self.finished = False

    def wait(self) -> None:
        """Wait until the program has ended: an engine that was stopped leaves it running for a moment."""
        with self._running:
            pass

    def Run(self, request: Any, context: Any) -> Any:
        """Run the program, and hand on to the engine what it registers."""
        with (
            self._running,
            grpc.insecure_channel(request.monitor_address, options=_DIRECT) as monitor,
            grpc.insecure_channel(request.args[0], options=_DIRECT) as log,
        ):
            forward = _Monitor(monitor, self._engine)
            engine = _Log(engine_pb2_grpc.EngineStub(log))
            self.failure = self._engine.child(
                self._engine.project,
                self._engine.stack,
                self._engine.config,
                forward,
                engine,
                preview=request.dryRun,
                environment={},
            )
            self.finished = forward.finished
        # "Bail": that it failed is said already, and by whom it is said best.
        return language_pb2.RunResponse(bail=self.failure is not None)


class _Log:
    """The engine's log; where it is not there any more, nothing is lost that the gate believes."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        def call(request: Any) -> Any:
            try:
                return getattr(self._stub, name)(request)
            except grpc.RpcError:
                return empty_pb2.Empty()

        return call


class _Monitor:
    """The engine's monitor, for the program. What changes a registration later is refused: no line would show it."""

    def __init__(self, channel: grpc.Channel, engine: RealEngine) -> None:
        self._stub: Any = resource_pb2_grpc.ResourceMonitorStub(channel)
        self._engine = engine
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._lost: set[str] = set()
        self.finished = False

    def urn(self, request: Any) -> str:
        """Return the URN of what a registration asks for."""
        return make_urn(self._engine.stack, self._engine.project.name, request.parent, request.type, request.name)

    def RegisterResource(self, request: Any) -> Any:
        """Hand a registration on, unless it needs one that failed, or is a second one: that would end the engine."""
        urn = self.urn(request)
        with self._lock:
            if urn in self._seen:
                raise FindingError(f"duplicate resource {urn}: give each {request.type} a name of its own")
            self._seen.add(urn)
            lost = not self._lost.isdisjoint(_needs(request))
        for feature, used in UNMODELLED_OPTIONS.items():
            if used(request):
                raise FindingError(f"{urn} uses {feature}, which the gate does not judge; leave it out")
        if request.custom:
            self._refuse_package(
                provider_package(request.type) if is_provider(request.type) else package_of(request.type)
            )
        answer = resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.FAIL)
        if not lost:
            answer = self._hand_on("RegisterResource", request)
        if answer.result != resource_pb2.SUCCESS:
            with self._lock:
                self._lost.add(urn)
        return answer

    def ReadResource(self, request: Any) -> Any:
        """Hand a read on."""
        self._refuse_package(package_of(request.type))
        return self._hand_on("ReadResource", request)

    def Invoke(self, request: Any) -> Any:
        """Hand a call of a function on."""
        self._refuse_package(package_of(request.tok))
        return self._hand_on("Invoke", request)

    def SignalAndWaitForShutdown(self, request: Any) -> Any:
        """Note that the program ended by itself. The engine would keep it waiting until everything is done."""
        self.finished = True
        return empty_pb2.Empty()

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        if name in UNMODELLED_METHODS:
            return lambda request: _refuse(UNMODELLED_METHODS[name].format(request))
        return lambda request: self._hand_on(name, request)

    def _refuse_package(self, package: str) -> None:
        """Refuse what the engine would look for on this machine and start."""
        if package not in self._engine.plugins:
            packages = ", ".join(sorted(self._engine.plugins))
            raise FindingError(f"the program uses the package {package!r}; the gate runs {packages} and no other")

    def _hand_on(self, name: str, request: Any) -> Any:
        try:
            return getattr(self._stub, name)(request)
        except grpc.RpcError as error:
            details = getattr(error, "details", None)
            raise PluginError(str(details() if callable(details) else error)) from None


def _refuse(feature: str) -> Any:
    raise FindingError(f"the program uses a {feature}, which the gate does not judge; leave it out")


def _needs(request: Any) -> set[str]:
    """Return the URNs that have to be there before a resource."""
    urns = {request.parent, request.deletedWith, *request.dependencies}
    return urns.union(*(dependencies.urns for dependencies in request.propertyDependencies.values())) - {""}


def _last_line(output: str) -> str:
    return ["it says nothing", *(line.strip() for line in output.splitlines() if line.strip())][-1]


def _serve(cleanup: ExitStack, add: Callable[[grpc.Server], None]) -> int:
    """Serve something on this machine until `cleanup` ends it; return the port."""
    server = grpc.server(ThreadPoolExecutor(_THREADS, thread_name_prefix="gate-engine"), options=_DIRECT)
    add(server)
    port = int(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    cleanup.callback(lambda: server.stop(grace=None).wait())
    return port


def _add_provider(
    host: PluginHost, package: str, refused: set[str], reporter: Reporter
) -> Callable[[grpc.Server], None]:
    provider = _Provider(host, package, refused, reporter)
    return lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)


def _add_language(language: _Language) -> Callable[[grpc.Server], None]:
    return lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(language, server)


def _add_analyzer(analyzer: _Analyzer) -> Callable[[grpc.Server], None]:
    return lambda server: analyzer_pb2_grpc.add_AnalyzerServicer_to_server(analyzer, server)


class _Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """The packs, as the engine asks them. It hears of no refusal: it would stop there, and leave the rest unjudged.

    `refused` are the URNs that a mandatory policy or their provider refuses: they are not made.
    """

    def __init__(self, gate: PolicyGate) -> None:
        self._gate = gate
        self.refused: set[str] = set()

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        """Name one pack for all."""
        return analyzer_pb2.AnalyzerInfo(name="gate", displayName="gate", version="1.0.0")

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Name a version."""
        return plugin_pb2.PluginInfo(version="1.0.0")

    def Configure(self, request: Any, context: Any) -> Any:
        """There is nothing to configure: the packs have no other configuration than their own."""
        return empty_pb2.Empty()

    def Remediate(self, request: Any, context: Any) -> Any:
        """Let the packs put a resource right."""
        if not self._gate.remedy(request):
            return analyzer_pb2.RemediateResponse()
        remedy = analyzer_pb2.Remediation(policyName="gate", policyPackName="gate", properties=request.properties)
        return analyzer_pb2.RemediateResponse(remediations=[remedy])

    def Analyze(self, request: Any, context: Any) -> Any:
        """Ask the packs about a resource."""
        try:
            if self._gate.refuses(request):
                self.refused.add(request.urn)
        except LockstepError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        return analyzer_pb2.AnalyzeResponse()

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """Nothing: the engine leaves this out where anything failed, so the gate asks at the end by itself."""
        return analyzer_pb2.AnalyzeResponse()


class _Provider(provider_pb2_grpc.ResourceProviderServicer):
    """A plugin of the rehearsal, over gRPC."""

    def __init__(self, host: PluginHost, package: str, refused: set[str], reporter: Reporter) -> None:
        self._host = host
        self._package = package
        self._refused = refused
        self._reporter = reporter

    def Check(self, request: Any, context: Any) -> Any:
        """Check inputs. The engine hears of no failure: it would stop there, before the packs and all the rest."""
        answer = _method("Check")(self, request, context)
        for failure in check_failures(answer):
            self._reporter.error(f"{urn_name(request.urn)}: {failure}", request.urn)
            self._refused.add(request.urn)
        answer.ClearField("failures")
        return answer

    def Attach(self, request: Any, context: Any) -> Any:
        """The engine's address is of no use: what a plugin logs is not shown."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Answer with the version of the package's SDK, which the program asks for."""
        try:
            return plugin_pb2.PluginInfo(version=importlib.metadata.version(f"pulumi_{self._package}"))
        except importlib.metadata.PackageNotFoundError:
            return plugin_pb2.PluginInfo()


def _method(name: str) -> Callable[..., Any]:
    def method(self: _Provider, request: Any, context: Any) -> Any:
        if name in ("Create", "Update") and request.urn in self._refused:
            context.abort(grpc.StatusCode.UNKNOWN, _REFUSED)
        try:
            return self._host.call(self._package, name, request)
        except InitializationError as error:
            failed = provider_pb2.ErrorResourceInitFailed(
                id=error.id,
                properties=to_struct(error.outputs),
                reasons=error.reasons,
                inputs=None if error.inputs is None else to_struct(error.inputs),
            )
            status = status_pb2.Status(code=error.code.value[0], message=str(error))
            status.details.add().Pack(failed)
            context.set_trailing_metadata(((STATUS_KEY, status.SerializeToString()),))
            context.abort(error.code, str(error))
        except PluginError as error:
            context.abort(error.code, str(error))

    return method


for _name in (
    *("CheckConfig", "DiffConfig", "Configure", "Diff", "Create", "Read", "Update", "Delete", "Invoke"),
    "Cancel",
):
    setattr(_Provider, _name, _method(_name))
