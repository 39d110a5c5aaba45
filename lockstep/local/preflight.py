"""Looks before `up` leaps: is every application of the stack free to be made, or the stack's own?

Reads the ids that a stack's state has on record, which every command identifies by, and asks the tenant; changes
neither. Everything that stands in the way comes in one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.audit.standing import AppStanding, described, standing_of, way_on
from lockstep.audit.subjects import AuditPlan, of_stack
from lockstep.directory import Graph
from lockstep.directory.consents import SURE
from lockstep.directory.identification import RecordedIds, identify
from lockstep.directory.reading import read_tenant
from lockstep.errors import RefusedError
from lockstep.local.backend import Handover
from lockstep.local.workplace import Workplace
from lockstep.resource_types import APPLICATION, SERVICE_PRINCIPAL

Entry = Mapping[str, Any]
"""A resource of a deployment document, as `pulumi stack export` has it."""


def entries_of(deployment: Mapping[str, Any]) -> list[Entry]:
    """Return the resources of a deployment document; none of one that is empty."""
    return list((deployment.get("deployment") or {}).get("resources") or ())


def recorded_ids(entries: Iterable[Entry]) -> dict[str, RecordedIds]:
    """Return the ids that a state has for each registered app, by the app's documented name."""
    objects: dict[tuple[str, str], Entry] = {
        (str(entry.get("type")), str(entry.get("urn")).rpartition("::")[2]): entry
        for entry in entries
        if not entry.get("delete")  # one that a replacement has still to delete
    }
    recorded = {}
    for (type_, name), entry in objects.items():
        if type_ == APPLICATION:
            client = (entry.get("outputs") or {}).get("clientId")
            principal = _object_id(objects.get((SERVICE_PRINCIPAL, name), {}))
            recorded[name] = RecordedIds(_object_id(entry), str(client or "").lower(), principal)
    return recorded


def stack_plan(place: Workplace, entries: Iterable[Entry]) -> AuditPlan:
    """Return what the stack looks for in its tenant, with the ids that its state has."""
    return of_stack(place.settings, place.commands).with_recorded(recorded_ids(entries))


async def refuse_clashes(graph: Graph, place: Workplace) -> None:
    """Raise RefusedError, naming every app that is not the stack's own, and every one on record that is not there."""
    deployment = Handover(place.backend).latest()
    plan = stack_plan(place, entries_of(deployment))
    reading = await read_tenant(graph, plan.sought, deleted=True, patience=SURE)
    identified = identify(plan.sought, reading, plan.names)
    pending = bool((deployment.get("deployment") or {}).get("pending_operations"))
    if clashes := [entry for entry in identified if standing_of(entry) in CLASHES]:
        repair = f"; if a run was cut off: `{plan.commands.repair}`"
        count = "1 application" if len(clashes) == 1 else f"{len(clashes)} applications"
        raise RefusedError(
            f"refused: {count} of this stack's names exist in the tenant and are not in its state:"
            f" {', '.join(sorted(map(described, clashes)))}; nothing was changed; to fix: take them over with"
            f" `{plan.commands.adopt}`, or set nameSuffix for a second environment{repair if pending else ''}"
        )
    if broken := [entry for entry in identified if standing_of(entry) is not AppStanding.SETTLED]:
        reasons = (f"{described(entry)}; to fix: {way_on(entry, plan.commands)}" for entry in broken)
        raise RefusedError(f"refused: {'; '.join(reasons)}")


CLASHES = (AppStanding.UNKNOWN, AppStanding.AMBIGUOUS, AppStanding.PRINCIPAL_UNKNOWN)
"""What an adoption settles: something is there that the state does not have."""


def _object_id(entry: Entry) -> str:
    return str(entry.get("id") or "").rpartition("/")[2].lower()
