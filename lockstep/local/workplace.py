"""The project and the stack that a command works on: found, read and checked before anything starts.

Reads files only; starts nothing and signs in nowhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Any

from lockstep.audit.standing import StackCommands
from lockstep.catalogue import AppKind
from lockstep.emulator import vendor_client_id
from lockstep.errors import StateError, UsageError, nearest
from lockstep.local.backend import Backend
from lockstep.local.state import LocalState
from lockstep.settings.model import Settings
from lockstep.settings.project import Project, find_project
from lockstep.settings.stack_app import StackApp, stack_apps
from lockstep.settings.stack_file import read_stack
from lockstep.settings.target import LOCAL, LOCAL_TENANT
from lockstep.text_file import read_json, write_text

DEV = "dev"
"""The stack that a command means where no other one is named."""


@dataclass(frozen=True)
class Workplace:
    """One stack of one project."""

    project: Project
    stack: str
    path: Path
    config: dict[str, str]
    settings: Settings
    pulumi_stack: str = ""
    """The stack as it was named, which may have its organization before it: so plain `pulumi` finds the same one."""
    rehearses: str = ""
    """The tenant id of the real target that is being rehearsed, or nothing."""
    at: LocalState | None = None
    """Where the local state is, when it is not in the project."""

    @property
    def local(self) -> LocalState:
        """Where this stack's emulator and local state are."""
        return self.at or LocalState.of(self.project.directory, self.stack)

    @property
    def backend(self) -> Backend:
        """The stack in the Pulumi CLI's own backend."""
        return Backend(self.local, self.project.name, self.stack)

    @property
    def packs(self) -> tuple[Path, ...]:
        """The project's policy pack, which `up` and `preview` always run; nothing where there is none."""
        pack = self.project.directory / "policy"
        return (pack,) if (pack / "PulumiPolicy.yaml").is_file() else ()

    @property
    def commands(self) -> StackCommands:
        """How the commands for this stack are typed by somebody who stands where this command was typed."""
        folder = _folder(self.project.directory)
        packs = ["policy" if folder else relative(pack) for pack in self.packs]
        return StackCommands(
            self.pulumi_stack,
            local=self.settings.is_local,
            rehearse=bool(self.rehearses),
            folder=folder,
            pack="".join(packs),
        )

    @property
    def target(self) -> str:
        """The target in words, for the first and the last line of every command."""
        if not self.settings.is_local:
            return f"target: tenant {self.settings.target}"
        stands_for = f", a rehearsal of tenant {self.rehearses}; nothing goes there" if self.rehearses else ""
        return f"target: local (emulator {relative(self.local.emulator)}{stands_for})"


def open_workplace(cwd: Path, stack: str, *, rehearse: bool = False) -> Workplace:
    """Return the stack with all its settings checked; LockstepError in one line otherwise."""
    directory = find_project(cwd)
    project, named = Project.load(directory), stack
    stack = project.stack_name(named)
    path = stack_path(directory, stack)
    file = read_stack(project, Path(relative(path)))
    settings = file.settings()
    if settings.is_local or not rehearse:
        return Workplace(project, stack, path, file.config, settings, named)
    config = _on_the_emulator(file.config, project.name, settings, LocalState.of(directory, stack))
    rehearsed = replace(file, config=config).settings()
    return Workplace(project, stack, path, config, rehearsed, named, rehearses=settings.target)


def stack_path(directory: Path, stack: str) -> Path:
    """Return the stack file; UsageError, with the stacks that there are, when it is not there."""
    path = directory / f"Pulumi.{stack}.yaml"
    if path.is_file():
        return path
    stacks = stacks_in(directory)
    listed = f"stacks here: {', '.join(stacks)}" if stacks else "there is no stack file at all"
    raise UsageError(f"--stack {stack}: {relative(path)} is not there; {listed}{nearest(stack, stacks)}")


def stacks_in(directory: Path) -> list[str]:
    """Return the names of a project's stacks, by their files."""
    files = (path for path in directory.glob("Pulumi.*.yaml") if path.is_file())
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files)


