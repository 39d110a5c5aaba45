"""Runs a stack with the Pulumi CLI against the served emulator, without touching the tracked stack file.

Pulumi's own words go to stderr as they come; what happened is read from the engine's event log.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lockstep.errors import FindingError, UsageError
from lockstep.local.backend import Backend, Handover
from lockstep.local.door import Door
from lockstep.local.events import read_run
from lockstep.local.runs import Run
from lockstep.local.state import LocalState, pulumi_settings
from lockstep.local.workplace import Workplace
from lockstep.settings.stack_file import find_secret, read_config
from lockstep.yaml_file import yaml_text

_STUCK = re.compile(r"currently locked|pending operation|pending_operation|interrupted while", re.IGNORECASE)


class PulumiCli:
    """One stack under the Pulumi CLI; the same operations as the rehearsal's driver."""

    def __init__(self, place: Workplace, door: Door) -> None:
        self._place = place
        self._local = place.local
        self._env = {**door.env, **pulumi_settings(place.local)}
        self.backend = Backend(place.local, place.project.name, place.stack)
        self.handover = Handover(self.backend)

    def preview(self, *, quiet: bool = False) -> Run:
        """Tell what `up` would do."""
        return self._operate("preview", ["--diff", "--suppress-progress"], quiet=quiet)

    def up(self) -> Run:
        """Bring the emulator to what the program asks for."""
        return self._operate("up", ["--yes", "--skip-preview", "--suppress-outputs"])

    def refresh(self) -> Run:
        """Write down what is really there."""
        return self._operate("refresh", ["--yes", "--skip-preview", "--suppress-outputs"])

    def destroy(self) -> Run:
        """Take everything back."""
        return self._operate("destroy", ["--yes", "--skip-preview", "--suppress-outputs"])

    def take_in(self, document: Path) -> Run:
        """Import what a document names into the state."""
        words = ["--file", str(document.resolve()), "--yes", "--skip-preview", "--generate-code=false"]
        return self._operate("import", [*words, "--suppress-outputs"])

    def cancel(self) -> None:
        """Take away the lock that a killed run left."""
        self._command(["cancel", self._place.stack, "--yes"], "pulumi cancel")

    def prepare(self) -> None:
        """Make the stack where it is missing, and give it the newest state."""
        make_stack(self._local, self._place, self._env)
        self.handover.to_backend(self._import)

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
            self.handover.after_pulumi()
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
        self._command(words, "pulumi stack import")

    def _command(self, words: Sequence[str], what: str) -> None:
        done = _pulumi([*words, "--non-interactive"], self._env, self._place.project.directory)
        if done.returncode:
            raise FindingError(f"`{what}` failed: {_reason(done.stdout + done.stderr, done.returncode)}")

    def _stream(self, words: Sequence[str], env: Mapping[str, str], *, quiet: bool) -> tuple[int, str]:
        """Run pulumi, passing its lines on to stderr unless `quiet`; return its exit code and all it said."""
        said: list[str] = []
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
            assert process.stdout is not None  # noqa: S101  (asked for two lines above)
            for line in process.stdout:
                said.append(line)
                if line.strip() and not quiet:
                    print(line.rstrip(), file=sys.stderr, flush=True)
        return process.returncode, "".join(said)


def make_stack(local: LocalState, place: Workplace, env: Mapping[str, str]) -> None:
    """Make the stack in its backend, from a bare project: `stack init` would write into the tracked stack file."""
    if Backend(local, place.project.name, place.stack).path.is_file():
        return
    local.backend.mkdir(parents=True, exist_ok=True)
    local.project.mkdir(parents=True, exist_ok=True)
    (local.project / "Pulumi.yaml").write_text(f"name: {place.project.name}\nruntime: python\n", encoding="utf-8")
    overrides = place.config if place.rehearses else None
    copy_stack_file(local, place.path, place.project.name, overrides)
    done = _pulumi(["stack", "init", place.stack, "--no-select", "--non-interactive"], env, local.project)
    if done.returncode:
        raise FindingError(f"`pulumi stack init` failed: {_reason(done.stdout + done.stderr, done.returncode)}")


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
        changed = {key: value for key, value in overrides.items() if key in _replaced(project)}
        plain = {key: value for key, value in plain.items() if key in overrides} | changed
        plain |= {
            f"{project}:{name}": json.loads(overrides[f"{project}:{name}"])
            for name in ("adopted", "claim")
            if f"{project}:{name}" in overrides
        }
    kept: dict[str, Any] = {"config": plain}
    local.project.mkdir(parents=True, exist_ok=True)
    copy = local.project / tracked.name
    copy.write_text(yaml_text(kept), encoding="utf-8")
    return copy


def _replaced(project: str) -> set[str]:
    return {f"{project}:target", f"{project}:ateraClientId", "azuread:tenantId", "entraconsent:tenantId"}


def _pulumi(words: Sequence[str], env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603
            ["pulumi", *words],  # noqa: S607
            env=dict(env),
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
