"""`lockstep up`, `preview`, `refresh` and `destroy`: one run of one engine on the emulator, and what to say about it.

Order: check the settings, choose the engine, open the emulator, look for clashes, run, read back, report.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from lockstep.audit.standing import StackCommands
from lockstep.deployment import load_state
from lockstep.errors import FindingError, LockstepError
from lockstep.local.backend import Handover
from lockstep.local.door import EmulatorDoor, Meter, run
from lockstep.local.engine import Engine, choose, driver_for, emulator_for
from lockstep.local.preflight import entries_of, recorded_ids, refuse_clashes
from lockstep.local.pulumi_cli import PulumiDriver
from lockstep.local.report import Report
from lockstep.local.runs import Run, Verb
from lockstep.local.state import environment
from lockstep.local.verify import Reader, Verification, VerifiedApp
from lockstep.local.workplace import Workplace, open_workplace, refuse_real
from lockstep.provider.wording import STACK_WORDS
from lockstep.report.screen import Screen
from lockstep.settings.stack_app import stack_apps

_LATE = (0.5, 1.5, 3.0)  # seconds between two read-backs, for what a late replica does not show at once


@dataclass(frozen=True)
class RunOptions:
    """The words of the command line."""

    verb: Verb
    stack: str = "dev"
    cwd: Path = field(default_factory=Path)
    rehearse: bool = False
    profile: str | None = None
    using: str = "auto"
    expect_no_changes: bool = False
    verbose: bool = False
    as_json: bool = False


def deploy(options: RunOptions) -> int:
    """Run one verb; return the exit code."""
    screen = Screen(as_json=options.as_json)
    report = Report(screen, options.verb, options.stack, quiet=options.verb == "up" and not options.verbose)
    try:
        place = open_workplace(options.cwd, options.stack, rehearse=options.rehearse)
        report.begin(place)
        refuse_real(place, options.verb)
        engine = choose(options.using, os.environ)
        report.engine(engine)
        _operate(options, place, engine, report)
    except (LockstepError, OSError) as error:
        report.fail(error)
    return report.end()


def _operate(options: RunOptions, place: Workplace, engine: Engine, report: Report) -> None:
    with ExitStack() as cleanup:
        if options.verb != "preview":
            cleanup.enter_context(place.local.hold(place.stack))
        door = cleanup.enter_context(emulator_for(place, engine, options.profile))
        cleanup.enter_context(environment({**door.env, STACK_WORDS: place.commands.words}))
        report.emulator(door)
        meter = Meter(door)
        driver = driver_for(place, door, engine, report.watch)
        if options.verb in ("up", "preview"):
            if not isinstance(driver, PulumiDriver) and load_state(place.local.state).pending:
                # What a killed rehearsal left is settled first, lest its orphans be taken for somebody else's.
                driver.repair()
            run(_look(place, door))
        result = _run(options, place.commands, driver.run, report)
        rows = run(_read_back(place, door)) if options.verb == "up" and not result.exit_code else []
        report.done(result, meter.read(), rows)


async def _look(place: Workplace, door: EmulatorDoor) -> None:
    async with await door.graph(place.settings.tenant_id) as graph:
        await refuse_clashes(graph, place)


def _run(options: RunOptions, commands: StackCommands, run_engine: Callable[..., Run], report: Report) -> Run:
    if options.verb != "up":
        result = run_engine(options.verb)
        return result if options.verb == "destroy" else _expect(options, commands, result)
    planned = run_engine("preview", quiet=True)
    if planned.exit_code:
        planned.operation = "up"
        return planned
    if options.expect_no_changes and planned.changed:
        return _expect(options, commands, planned)
    report.plan(planned)
    return run_engine("up", quiet=report.quiet)


def _expect(options: RunOptions, commands: StackCommands, run: Run) -> Run:
    if options.expect_no_changes and run.changed and not run.exit_code:
        names = sorted({step.name for step in run.steps if step.changes})
        raise FindingError(f"--expect-no-changes: these differ: {', '.join(names)}; `{commands.preview}` shows how")
    return run


async def _read_back(place: Workplace, door: EmulatorDoor) -> list[VerifiedApp]:
    recorded = recorded_ids(entries_of(Handover(place.backend).latest()))
    client_ids = {name: ids.app_id for name, ids in recorded.items()}
    async with Reader(door.client(), door.env, door.waiting.sleep) as reader:
        for pause in (*_LATE, 0.0):
            verification = Verification(reader, client_ids, place.commands)
            rows = await verification.rows(stack_apps(place.settings))
            if not pause or all(row.agrees for row in rows):
                break
            await door.waiting.sleep(pause)
        return rows
