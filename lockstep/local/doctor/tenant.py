"""What the tenant says: who is signed in, what that caller lacks, both SharePoint principals, what is there already.

A few batches of reads. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lockstep.audit.standing import AppStanding, described, standing_of, way_on
from lockstep.audit.subjects import AuditPlan
from lockstep.catalogue import AppKind
from lockstep.directory import Graph, Identity
from lockstep.directory.identification import AppState, Identified, identify
from lockstep.directory.reading import read_tenant
from lockstep.directory.records import TenantReading
from lockstep.directory.rights import NAMES, TASKS, lacking
from lockstep.errors import LockstepError
from lockstep.local.doctor import Check, fail, ok, warn
from lockstep.local.doctor.machine import StackState, words
from lockstep.local.preflight import CLASHES, stack_commands
from lockstep.local.workplace import Workplace


@dataclass(frozen=True)
class TenantLook:
    """What the tenant showed; nothing where nobody could ask it."""

    identity: Identity | None = None
    plan: AuditPlan | None = None
    reading: TenantReading | None = None
    error: str = ""

    def identified(self, state: StackState) -> list[Identified]:
        """Return what stands for each app of the stack, by the ids in its state."""
        if self.plan is None or self.reading is None:
            return []
        return identify(self.plan.with_recorded(state.recorded).sought, self.reading, self.plan.names)

    def lacks(self, state: StackState) -> bool:
        """Whether an application of the state was not among what was asked for, and has to be asked for by its id."""
        ids = [ids.object_id for ids in state.recorded.values()]
        return self.reading is not None and any(self.reading.application(ident) is None for ident in ids)


async def look(graph: Graph, plan: AuditPlan) -> TenantLook:
    """Read what there is of the stack's apps, without their consents."""
    identity: Identity | None = None
    try:
        identity = await graph.identity()
        reading = await read_tenant(graph, plan.sought, deleted=True)
    except LockstepError as error:
        return TenantLook(identity, error=" ".join(str(error).split()))
    return TenantLook(identity, plan, reading)


def check_caller(look: TenantLook, tenant: str) -> list[Check]:
    """Say who is signed in, in which tenant, what the caller lacks for each task, and why it could not be read."""
    problem, _, fix = look.error.partition("; to fix: ")
    who = look.identity
    if who is None:
        return [fail("sign-in", problem, fix or f"az login --tenant {tenant} --allow-no-subscriptions")]
    name = f"{'user' if who.is_user else 'application'} {who.name or who.object_id}"
    of = f" {look.reading.tenant_name!r}" if look.reading and look.reading.tenant_name else ""
    held = [NAMES[role] for role in sorted(who.roles or ()) if role in NAMES]
    roles = f", {' and '.join(held)}" if held else ""
    checks = [ok("sign-in", f"{name} (object id {who.object_id}{roles}) in tenant{of} {who.tenant_id}")]
    checks += [_right(who, task) for task in TASKS]
    return checks if look.reading else [*checks, fail("tenant", problem, fix or "give the caller the right to audit")]


def _right(identity: Identity, task: str) -> Check:
    name = f"right to {task}"
    missing = lacking(identity, task)
    if missing is None:
        return warn(name, "the token does not say which directory roles it has", "see docs/first-hour.md for the roles")
    if missing:
        fix = "have it given, then sign in again" if identity.is_user else "consent to it, then sign in again"
        return warn(name, f"lacks {', '.join(missing)}", fix)
    return ok(name, "yes, as far as the token says")


def check_shared(identified: Iterable[Identified], plan: AuditPlan | None) -> list[Check]:
    """Say whether each principal that the stack shares with others is there, and whether that is enough for it."""
    checks: list[Check] = []
    for app in plan.apps if plan else ():
        if app.kind is AppKind.SHARED_PRINCIPAL:
            group = [entry for entry in identified if entry.sought.key == app.key]
            alone = app.one_of and all(entry.state is not AppState.PRESENT for entry in group)
            required = app.required
            checks += [_shared(entry, entry.principal_key in required or alone) for entry in group]
    return checks


def _shared(identified: Identified, needed: bool) -> Check:
    name = f"SharePoint {identified.principal_key} principal"
    if identified.state is AppState.PRESENT:
        return ok(name, f"present ({identified.name})")
    if not needed:
        return ok(name, f"{identified.state.value}, which is fine here ({identified.name})")
    if identified.state is AppState.DISABLED:
        return warn(name, f"disabled ({identified.name})", "Enable-SPOTenantServicePrincipal, or principals: later")
    fix = "open SharePoint admin center > Advanced > API access once, or set principals: later"
    return warn(name, f"absent ({identified.name}): everything else can be deployed", fix)


def existing(identified: Iterable[Identified]) -> list[Identified]:
    """Return the registrations that the tenant has already."""
    return [e for e in identified if e.sought.kind is AppKind.REGISTRATION and e.state is not AppState.ABSENT]


def check_names(identified: Sequence[Identified], state: StackState, place: Workplace) -> list[Check]:
    """Say which names are taken, what of the state is not there, and which apps only look like ours."""
    if not identified:
        return []
    checks = [_kind(identified, state)]
    clashes = [entry for entry in identified if standing_of(entry) in CLASHES]
    if clashes:
        names = ", ".join(map(described, clashes))
        if state.known:
            fix = f"lockstep adopt {words(place)}, or nameSuffix for a second environment"
            checks.append(fail("names", f"taken by applications that this stack does not know: {names}", fix))
        else:
            checks.append(warn("names", f"there already, and the state is not known: {names}", "see `state` above"))
    else:
        checks.append(ok("names", "none is taken by another application"))
    for entry in identified:
        if standing_of(entry) not in (*CLASHES, AppStanding.SETTLED):
            checks.append(fail("ids", described(entry), way_on(entry, stack_commands(place))))
    alike = [other for entry in identified for other in entry.look_alikes if not other.environment]
    if alike:
        named = ", ".join(f"{other.name!r} ({other.app_id})" for other in alike)
        checks.append(warn("look-alikes", named, f"lockstep audit {words(place)} says what is known of them"))
    return checks


def _kind(identified: Sequence[Identified], state: StackState) -> Check:
    there = existing(identified)
    others = [e for e in identified if e.sought.kind is AppKind.ENTERPRISE_APP and e.state is AppState.PRESENT]
    if not there and not others:
        return ok("tenant", "new: it has none of this stack's applications")
    total = sum(entry.sought.kind is not AppKind.SHARED_PRINCIPAL for entry in identified)
    own = sum(entry.recorded and entry.lost is None for entry in there)
    ours = f", {own} of them this stack's own" if state.known else ""
    return ok("tenant", f"existing: it has {len(there) + len(others)} of {total} applications{ours}")