def refuse_real(place: Workplace, verb: str) -> None:
    """Raise for a stack with a real target: only plain Pulumi deploys those."""
    if place.settings.is_local:
        return
    commands = place.commands
    rehearsal_commands = replace(commands, local=True, rehearse=True)
    raise UsageError(
        f"{relative(place.path)}: the target is tenant {place.settings.target}, and `lockstep {verb}` works on local"
        f" targets; on the tenant itself: `{commands.run(verb)}`; to try it on the"
        f" emulator: `{rehearsal_commands.run(verb)}`"
    )


def emulator_command(words: str, local: LocalState) -> str:
    """Return how a command of `lockstep emulator` for this emulator is typed by somebody who stands here."""
    try:
        usual = LocalState.of(find_project(Path()), DEV).emulator
    except UsageError:
        usual = None
    state = "" if local.emulator.absolute() == usual else f" --state {quote(relative(local.emulator))}"
    return f"lockstep emulator {words}{state}"


def commands_of(local: LocalState) -> StackCommands | None:
    """Return how the commands are typed for the stack whose own emulator this is; None for a state file elsewhere."""
    stack = local.owner.directory
    if stack.parent.name != ".lockstep":
        return None
    return StackCommands(stack.name, local=True, folder=_folder(stack.parent.parent))


def relative(path: Path) -> str:
    """Return a path as a person at the current folder would write it."""
    try:
        shown = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if shown.startswith(os.path.join("..", "..", "..")) else shown


def _folder(directory: Path) -> str:
    """Return how a command has to name the project's folder; nothing where it is found from here."""
    try:
        project_folder = find_project(Path())
    except UsageError:
        project_folder = None
    return "" if project_folder == directory.resolve() else relative(directory)


def adopted_beside(local: LocalState) -> dict[str, Any]:
    """Return what a rehearsed adoption wrote; StateError when it is not that."""
    if not local.adopted.exists():
        return {}
    hint = "restore it from a copy, or delete it and adopt the rehearsal anew"
    document = read_json(local.adopted, hint=hint, error=StateError)
    if not isinstance(document, dict) or not all(isinstance(entry, dict | bool) for entry in document.values()):
        raise StateError(f"{local.adopted}: is not what a rehearsed adoption keeps; {hint}")
    return document


def _kept(local: LocalState, apps: Sequence[StackApp]) -> dict[str, dict[str, Any]]:
    """Return what a rehearsed adoption wrote beside the emulator's state: settings of apps, by key."""
    kept: dict[str, Any] = adopted_beside(local)
    if isinstance(kept.get("claim"), bool):  # in the form from before the setting `apps`
        claimed = [app.key for app in apps if app.kind is AppKind.SHARED_PRINCIPAL] if kept["claim"] else []
        kept = {key: {"adopted": entry} for key, entry in (kept.get("adopted") or {}).items()}
        kept |= {key: {"claim": True} for key in claimed}
        write_text(local.adopted, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return kept


def _on_the_emulator(config: dict[str, str], namespace: str, settings: Settings, local: LocalState) -> dict[str, str]:
    """Return config with the emulator in place of the tenant.

    A real tenant's objects are not there; what was adopted there is beside the emulator's state.
    """
    apps: dict[str, dict[str, Any]] = json.loads(config.get(f"{namespace}:apps") or "{}")
    declared = stack_apps(settings)
    vendors = {app.key: app.vendor for app in declared}
    kept = _kept(local, declared)
    for written, entry in apps.items():
        entry.pop("adopted", None)
        key = written.rpartition("/")[2]
        # The client id of a vendor that is not deployed is a real tenant's as well, and stays behind.
        if entry.pop("clientId", None) and key in vendors:
            entry["clientId"] = vendor_client_id(key, vendors[key])
    for key, entry in kept.items():
        written = next((written for written in apps if written.rpartition("/")[2] == key), key)
        apps[written] = {**apps.get(written, {}), **entry}
    changed = {
        **config,
        f"{namespace}:target": LOCAL,
        f"{namespace}:apps": json.dumps(apps),
        "azuread:tenantId": LOCAL_TENANT,
        "entraconsent:tenantId": LOCAL_TENANT,
    }
    changed.pop(f"{namespace}:owners", None)
    return {key: value for key, value in changed.items() if not key.startswith("azuread:") or key == "azuread:tenantId"}
