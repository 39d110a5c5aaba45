"""The operations of `pulumi` on one stack, without the CLI and never against a real tenant.

Every operation gets its own plugins, ledger and planner, which are closed when it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lockstep.deployment import Snapshot, load_state, qualified_type, urn_name
from lockstep.errors import LockstepError, NotFinishedError
from lockstep.rehearsal.calls import ProviderCalls
from lockstep.rehearsal.cleanup import Cleanup
from lockstep.rehearsal.importing import ImportedResource, import_resources
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter
from lockstep.rehearsal.ledger import Ledger
from lockstep.rehearsal.monitor import Monitor
from lockstep.rehearsal.planner import Planner, StoppedError
from lockstep.rehearsal.plugins import EngineLog, PluginError, PluginHost
from lockstep.rehearsal.policies import PolicyGate
from lockstep.rehearsal.program import Runner, describe_failure, run_program
from lockstep.rehearsal.providers import Providers
from lockstep.rehearsal.refresh import refresh
from lockstep.rehearsal.repair import Finder, Repaired, plugin_finder, repair
from lockstep.rehearsal.results import Progress, Reporter, Result
from lockstep.rehearsal.steps import StepExecutor
from lockstep.settings.project import Project


class Rehearsal:
    """One stack of one project, rehearsed. All methods block, and must not be called from a running event loop.

    | argument | meaning |
    |---|---|
    | `plugins` | by package: an object with the provider service's methods, or a function that makes one |
    | `state` | the state file; with None nothing is kept on disk, and the stack lives as long as this object |
    | `policy_packs`, `packs_run_by` | the folders of the packs, and the Python that runs them |
    | `on_progress` | is told of each step, message and violation as it happens |
    | `environment` | what the program and the packs see besides the caller's variables |
    | `runner` | runs the program: in this process, or in one of its own (`child`) where it is not trusted |
    | `stops` | without it, a failure holds up only what needs the resource that failed, so that all failures are seen |
    """

    def __init__(
        self,
        project_dir: Path,
        stack: str,
        config: Mapping[str, str],
        *,
        plugins: Mapping[str, Any],
        state: Path | None = None,
        policy_packs: Sequence[Path] = (),
        packs_run_by: Interpreter = INSTALLED,
        on_progress: Callable[[Progress], None] | None = None,
        environment: Mapping[str, str] | None = None,
        runner: Runner = run_program,
        stops: bool = True,
    ) -> None:
        self.project = Project.load(project_dir)
        self.stack = stack
        self.config = {**self.project.defaults, **{self._full_key(key): value for key, value in config.items()}}
        self.state = state
        self._plugins = plugins
        self._packs = tuple(policy_packs)
        self._packs_run_by = packs_run_by
        self._on_progress = on_progress
        self._environment = dict(environment or {})
        self._runner = runner
        self._stops = stops
        self._memory = Snapshot()

    def preview(self, *, refresh: bool = False) -> Result:
        """Tell what `up` would do; nothing is changed and nothing is written."""
        return self._operate("preview", lambda run: run.update(refresh=refresh), preview=True)

    def up(self, *, refresh: bool = False) -> Result:
        """Bring the tenant to what the program asks for."""
        return self._operate("up", lambda run: run.update(refresh=refresh))

    def refresh(self) -> Result:
        """Write down what is really there."""
        return self._operate("refresh", lambda run: run.refresh())

    def destroy(self) -> Result:
        """Delete everything that the state holds, as each resource's options allow."""
        return self._operate("destroy", lambda run: run.destroy())

    def import_(self, resources: Sequence[ImportedResource]) -> Result:
        """Take existing resources into the state."""
        return self._operate("import", lambda run: run.import_(resources))

    def repair(self, finder: Finder | None = None) -> list[Repaired]:
        """Settle the pending operations of a killed run and say what became of each."""
        settled: list[Repaired] = []
        result = self._operate("repair", lambda run: settled.extend(run.repair(finder)))
        if result.errors:
            raise NotFinishedError(f"not everything could be repaired: {result.errors[0]}")
        return settled

    def snapshot(self) -> Snapshot:
        """Return the state as it is now."""
        return load_state(self.state) if self.state is not None else self._memory

    def _operate(self, operation: str, work: Callable[[_Run], None], *, preview: bool = False) -> Result:
        reporter = Reporter(operation, self._on_progress)
        with ExitStack() as cleanup:
            run = _Run(self, reporter, cleanup, preview=preview)
            try:
                work(run)
            except (PluginError, LockstepError) as error:
                reporter.error(str(error), exit_code=error.exit_code)
            if run.host.killed is not None:
                raise run.host.killed
            return run.finish()

    def _full_key(self, key: str) -> str:
        return key if ":" in key else f"{self.project.name}:{key}"


