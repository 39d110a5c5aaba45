"""Rehearses a stack that nobody trusts yet: its program in a process of its own, on an emulator that is thrown away.

The emulator stands for the stack's own tenant, so that the program sees the stack exactly as it is declared.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.catalogue import AppKind
from lockstep.emulator import DEPLOYER_CLIENT_ID, Clock, Emulator, vendor_client_id
from lockstep.errors import LockstepError, UsageError
from lockstep.gate.administrator import consent
from lockstep.gate.manifest import Manifest
from lockstep.gate.real_engine import RealEngine
from lockstep.gate.repository import plain
from lockstep.gate.stack_lines import adopted_lines, exception_lines, stack_lines
from lockstep.local.door import process_door
from lockstep.local.engine import PULUMI, REHEARSAL
from lockstep.local.rehearsing import local_plugins_of
from lockstep.policy.exceptions import Exceptions
from lockstep.rehearsal import Rehearsal, Result
from lockstep.rehearsal.boundary import Registration
from lockstep.rehearsal.child import ChildProgram
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter
from lockstep.rehearsal.renaming import RenamedPlugin
from lockstep.settings.model import Settings
from lockstep.settings.project import Project
from lockstep.settings.stack_app import StackApp, stack_apps
from lockstep.settings.stack_file import read_stack
from lockstep.settings.target import LOCAL_TENANT

_PROFILES = {"old": "legacy-spfx", "both": "both-spfx"}


@dataclass(frozen=True)
class StackOutcome:
    """What a program did: the manifest, the engine's own report, and what ended the program early, if anything did."""

    manifest: Manifest
    result: Result
    registrations: tuple[Registration, ...]
    ended_early: str
    expected: Mapping[tuple[str, str], str]
    """The apps that the settings ask for, with what each is called."""

    @property
    def whole(self) -> bool:
        """Whether everything was registered and done, and nothing refused."""
        return not self.ended_early and not self.result.exit_code

    @property
    def missing(self) -> list[str]:
        """The apps that the settings ask for and the program did not register with their consents."""
        return [self.expected[key] for key in sorted(self.expected.keys() - self.manifest.apps)]


def rehearse(
    directory: Path,
    stack: str,
    packs: tuple[Path, ...] = (),
    *,
    program_by: Interpreter = INSTALLED,
    packs_by: Interpreter = INSTALLED,
    exceptions: Exceptions = Exceptions(),  # noqa: B008 (frozen)
    seconds: float = 120.0,
    using: str = REHEARSAL,
) -> StackOutcome:
    """Run a stack of the project in `directory`; UsageError when its files are refused before anything runs.

    `program_by` runs the program and `packs_by` the packs, each with the library of the tree that it comes from.
    `exceptions` are those of the base, which are in force for base and head alike. The environment of this process has
    to be free of sign-ins: the packs get it. Several may run at once.
    """
    file = directory / f"Pulumi.{stack}.yaml"
    plain(directory, "Pulumi.yaml")
    plain(directory, file.name)
    try:
        project = Project.load(directory)
        declared = read_stack(project, file)
        settings = declared.settings()
        apps = stack_apps(settings)
        beside = [*stack_lines(file, project.name), *adopted_lines(apps)]
        beside += exception_lines(exceptions, stack)
    except LockstepError as error:
        raise UsageError(str(error).replace(f"{directory}{os.sep}", "")) from None
    child = ChildProgram({"ARM_METADATA_HOSTNAME": "localhost:8443"}, seconds, program_by)
    with _emulator(settings, apps) as emulator, tempfile.TemporaryDirectory(prefix="lockstep-engine-") as folder:
        door = process_door(emulator)
        plugins = {name: _renamed(make, _inward(settings, apps)) for name, make in local_plugins_of(door).items()}
        engine: Rehearsal | RealEngine
        if using == PULUMI:
            engine = RealEngine(
                project, stack, declared.config, plugins, packs, child, packs_by, Path(folder).resolve()
            )
        else:
            engine = Rehearsal(
                directory,
                stack,
                declared.config,
                plugins=plugins,
                policy_packs=packs,
                packs_run_by=packs_by,
                runner=child,
                stops=False,
            )
        result = engine.up()
        if consent(emulator, engine.snapshot()):
            child.registrations.clear()
            result = engine.up()
        names = _names(emulator)
    return StackOutcome(
        Manifest.read(stack, settings.target, child.registrations, names, beside),
        result,
        tuple(child.registrations),
        child.failure if child.failure in result.errors else "",
        {(app.vendor, app.app.key): f"{app.name} ({app.vendor} {app.app.key})" for app in apps},
    )


def _emulator(settings: Settings, apps: Sequence[StackApp]) -> Emulator:
    """Return an emulator that has what the settings name: the SharePoint principals, and the owners."""
    profiles = [_PROFILES[app.setting.principals] for app in apps if app.setting.principals in _PROFILES]
    withdraws = any(app.setting.withdraw for app in apps)
    profile = "both-spfx" if withdraws else next(iter(profiles), "fresh")
    # Nobody but this stack changes the tenant: what is not there yet will not come, however long anybody waits for it.
    emulator = Emulator.open(profile=profile, clock=Clock(stopped=True))
    for number, owner in enumerate(settings.owners):
        row = {"id": owner, "displayName": f"Owner {number}", "userPrincipalName": f"owner{number}@local.test"}
        emulator.tenant.store.put("users", row)
    return emulator


def _inward(settings: Settings, apps: Sequence[StackApp]) -> dict[str, str]:
    """Return what the emulator calls the ids of the stack's own tenant."""
    names = {settings.tenant_id: LOCAL_TENANT}
    foreign = (app for app in apps if app.kind is AppKind.ENTERPRISE_APP)
    names |= {app.client_id: vendor_client_id(app.key, app.vendor) for app in foreign}
    return {declared: own for declared, own in names.items() if declared != own}


def _renamed(make: Callable[[], Any], inward: Mapping[str, str]) -> Callable[[], Any]:
    return (lambda: RenamedPlugin(make(), inward)) if inward else make


def _names(emulator: Emulator) -> dict[str, str]:
    """Return a name for each id that an emulator made up."""
    tenant = emulator.snapshot()
    names = {}
    for app in tenant["applications"]:
        names[app["appId"]] = f"<app id of {app['displayName']}>"
        names[app["id"]] = f"<application {app['displayName']}>"
    for principal in tenant["servicePrincipals"]:
        caller = principal["appId"] == DEPLOYER_CLIENT_ID
        names[principal["id"]] = "<whoever deploys>" if caller else f"<principal {principal['displayName']}>"
    return names
