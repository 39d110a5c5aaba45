"""The Pulumi CLI: as the engine of a local stack, and plain, on a stack with a real target.

As an engine it runs against the served emulator, without touching the tracked stack file: its own words go to stderr
as they come, and what happened is read from the engine's event log. Plain, it uses the caller's own backend,
environment and sign-in.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lockstep.deployment import is_provider, urn_name
from lockstep.errors import FindingError, UsageError
from lockstep.local.backend import Deployment, Handover
from lockstep.local.door import EmulatorDoor
from lockstep.local.runs import Run, StepRecord, Verb
from lockstep.local.state import pulumi_settings
from lockstep.local.workplace import Workplace
from lockstep.provider.wording import STACK_WORDS
from lockstep.settings.stack_file import find_secret, read_config
from lockstep.text_file import write_text
from lockstep.yaml_file import yaml_text

Event = dict[str, Any]
_OPS = {"create-replacement": "replace", "import-replacement": "import", "read-replacement": "read"}
_HALVES = ("replace", "delete-replaced", "discard-replaced")
_UNASKED = ("--yes", "--skip-preview")
_STUCK = re.compile(r"currently locked|pending operation|pending_operation|interrupted while", re.IGNORECASE)


class PulumiDriver:
    """One local stack under the Pulumi CLI."""

    def __init__(self, place: Workplace, door: EmulatorDoor) -> None:
        self._place = place
        self._local = place.local
        self._env = {**door.env, **pulumi_settings(place.local), STACK_WORDS: place.commands.words}
        self._handover = Handover(place.backend)

    def run(self, verb: Verb, *, quiet: bool = False) -> Run:
        """Run pulumi with the verb, without asking."""
        options = ["--diff", "--suppress-progress"] if verb == "preview" else [*_UNASKED, "--suppress-outputs"]
        return self._operate(verb, options, quiet=quiet)

    def take_in(self, document: Path) -> Run:
        """Import what a document names into the state."""
        words = ["--file", str(document.resolve()), *_UNASKED, "--generate-code=false", "--suppress-outputs"]
        return self._operate("import", words)

    def prepare(self) -> None:
        """Make the stack where it is missing, and give it the newest state."""
        if not self._place.backend.path.is_file():
            # From a bare project: `stack init` would write into the tracked stack file.
            self._local.backend.mkdir(parents=True, exist_ok=True)
            folder = copy_stack_file(self._place).parent
            project = f"name: {self._place.project.name}\nruntime: python\n"
            write_text(folder / "Pulumi.yaml", project)
            _checked(["stack", "init", self._place.stack, "--no-select"], folder, self._env)
            self._handover.begin()
        self._handover.to_backend(self._import)

    def _operate(self, verb: str, options: Sequence[str], *, quiet: bool = False) -> Run:
        self.prepare()
        self._local.events.unlink(missing_ok=True)
        log = ["--event-log", str(self._local.events.resolve())]
        # `refresh` and `destroy` register nothing and take no pack.
        packs = self._place.packs if verb in ("up", "preview") else ()
        words = [verb, *options, *(word for pack in packs for word in ("--policy-pack", str(pack)))]
        words += ["--non-interactive", "--color=never", *log, "--stack", self._place.stack]
        # A copy keeps Pulumi's own notes (a salt) out of the tracked stack file.
        words += ["--config-file", str(copy_stack_file(self._place).resolve())]
        # Hidden without PULUMI_DEBUG_COMMANDS; it is how Pulumi's own automation follows a run.
        env = {**self._env, "PULUMI_DEBUG_COMMANDS": "true"}
        code, text = self._stream(words, env, quiet=quiet)
        run = read_run(self._local.events, verb)
        run.exit_code = 1 if code else 0
        refused = any(entry["level"] == "mandatory" for entry in run.violations)
        if code and not run.errors and not refused:
            run.diagnostics.append({"severity": "error", "message": _reason(text, code), "urn": ""})
        if code < 0 or (code and _STUCK.search(text)):
            holder = self._place.backend.holder()
            advice = f"an earlier run was cut off: run `{self._place.commands.repair}`, then this again"
            if holder:
                advice = f"the stack is in use by {holder}: wait until that has ended, then run this again; "
                advice += f"where it never ends, `{self._place.commands.repair}` says what to do"
            run.diagnostics.append({"severity": "error", "message": advice, "urn": ""})
        if verb != "preview":
            self._handover.after_pulumi()
        return run

    def _import(self, state: Path) -> None:
        words = ["stack", "import", "--force", "--stack", self._place.stack, "--file", str(state.resolve())]
        _checked(words, self._place.project.directory, self._env)

    def _stream(self, words: Sequence[str], env: Mapping[str, str], *, quiet: bool) -> tuple[int, str]:
        """Run pulumi, passing its lines on to stderr unless `quiet`; return its exit code and all it said."""
        lines: list[str] = []
        with subprocess.Popen(  # noqa: S603  (our own words, no shell)
            ["pulumi", *words],  # noqa: S607  (whichever pulumi the user has on PATH)
            env=dict(env),
            cwd=self._place.project.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None  # noqa: S101  (a pipe, two lines above)
            for line in process.stdout:
                lines.append(line)
                if line.strip() and not quiet:
                    print(line.rstrip(), file=sys.stderr, flush=True)
        return process.returncode, "".join(lines)


def copy_stack_file(place: Workplace) -> Path:
    """Write what Pulumi shall read in place of the tracked stack file, and return its path.

    Encrypted values and their salt stay behind: the passphrase is not ours, and no local setting is a secret.
    """
    project, config = place.project.name, read_config(place.path)
    plain = {
        key if ":" in key else f"{project}:{key}": value.value()
        for key, value in config.fields.items()
        if find_secret(key, config.keys[key], value) is None
    }
    if place.rehearses:
        plain = {key: value for key, value in plain.items() if key in place.config}
        plain |= {key: place.config[key] for key in (f"{project}:target", "azuread:tenantId", "entraconsent:tenantId")}
        plain[f"{project}:apps"] = json.loads(place.config[f"{project}:apps"])
    copy = place.local.project / place.path.name
    write_text(copy, yaml_text({"config": plain}))
    return copy


class PlainPulumi:
    """Plain `pulumi` on a stack with a real target: the few commands that a repair and an adoption need."""

    def __init__(self, project: Path, stack: str) -> None:
        self._project = project
        self._stack = stack

    def cancel(self) -> bool:
        """Take the lock away, if there is one."""
        return run_pulumi(["cancel", self._stack, "--yes"], self._project).returncode == 0

    def export(self) -> Deployment:
        """Return the deployment."""
        deployment: Deployment = json.loads(_checked(["stack", "export", "--stack", self._stack], self._project))
        return deployment

    def import_(self, file: Path) -> None:
        """Replace the deployment."""
        _checked(["stack", "import", "--force", "--stack", self._stack, "--file", str(file)], self._project)

    def take_in(self, document: Path) -> None:
        """Import what a document names into the state."""
        _checked(import_words(document, self._stack), self._project)

    def refresh(self, urns: Sequence[str]) -> None:
        """Read some resources from the tenant."""
        targets = [word for urn in urns for word in ("--target", urn)]
        _checked(["refresh", *_UNASKED, "--stack", self._stack, *targets], self._project)


def import_words(document: Path, stack: str) -> list[str]:
    """Return the words behind `pulumi` that import a document; it protects what it takes in."""
    return ["import", "--file", str(document), "--stack", stack, *_UNASKED, "--generate-code=false"]


def _checked(words: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run pulumi and return what it printed; FindingError when it failed."""
    process = run_pulumi(words, cwd, env)
    if process.returncode:
        reason = _reason(process.stdout + process.stderr, process.returncode)
        raise FindingError(f"`pulumi {' '.join(words[:2])}` failed: {reason}")
    return process.stdout


