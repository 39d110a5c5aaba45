"""The two places where an adoption happens: a local stack's emulator and a real tenant, looked at the same way."""

from __future__ import annotations

import os
import shlex
import shutil
from contextlib import ExitStack
from pathlib import Path

from lockstep.directory import Graph, open_graph
from lockstep.errors import LockstepError
from lockstep.local.backend import Handover
from lockstep.local.door import EmulatorDoor, Meter, open_door
from lockstep.local.engine import choose, driver_for, emulator_for
from lockstep.local.preflight import Entry, entries_of
from lockstep.local.pulumi_cli import PlainPulumi, import_words
from lockstep.local.report import Report
from lockstep.local.state import environment
from lockstep.local.workplace import Workplace, relative
from lockstep.provider.wording import STACK_WORDS


class LocalSite:
    """A stack on the emulator. `engine` is asked for only when something is imported."""

    def __init__(
        self, place: Workplace, report: Report, cleanup: ExitStack, *, using: str, profile: str | None
    ) -> None:
        self._place, self._report, self._using, self._profile = place, report, using, profile
        self._ways = cleanup.enter_context(ExitStack())
        self._door = self._open(self._ways.enter_context(open_door(place.local, profile)))
        Handover(place.backend).to_file()

    def entries(self) -> list[Entry]:
        """Return the resources of the local state, as a deployment document has them."""
        return entries_of(Handover(self._place.backend).latest())

    async def graph(self) -> Graph:
        """Return a client of the emulator, not yet signed in."""
        return await self._door.graph(self._place.settings.tenant_id)

    def take_in(self, document: Path) -> None:
        """Import with whichever engine runs this stack; the tenant sees reads only."""
        engine = choose(self._using, os.environ)
        self._report.engine(engine)
        self._ways.close()  # the way for reading alone; the engine may need another
        self._door = self._open(self._ways.enter_context(emulator_for(self._place, engine, self._profile)))
        meter = Meter(self._door)
        run = driver_for(self._place, self._door, engine, self._report.watch).take_in(document)
        self._report.imported(run, meter.read())

    def _open(self, door: EmulatorDoor) -> EmulatorDoor:
        self._ways.enter_context(environment({**door.env, STACK_WORDS: self._place.commands.words}))
        self._report.emulator(door)
        return door


class RealSite:
    """A stack with a real target: the caller's own sign-in, and plain Pulumi where it is installed."""

    def __init__(self, place: Workplace, report: Report) -> None:
        self._place, self._report = place, report
        self._pulumi = PlainPulumi(place.project.directory, place.pulumi_stack) if shutil.which("pulumi") else None

    def entries(self) -> list[Entry]:
        """Return the resources of the stack's state, as far as it can be read."""
        if self._pulumi is None:
            return []
        try:
            deployment = self._pulumi.export()
        except LockstepError as error:
            self._report.screen.progress(
                f"the state of {self._place.pulumi_stack} was not read, as if it were empty: {error}"
            )
            return []
        return entries_of(deployment)

    async def graph(self) -> Graph:
        """Return a client of the tenant, with the caller's sign-in."""
        return await open_graph(os.environ, self._place.settings.tenant_id)

    def take_in(self, document: Path) -> None:
        """Import with the Pulumi CLI, or say how to do it elsewhere."""
        if self._pulumi is None:
            commands = self._place.commands
            file = document.relative_to(self._place.project.directory) if commands.folder else Path(relative(document))
            words = shlex.join(import_words(file, self._place.pulumi_stack))
            self._report.screen.result(f"pulumi is not on PATH; where it is, run: `pulumi {words}{commands.cwd}`")
            return
        self._pulumi.take_in(document)
        self._report.screen.result("taken into the state by `pulumi import`; nothing in the tenant was changed")


Site = LocalSite | RealSite
"""Where a stack's tenant and its state are."""


def site_of(place: Workplace, report: Report, cleanup: ExitStack, using: str, profile: str | None) -> Site:
    """Return the place of a stack; `cleanup` closes what it opens."""
    if place.settings.is_local:
        return LocalSite(place, report, cleanup, using=using, profile=profile)
    return RealSite(place, report)
