"""`lockstep repair`: after a killed run, clears the lock and the pending operations and takes up what was made.

Works on a deployment document, so that it is the same for the rehearsal, the Pulumi CLI on the emulator and a real
tenant. Writes state only, never the tenant.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lockstep.deployment import load_state, urn_name
from lockstep.directory import Graph, open_graph
from lockstep.errors import FindingError, LockstepError, UsageError
from lockstep.local.backend import Deployment, Handover
from lockstep.local.door import open_door, run
from lockstep.local.orphans import find_orphan
from lockstep.local.pulumi_cli import PlainPulumi
from lockstep.local.report import Report
from lockstep.local.state import environment
from lockstep.local.workplace import Workplace, open_workplace, relative
from lockstep.report.screen import Screen


@dataclass
class Repair:
    """What was done, in words for a person."""

    done: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)


def repair_stack(stack: str, cwd: Path, rehearse: bool, as_json: bool) -> int:
    """Repair one stack; return the exit code."""
    report = Report(Screen(as_json=as_json), "repair", stack)
    try:
        place = open_workplace(cwd, stack, rehearse=rehearse)
        report.begin(place)
        repair = _local(place) if place.settings.is_local else _real(place)
        report.add(done=repair.done, taken=repair.taken)
        for line in repair.done or ["nothing to repair: no lock and no pending operations"]:
            report.screen.result(line)
    except (LockstepError, OSError) as error:
        report.fail(error)
    return report.end()


async def settle(deployment: Deployment, graph: Graph) -> Repair:
    """Settle the pending operations of a deployment in place: an orphan becomes a resource, the rest is dropped."""
    repair, inner = Repair(), deployment["deployment"]
    resources = inner.setdefault("resources", []) or []
    inner["resources"] = resources
    urns = {entry["urn"] for entry in resources}
    for operation in inner.pop("pending_operations", None) or []:
        resource = operation["resource"]
        name = urn_name(resource["urn"])
        orphan = None
        if operation["type"] == "creating" and resource["urn"] not in urns:
            ids = [entry.get("id", "") for entry in resources]
            orphan = await find_orphan(graph, resource["type"], resource.get("inputs") or {}, ids)
        if orphan is None:
            repair.done.append(f"cleared: {operation['type']} {name} was cut off; the next run does it again")
            continue
        # Enough for a refresh to fill in the rest.
        outputs = {**(resource.get("inputs") or {}), "id": orphan, "objectId": orphan.rpartition("/")[2]}
        resources.append({**resource, "id": orphan, "outputs": outputs})
        repair.taken.append(resource["urn"])
        repair.done.append(f"taken up: {name} ({resource['type'].rpartition(':')[2]} {orphan}), made by the killed run")
    return repair


def _local(place: Workplace) -> Repair:
    """Repair a stack on the emulator, whichever engine ran it."""
    with place.local.hold(place.stack):
        return _local_held(place)


def _local_held(place: Workplace) -> Repair:
    repair, locks = Repair(), place.backend.locks
    if holder := place.backend.holder():
        files = ", ".join(relative(lock) for lock in locks)
        raise FindingError(
            f"the stack {place.stack} is in use by {holder}; to fix: wait until that has ended, or end it; if that "
            f"machine is gone, delete {files} and run this again"
        )
    for lock in locks:
        lock.unlink(missing_ok=True)
    if locks:
        repair.done.append(f"cleared: {len(locks)} lock of a killed run")
    Handover(place.backend).to_file()
    if not load_state(place.local.state).pending:
        return repair
    from lockstep.local.rehearsing import RehearsalDriver

    with open_door(place.local, None) as door, environment(door.env):
        settled = RehearsalDriver(place, door).repair()
    for operation in settled:
        name = urn_name(operation.urn)
        if operation.adopted:
            repair.taken.append(operation.urn)
            repair.done.append(f"taken up: {name} ({operation.adopted})")
        else:
            repair.done.append(f"cleared: {operation.type} {name}; it runs again")
    return repair


def _real(place: Workplace) -> Repair:
    """Repair a stack with a real target through plain pulumi and the caller's own sign-in."""
    if shutil.which("pulumi") is None:
        raise UsageError("repair of a real target needs the Pulumi CLI, and pulumi is not on PATH; to fix: install it")
    pulumi = PlainPulumi(place.project.directory, place.pulumi_stack)
    repair = Repair()
    if pulumi.cancel():
        repair.done.append("cleared: any lock on the stack (pulumi cancel)")
    deployment = pulumi.export()
    if not deployment["deployment"].get("pending_operations"):
        return repair
    settled = run(_settle_real(place, deployment))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(deployment), encoding="utf-8")
        pulumi.import_(file)
    if settled.taken:
        pulumi.refresh(settled.taken)
    return Repair(repair.done + settled.done, settled.taken)


async def _settle_real(place: Workplace, deployment: Deployment) -> Repair:
    async with await open_graph(os.environ, place.settings.tenant_id) as graph:
        await graph.identity()  # the right tenant, before anything is read
        return await settle(deployment, graph)
