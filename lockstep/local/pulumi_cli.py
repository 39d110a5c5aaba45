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
from collections.abc import Mapping, Sequence
from pathlib import Path

from lockstep.errors import FindingError, UsageError
from lockstep.local.backend import Deployment, Handover
from lockstep.local.door import EmulatorDoor
from lockstep.local.events import read_run
from lockstep.local.runs import Run, Verb
from lockstep.local.state import LocalState, pulumi_settings
from lockstep.local.workplace import Workplace
from lockstep.settings.stack_file import find_secret, read_config
from lockstep.yaml_file import yaml_text

_UNASKED = ("--yes", "--skip-preview")
_STUCK = re.compile(r"currently locked|pending operation|pending_operation|interrupted while", re.IGNORECASE)


class PulumiDriver:
    """One local stack under the Pulumi CLI."""

    def __init__(self, place: Workplace, door: EmulatorDoor) -> None:
        self._place = place
        self._local = place.local
        self._env = {**door.env, **pulumi_settings(place.local)}
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
        make_stack(self._local, self._place, self._env)
        self._handover.to_backend(self._import)

    def _operate(self, verb: str, options: Sequence[str], *, quiet: bool = False) -> Run:
        self.prepare()
        self._local.events.unlink(missing_ok=True)
        log = ["--event-log", str(self._local.events.resolve())]
        words = [verb, *options, *self._packs(verb), "--non-interactive", "--color=never", *log]
        # Hidden without PULUMI_DEBUG_COMMANDS; it is how Pulumi's own automation follows a run.
        env = {**self._env, "PULUMI_DEBUG_COMMANDS": "true"}
        code, text = self._stream([*words, *self._config_file()], env, quiet=quiet)
        run = read_run(self._local.events, verb)
        run.exit_code = 1 if code else 0
        refused = any(entry["level"] == "mandatory" for entry in run.violations)
        if code and not run.errors and not refused:
            run.diagnostics.append({"severity": "error", "message": _reason(text, code), "urn": ""})
        if code < 0 or (code and _STUCK.search(text)):
            advice = f"an earlier run was cut off: run `lockstep repair --stack {self._place.stack}`, then this again"
            run.diagnostics.append({"severity": "error", "message": advice, "urn": ""})
        if verb != "preview":
            self._handover.after_pulumi()
        return run

    def _packs(self, verb: str) -> list[str]:
        """Return the options that name the packs; `refresh` and `destroy` register nothing and take none."""
        packs = self._place.packs if verb in ("up", "preview") else ()
        return [word for pack in packs for word in ("--policy-pack", str(pack))]

    def _config_file(self) -> list[str]:
        """Return the option that keeps Pulumi's own notes (a salt) out of the tracked stack file."""
        copy = copy_stack_file(self._local, self._place.path, self._place.project.name, self._overrides())
        return ["--stack", self._place.stack, "--config-file", str(copy.resolve())]

    def _overrides(self) -> dict[str, str] | None:
        return self._place.config if self._place.rehearses else None

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


def make_stack(local: LocalState, place: Workplace, env: Mapping[str, str]) -> None:
    """Make the stack in its backend, from a bare project: `stack init` would write into the tracked stack file."""
    if place.backend.path.is_file():
        return
    local.backend.mkdir(parents=True, exist_ok=True)
    local.project.mkdir(parents=True, exist_ok=True)
    (local.project / "Pulumi.yaml").write_text(f"name: {place.project.name}\nruntime: python\n", encoding="utf-8")
    overrides = place.config if place.rehearses else None
    copy_stack_file(local, place.path, place.project.name, overrides)
    _checked(["stack", "init", place.stack, "--no-select"], local.project, env)


def copy_stack_file(local: LocalState, tracked: Path, project: str, overrides: Mapping[str, str] | None = None) -> Path:
    """Write what Pulumi shall read in place of the tracked stack file, and return its path.

    Encrypted values and their salt stay behind: the passphrase is not ours, and no local setting is a secret.
    """
    config = read_config(tracked)
    plain = {
        key if ":" in key else f"{project}:{key}": value.value()
        for key, value in config.fields.items()
        if find_secret(key, config.keys[key], value) is None
    }
    if overrides is not None:
        plain = {key: value for key, value in plain.items() if key in overrides}
        plain |= {key: overrides[key] for key in (f"{project}:target", "azuread:tenantId", "entraconsent:tenantId")}
        plain[f"{project}:apps"] = json.loads(overrides[f"{project}:apps"])
    local.project.mkdir(parents=True, exist_ok=True)
    copy = local.project / tracked.name
    copy.write_text(yaml_text({"config": plain}), encoding="utf-8")
    return copy


class PlainPulumi:
    """Plain `pulumi` on a stack with a real target: the few commands that a repair and an adoption need."""

    def __init__(self, project: Path, stack: str) -> None:
        self._project = project
        self._stack = stack

    def cancel(self) -> bool:
        """Take the lock away, if there is one."""
        return _pulumi(["cancel", self._stack, "--yes"], self._project).returncode == 0

    def export(self) -> Deployment:
        """Return the deployment."""
        deployment: Deployment = json.loads(self._run(["stack", "export", "--stack", self._stack]))
        return deployment

    def import_(self, file: Path) -> None:
        """Replace the deployment."""
        self._run(["stack", "import", "--force", "--stack", self._stack, "--file", str(file)])

    def take_in(self, document: Path) -> None:
        """Import what a document names into the state."""
        self._run(import_words(document, self._stack))

    def refresh(self, urns: Sequence[str]) -> None:
        """Read some resources from the tenant."""
        targets = [word for urn in urns for word in ("--target", urn)]
        self._run(["refresh", *_UNASKED, "--stack", self._stack, *targets])

    def _run(self, words: Sequence[str]) -> str:
        return _checked(words, self._project)


def import_words(document: Path, stack: str) -> list[str]:
    """Return the words behind `pulumi` that import a document; it protects what it takes in."""
    return ["import", "--file", str(document), "--stack", stack, *_UNASKED, "--generate-code=false"]


def _checked(words: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run pulumi and return what it printed; FindingError when it failed."""
    done = _pulumi(words, cwd, env)
    if done.returncode:
        reason = _reason(done.stdout + done.stderr, done.returncode)
        raise FindingError(f"`pulumi {' '.join(words[:2])}` failed: {reason}")
    return done.stdout


def _pulumi(words: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run pulumi, in the caller's own environment unless `env` is another."""
    try:
        return subprocess.run(  # noqa: S603  (our own words, no shell)
            ["pulumi", *words, "--non-interactive"],  # noqa: S607  (whichever pulumi the user has on PATH)
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("pulumi is not on PATH; install it, or use --using rehearsal") from None


def _reason(text: str, code: int) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    ended = f"pulumi was killed (signal {-code})" if code < 0 else f"pulumi ended with exit code {code}"
    return (errors or [f"{ended}: {lines[-1]}" if lines and code > 0 else ended])[-1].removeprefix("error: ")
