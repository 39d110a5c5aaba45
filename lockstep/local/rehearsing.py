"""Runs a stack by rehearsal: in process, against the emulator behind a door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lockstep.deployment import StateResource, load_state
from lockstep.local.door import EmulatorDoor, run
from lockstep.local.orphans import find_orphan
from lockstep.local.runs import Run, StepRecord, Verb
from lockstep.local.workplace import Workplace
from lockstep.rehearsal import (
    Op,
    Progress,
    Rehearsal,
    Repaired,
    Result,
    Step,
    local_plugins,
    read_import_document,
)

Watch = Callable[[Progress], None]


class RehearsalDriver:
    """One local stack, rehearsed."""

    def __init__(self, place: Workplace, door: EmulatorDoor, watch: Watch | None = None) -> None:
        self._place = place
        self._door = door
        self._watch = watch

    def run(self, verb: Verb, *, quiet: bool = False) -> Run:
        """Rehearse the verb; each is the name of its method."""
        operation: Callable[[], Result] = getattr(self._rehearsal(quiet), verb)
        return run_of(operation())

    def take_in(self, document: Path) -> Run:
        """Import what a document names into the state."""
        return run_of(self._rehearsal().import_(read_import_document(document)))

    def repair(self) -> list[Repaired]:
        """Settle what a killed run left."""
        return self._rehearsal().repair(self._find)

    def _find(self, resource: StateResource) -> str | None:
        """Return what a killed create left, whichever engine was killed."""
        snapshot = load_state(self._place.local.state)
        ids = [entry.id for entry in snapshot.resources]

        async def find() -> str | None:
            async with await self._door.graph(self._place.settings.tenant_id) as graph:
                return await find_orphan(graph, resource.type, resource.inputs, ids)

        return run(find())

    def _rehearsal(self, quiet: bool = False) -> Rehearsal:
        place = self._place
        return Rehearsal(
            place.project.directory,
            place.stack,
            place.config,
            plugins=local_plugins_of(self._door),
            state=place.local.state,
            policy_packs=place.packs,
            on_progress=None if quiet else self._watch,
        )


def local_plugins_of(door: EmulatorDoor) -> dict[str, Any]:
    """Return what makes the plugins of a rehearsal behind a door."""
    return local_plugins(door.transport, door.env, door.waiting, door.client)


def run_of(result: Result) -> Run:
    """Return what a rehearsal did, in the words of both engines."""
    return Run(
        operation=result.operation,
        steps=[_record(step) for step in result.steps],
        diagnostics=[
            {"severity": entry.severity, "message": entry.message, "urn": entry.urn} for entry in result.diagnostics
        ],
        violations=[
            {"pack": v.pack, "policy": v.policy, "level": v.level, "message": v.message, "urn": v.urn}
            for v in result.violations
        ],
        outputs=result.outputs,
        exit_code=result.exit_code,
    )


def _record(step: Step) -> StepRecord:
    deleting = step.op in (Op.DELETE, Op.DELETE_REPLACED, Op.DISCARD)
    return StepRecord(
        op=str(step.op),
        urn=step.urn,
        type=step.type,
        name=step.name,
        old=step.old_outputs,
        inputs={} if deleting else step.new_inputs,
        outputs={} if deleting else step.outputs or step.old_outputs,
        diffs=sorted(step.detailed_diff) or step.diffs,
        outcome=step.outcome,
        error=step.error,
    )