def run_pulumi(
    words: Sequence[str], cwd: Path | None, env: Mapping[str, str] | None = None, patience: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run pulumi, in the caller's own environment unless `env` is another, for at most `patience` seconds."""
    try:
        return subprocess.run(  # noqa: S603  (our own words, no shell)
            ["pulumi", *words, "--non-interactive"],  # noqa: S607  (whichever pulumi the user has on PATH)
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("pulumi is not on PATH; install it, or use --using rehearsal") from None


def _reason(text: str, code: int) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    ended = f"pulumi was killed (signal {-code})" if code < 0 else f"pulumi ended with exit code {code}"
    return (errors or [f"{ended}: {lines[-1]}" if lines and code > 0 else ended])[-1].removeprefix("error: ")


def read_run(path: Path, operation: str) -> Run:
    """Return what the event log at `path` says; an operation that never started has none."""
    run = Run(operation)
    steps: dict[tuple[str, str], StepRecord] = {}
    for event in _events(path):
        if "resourcePreEvent" in event:
            _begin(event["resourcePreEvent"]["metadata"], steps)
        elif "resOutputsEvent" in event:
            _finish(event["resOutputsEvent"]["metadata"], steps, operation)
        elif "resOpFailedEvent" in event:
            _fail(event["resOpFailedEvent"]["metadata"], steps)
        elif "diagnosticEvent" in event:
            _say(event["diagnosticEvent"], run)
        elif "policyEvent" in event:
            run.violations.append(_violation(event["policyEvent"]))
    run.steps = [step for step in steps.values() if not is_provider(step.type)]
    run.violations.sort(key=lambda entry: (entry["urn"], entry["policy"], entry["message"]))
    return run


def _events(path: Path) -> Iterator[Event]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # a killed engine leaves half a line at the end
            return


def _begin(metadata: Event, steps: dict[tuple[str, str], StepRecord]) -> None:
    op = str(metadata["op"])
    if op in _HALVES and op != "delete-replaced":
        return
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    urn = str(metadata["urn"])
    steps[op, urn] = StepRecord(
        op=_OPS.get(op, op),
        urn=urn,
        type=str(metadata["type"]),
        name=urn_name(urn),
        old=old.get("outputs") or {},
        inputs=new.get("inputs") or {},
        outputs=new.get("outputs") or {},
        diffs=sorted(metadata.get("detailedDiff") or {}) or list(metadata.get("diffs") or []),
    )


def _finish(metadata: Event, steps: dict[tuple[str, str], StepRecord], operation: str) -> None:
    key = str(metadata["op"]), str(metadata["urn"])
    if key not in steps:
        # A refresh of something that turns out gone or changed ends as another operation than it began.
        begun = next((other for other in steps if other[1] == key[1]), None)
        if operation == "refresh" and begun is not None:
            key = begun
        else:
            _begin(metadata, steps)
    step = steps.get(key)
    if step is None:
        return
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    step.inputs = new.get("inputs") or step.inputs
    step.outputs = new.get("outputs") or step.outputs
    if operation == "refresh":
        step.op = "refresh"
        gone = not metadata.get("new")
        same = (old.get("outputs") or {}) == (new.get("outputs") or {})
        step.outcome = "delete" if gone else "same" if same else "update"


def _fail(metadata: Event, steps: dict[tuple[str, str], StepRecord]) -> None:
    key = str(metadata["op"]), str(metadata["urn"])
    if key not in steps:
        _begin(metadata, steps)
    if key in steps:
        steps[key].error = "failed"


def _say(event: Event, run: Run) -> None:
    severity = str(event.get("severity", "info")).removeprefix("info#")
    if severity == "debug" or event.get("ephemeral"):
        return
    message = " ".join(str(event.get("message", "")).split())
    severity = {"err": "error"}.get(severity, severity)
    if message:
        run.diagnostics.append({"severity": severity, "message": message, "urn": str(event.get("urn", ""))})


def _violation(event: Event) -> dict[str, str]:
    return {
        "pack": str(event.get("policyPackName", "")),
        "policy": str(event.get("policyName", "")),
        "level": str(event.get("enforcementLevel", "")),
        # Line by line as the pack wrote it; only the ends are the engine's.
        "message": "\n".join(line.strip() for line in str(event.get("message", "")).strip().splitlines()),
        "urn": str(event.get("resourceUrn", "")),
    }