class _Run:
    """The parts of one operation."""

    def __init__(self, rehearsal: Rehearsal, reporter: Reporter, cleanup: ExitStack, *, preview: bool) -> None:
        snapshot = rehearsal.snapshot()
        self._rehearsal = rehearsal
        self._reporter = reporter
        self._cleanup = cleanup
        self._preview = preview
        self._outputs: dict[str, Any] = {}
        self._log = EngineLog(reporter.say)
        self.host = PluginHost(rehearsal._plugins, self._log)
        cleanup.callback(self.host.close)
        self._ledger = Ledger(snapshot, rehearsal.state, dry=preview, alive=lambda: self.host.killed is None)
        self._calls = ProviderCalls(self.host, preview=preview)
        project = rehearsal.project.name
        self._providers = Providers(
            self._ledger, self._calls, rehearsal.stack, project, rehearsal.config, preview=preview
        )
        self._executor = StepExecutor(self._ledger, self._calls, reporter, preview)

    def update(self, *, refresh: bool) -> None:
        """Run the program and bring the stack to it."""
        rehearsal = self._rehearsal
        gate = PolicyGate(
            rehearsal._packs,
            self._reporter,
            project=rehearsal.project.name,
            stack=rehearsal.stack,
            config=rehearsal.config,
            environment=rehearsal._environment,
            preview=self._preview,
            interpreter=rehearsal._packs_run_by,
        )
        self._cleanup.callback(gate.close)
        self.repair(None)
        if refresh:
            self.refresh_now()
        monitor = self._run_program(gate)
        self._outputs = monitor.stack_outputs
        if not monitor.finished or (self._reporter.failed and rehearsal._stops and not self._preview):
            return
        if not self._reporter.failed:
            Cleanup(self._executor, self._providers).run(self._ledger.leftovers())
        registered = [entry for entry in self._ledger.snapshot().resources if self._ledger.new(entry.urn) is entry]
        gate.judge_stack(registered)

    def refresh(self) -> None:
        """Read everything again."""
        self.repair(None)
        self.refresh_now()

    def refresh_now(self) -> None:
        """Read everything again, without settling anything first."""
        refresh(self._executor, self._providers)

    def destroy(self) -> None:
        """Delete everything."""
        self.repair(None)
        Cleanup(self._executor, self._providers).run(self._ledger.leftovers())

    def import_(self, resources: Sequence[ImportedResource]) -> None:
        """Import a document's entries."""
        import_resources(
            self._executor, self._providers, resources, self._rehearsal.stack, self._rehearsal.project.name
        )

    def repair(self, finder: Finder | None) -> list[Repaired]:
        """Settle pending operations."""
        if not self._ledger.pending:
            return []
        search = finder or plugin_finder(self.host, self._providers)
        return repair(self._executor, self._providers, search)

    def finish(self) -> Result:
        """Return the result, and keep the state of a stack that has no file."""
        if not self._preview and self._rehearsal.state is None:
            self._rehearsal._memory = self._ledger.snapshot()
        result = self._reporter.result()
        result.outputs = self._outputs
        return result

    def _run_program(self, gate: PolicyGate) -> Monitor:
        rehearsal = self._rehearsal
        planner = Planner(self._executor, self._providers, gate, stops=rehearsal._stops)
        monitor = Monitor(
            planner,
            self._ledger,
            self._providers,
            self._calls,
            self.host.public_inputs,
            project=rehearsal.project.name,
            stack=rehearsal.stack,
            preview=self._preview,
        )
        failure = rehearsal._runner(
            rehearsal.project,
            rehearsal.stack,
            rehearsal.config,
            monitor,
            self._log,
            preview=self._preview,
            environment=rehearsal._environment,
        )
        if self.host.killed is not None:
            raise self.host.killed
        if planner.skipped:
            names = sorted(f"{urn_name(urn)} ({qualified_type(urn).rpartition(':')[2]})" for urn in planner.skipped)
            self._reporter.say("info", f"left out, because something that they need failed: {', '.join(names)}")
        if isinstance(failure, KeyboardInterrupt):
            raise failure
        if failure is not None and not isinstance(failure, StoppedError):
            message, code = describe_failure(failure, rehearsal.project.directory)
            self._reporter.error(message, exit_code=code)
        return monitor
