"""What a command says: progress while it runs, then the result as a table or as one JSON document.

The first and the last line name the target. Decides nothing but the words and the exit code.
"""

from __future__ import annotations

from typing import Any

from lockstep.catalogue import permission_title
from lockstep.errors import LockstepError, told
from lockstep.local.door import EmulatorDoor, Traffic
from lockstep.local.engine import Engine
from lockstep.local.runs import Run, StepRecord
from lockstep.local.verify import VerifiedApp
from lockstep.local.workplace import Workplace, emulator_command, relative
from lockstep.report.screen import Screen
from lockstep.resource_types import COMPONENTS

_SIGNS = {"create": "+", "delete": "-", "update": "~", "replace": "±", "import": "=", "refresh": "~"}
_STYLES = {"+": "green", "-": "red", "~": "yellow", "±": "yellow", "=": "cyan"}


class Report:
    """The words of one command."""

    def __init__(self, screen: Screen, verb: str, stack: str, *, quiet: bool = False) -> None:
        """Report a verb on a stack; while `quiet`, what is no result waits for something to happen."""
        self.screen = screen
        self.quiet = quiet
        self._waiting: list[str] = []
        self._planned: Run | None = None
        self._outcome = ""
        self._verb = verb
        self._place: Workplace | None = None
        self._document: dict[str, Any] = {"operation": verb, "stack": stack, "exitCode": 0}
        self._code = 0
        self._shown: set[str] = set()

    def begin(self, place: Workplace) -> None:
        """Name the target."""
        self._place = place
        self._document["target"] = {
            "kind": "local" if place.settings.is_local else "tenant",
            "tenantId": place.settings.tenant_id,
            "emulator": str(place.local.emulator) if place.settings.is_local else None,
            "rehearses": place.rehearses or None,
        }
        self.screen.progress(place.target, "bold")

    def engine(self, engine: Engine) -> None:
        """Say which engine runs, and why."""
        self._document["engine"] = {"name": engine.name, "why": engine.why}
        self._note(f"using: {engine.title} ({engine.why})")

    def emulator(self, door: EmulatorDoor) -> None:
        """Say how the emulator is reached."""
        self._document["target"]["url"] = door.url if door.served else None
        self._note(f"emulator: {door.url} (served)" if door.served else "emulator: in this process")

    def plan(self, run: Run) -> None:
        """Show by name what is going to change, before anything is written; nothing where nothing is."""
        self._planned = run
        if run.changed:
            self._speak()
            self.screen.result(f"{self._verb}: will change {_counted(run)}", "bold")
            self._differences(run)

    def _note(self, text: str) -> None:
        if self.quiet:
            self._waiting.append(text)
        else:
            self.screen.progress(text)

    def _speak(self) -> None:
        """Say from now on what goes on, and first what has waited."""
        self.quiet = False
        while self._waiting:
            self.screen.progress(self._waiting.pop(0))

    def watch(self, progress: Any) -> None:
        """Show one moment of a rehearsal: a step that is done, a message or a violation."""
        step = progress.step
        if step is not None:
            if str(step.outcome) != "same" and (line := _step_line(step)):
                self.screen.progress(*line)
        elif progress.diagnostic is not None:
            severity, message = progress.diagnostic.severity, progress.diagnostic.message
            if severity == "error":
                self._shown.add(message)
                self.screen.error(message)
            elif severity == "warning":
                self.screen.progress(f"  warning: {' '.join(message.split())}", "yellow")
            else:
                self.screen.progress(f"      {message}")
        else:
            self._violation(progress.violation.level, progress.violation.message)

    def add(self, **fields: Any) -> None:
        """Put fields into the document of `--json`."""
        self._document.update(fields)

    def imported(self, run: Run, traffic: Traffic) -> None:
        """Report what was taken into the state."""
        self._code = self._code or run.exit_code
        for message in run.errors:
            if message not in self._shown:
                self.screen.error(message)
        taken = [step for step in run.steps if step.op == "import" and not step.error]
        self.add(imported=[step.urn for step in taken], requests=traffic.requests, writes=traffic.writes)
        self.screen.result(f"taken into the state: {len(taken)} resources ({traffic})")

    def done(self, run: Run, traffic: Traffic, rows: list[VerifiedApp]) -> None:
        """Report a finished run."""
        self._code = run.exit_code
        if run.exit_code or run.changed:
            self._speak()
        self.add(
            steps=[step.document() for step in run.steps],
            changes=run.changes,
            noChanges=not run.changed and not run.exit_code,
            violations=run.violations,
            diagnostics=run.diagnostics,
            outputs=run.outputs,
            requests=traffic.requests,
            writes=traffic.writes,
        )
        for entry in run.violations:
            if entry["level"] == "mandatory" and entry["message"] not in self._shown:
                self._violation(entry["level"], entry["message"])
        for message in run.errors:
            if message not in self._shown:  # a rehearsal shows its own as it goes
                self.screen.error(message)
        # The Pulumi CLI names each permission in a preview by itself; what was planned has been shown.
        by_pulumi = run.operation == "preview" and self._document["engine"]["name"] == "pulumi"
        if not by_pulumi and not (self._planned and self._planned.changed):
            self._permissions(run)
        self._outcome = self._summary(run, traffic)
        if not self.quiet:
            self.screen.result(self._outcome)
        if rows:
            self._verification(rows)

    def fail(self, error: LockstepError | OSError) -> None:
        """Report what stopped the command; what no user can put right is raised again."""
        user_error = told(error)
        if user_error is None:
            raise error
        self._speak()
        self._code = self._code or user_error.exit_code
        message = " ".join(str(user_error).split())
        self._document["error"] = message
        self.screen.error(message)

    def end(self) -> int:
        """Name the target again, print the document, and return the exit code."""
        self._document["exitCode"] = self._code
        place = self._place
        if place is not None:
            if self._verb == "up" and not self._code and not self.quiet:
                state, emulator = relative(place.local.state), relative(place.local.emulator)
                self.screen.result(f"state: {state}   emulator: {emulator}")
                snapshot = emulator_command("snapshot", place.local)
                commands = place.commands
                self.screen.result(f"next: `{commands.preview}`, `{snapshot}`, `{commands.run('destroy')}`")
            outcome = f"{self._verb} {'done' if not self._code else f'exit code {self._code}'}"
            if self.quiet and not self._code:
                outcome = f"{self._outcome}; verified"
            self.screen.result(f"{place.target}: {outcome}", "bold")
        self.screen.document(self._document)
        return self._code

    def _violation(self, level: str, message: str) -> None:
        """Show what a policy says, line by line as it is written."""
        self._shown.add(message)
        first, *rest = message.splitlines()
        label, style = ("error", "bold red") if level == "mandatory" else ("policy", "yellow")
        self.screen.progress(f"{label}: {first}", style)
        for line in rest:
            self.screen.progress(f"  {line}", style)

    def _differences(self, run: Run) -> None:
        """Show each resource that changes, and each difference by permission name."""
        for step in run.steps:
            if step.changes and not step.type.startswith(COMPONENTS) and (line := _step_line(step)):
                self.screen.result(*line)
            self._step_permissions(step, named=True)

    def _permissions(self, run: Run) -> None:
        """Show each difference by permission name."""
        for step in run.steps:
            self._step_permissions(step)

    def _step_permissions(self, step: StepRecord, *, named: bool = False) -> None:
        lines, consents = step.configured(), (step.consents() if step.changes else None) or {}
        for sign, name in (("+", "added"), ("-", "removed")):
            for entry in consents.get(name, ()):
                lines.append((sign, permission_title(entry["api"], entry["type"], entry["value"])))
        if lines and not named:
            self.screen.result(step.name, "bold")
        for sign, text in lines:
            self.screen.result(f"{'      ' if named else '  '}{sign} {text}", _STYLES[sign])

    def _summary(self, run: Run, traffic: Traffic) -> str:
        counted = _counted(run)
        if run.exit_code:
            return f"{run.operation}: failed ({counted}; {traffic})"
        if not run.changed:
            return f"{run.operation}: no changes ({counted}; {traffic})"
        would = "would change" if run.operation == "preview" else "changed"
        return f"{run.operation}: {would} {counted} ({traffic})"

    def _verification(self, rows: list[VerifiedApp]) -> None:
        agrees = all(row.agrees for row in rows)
        self._document["verification"] = {"agrees": agrees, "apps": [row.document() for row in rows]}
        if self.quiet and agrees:
            self.screen.table(("",) * 5, [_row(row) for row in rows])
            return
        self._speak()
        table = [
            (
                row.name,
                "-" if row.configured is None else str(row.configured),
                f"{row.consented} of {row.documented}" if row.state == "present" else "-",
                row.mode,
                row.state if row.agrees else f"{row.state}, differs",
            )
            for row in rows
        ]
        styles = ["" if row.agrees else "red" for row in rows]
        self.screen.table(("app", "configured", "consented", "mode", "state"), table, styles)
        for row in rows:
            for problem in row.problems:
                self.screen.error(problem)
        if agrees:
            self.screen.result("verified: the emulator, read back through Graph, agrees with the catalogue", "green")
        else:
            self._code = self._code or 1
            self.screen.error("the emulator, read back through Graph, does not agree with the catalogue")


def _counted(run: Run) -> str:
    return ", ".join(f"{count} {name}" for name, count in run.changes.items()) or "nothing"


def _step_line(step: Any) -> tuple[str, str] | None:
    """Return the line of a step of either engine, with its style; None for one that nobody has to see."""
    sign = _SIGNS.get(str(step.op))
    package, _, rest = step.type.partition(":")
    if sign is None or package == "pulumi":
        return None
    what = "failed" if step.error else str(step.outcome or step.op)
    short = f"{package}:{rest.rpartition(':')[2]}"
    return f"  {sign} {what:<8} {short:<32} {step.name}", _STYLES[sign]


def _row(row: VerifiedApp) -> tuple[str, ...]:
    """Return the line of an app of which nothing has changed and everything agrees."""
    configured = "" if row.configured is None else f"{row.configured} configured"
    consented = f"{row.consented} of {row.documented} consented" if row.state == "present" else ""
    return row.name, configured, consented, row.mode, row.state
