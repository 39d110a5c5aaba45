"""What the tenant says: who is signed in, what that caller lacks, both SharePoint principals, what is there already.

Two batches of reads at most. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lockstep.audit.identify import Identified, State, identify
from lockstep.audit.reading import read
from lockstep.audit.records import Observed
from lockstep.audit.subjects import Plan, question
from lockstep.catalogue import AppKind
from lockstep.directory import Graph, Identity
from lockstep.directory.rights import NAMES, TASKS, lacking
from lockstep.errors import LockstepError
from lockstep.local.doctor.check import Check, fail, ok, warn
from lockstep.local.doctor.machine import State as StackState
from lockstep.local.doctor.machine import words
from lockstep.local.workplace import Workplace


@dataclass(frozen=True)
class Seen:
    """What the tenant showed; nothing where nobody could ask it."""

    identity: Identity | None = None
    found: tuple[Identified, ...] = ()
    observed: Observed | None = None
    error: str = ""


async def look(graph: Graph, plan: Plan) -> Seen:
    """Read what there is of the stack's apps, without their consents."""
    identity: Identity | None = None
    try:
        identity = await graph.identity()
        observed = await read(graph, question(plan.subjects, graph.tenant_id), lambda _: ((), ()), details=False)
    except LockstepError as error:
        return Seen(identity, error=" ".join(str(error).split()))
    return Seen(identity, tuple(identify(plan.subjects, observed)), observed)


def check_identity(seen: Seen, tenant: str) -> Check:
    """Say who is signed in, and in which tenant."""
    if seen.identity is None:
        found, _, fix = seen.error.partition("; to fix: ")
        return fail("sign-in", found, fix or f"az login --tenant {tenant} --allow-no-subscriptions")
    who = seen.identity
    kind = "user" if who.is_user else "application"
    name = f"{kind} {who.name or who.object_id}"
    of = f" {seen.observed.tenant_name!r}" if seen.observed and seen.observed.tenant_name else ""
    held = [NAMES[role] for role in sorted(who.roles or ()) if role in NAMES]
    roles = f", {' and '.join(held)}" if held else ""
    return ok("sign-in", f"{name} (object id {who.object_id}{roles}) in tenant{of} {who.tenant_id}")


def check_right(identity: Identity, task: str) -> Check:
    """Say what the caller lacks for a task."""
    name = f"right to {task}"
    missing = lacking(identity, task)
    if missing is None:
        return warn(name, "the token does not say which directory roles it has", "see docs/first-hour.md for the roles")
    if missing:
        fix = "have it given, then sign in again" if identity.is_user else "consent to it, then sign in again"
        return warn(name, f"lacks {', '.join(missing)}", fix)
    return ok(name, "yes, as far as the token says")


def check_rights(seen: Seen) -> list[Check]:
    """Say what the caller lacks for each task."""
    return [check_right(seen.identity, task) for task in TASKS] if seen.identity else []


def check_reading(seen: Seen) -> Check | None:
    """Say why the tenant could not be read, if it could not."""
    if seen.identity is None or seen.observed is not None:
        return None
    found, _, fix = seen.error.partition("; to fix: ")
    return fail("tenant", found, fix or "give the caller the right to audit")


def check_shared(seen: Seen) -> list[Check]:
    """Say whether each principal that the stack shares with others is there, and whether that is enough for it."""
    checks: list[Check] = []
    groups: dict[str, list[Identified]] = {}
    for each in seen.found:
        if each.subject.expected.kind is AppKind.SHARED_PRINCIPAL:
            groups.setdefault(each.subject.app.key, []).append(each)
    for group in groups.values():
        expected = group[0].subject.expected
        alone = expected.one_of and all(each.state is not State.PRESENT for each in group)
        for each in group:
            checks.append(_shared(each, each.principal_key in expected.required or alone))
    return checks


def _shared(each: Identified, needed: bool) -> Check:
    name = f"SharePoint {each.principal_key} principal"
    if each.state is State.PRESENT:
        return ok(name, f"present ({each.name})")
    if not needed:
        return ok(name, f"{each.state.value}, which is fine here ({each.name})")
    if each.state is State.DISABLED:
        return warn(name, f"disabled ({each.name})", "Enable-SPOTenantServicePrincipal, or sharepoint: later")
    fix = "open SharePoint admin center > Advanced > API access once, or set sharepoint: later"
    return warn(name, f"absent ({each.name}): everything else can be deployed", fix)


def existing(found: Sequence[Identified]) -> list[Identified]:
    """Return the registrations that the tenant has already."""
    return [e for e in found if e.subject.expected.kind is AppKind.REGISTRATION and e.state is not State.ABSENT]


def clashing(seen: Seen, state: StackState) -> list[Identified]:
    """Return the registrations of the stack's names that are there and are not the stack's own."""
    return [
        e for e in existing(seen.found) if e.application is None or e.application.object_id not in state.applications
    ]


def check_names(seen: Seen, state: StackState, place: Workplace) -> list[Check]:
    """Say which names are taken, which apps only look like ours, and what that makes of the tenant."""
    if seen.observed is None:
        return []
    checks = [_kind(seen, state)]
    clashes = clashing(seen, state)
    if clashes:
        names = ", ".join(
            f"{e.name} ({e.application.app_id if e.application else ', '.join(e.candidates)})" for e in clashes
        )
        if state.known:
            fix = f"lockstep adopt {words(place)}, or nameSuffix for a second environment"
            checks.append(fail("names", f"taken by applications that this stack does not know: {names}", fix))
        else:
            checks.append(warn("names", f"there already, and the state is not known: {names}", "see `state` above"))
    else:
        checks.append(ok("names", "none is taken by another application"))
    alike = [other for e in seen.found for other in e.look_alikes if not other.environment]
    if alike:
        named = ", ".join(f"{other.name!r} ({other.app_id})" for other in alike)
        checks.append(warn("look-alikes", named, f"lockstep audit {words(place)} says what is known of them"))
    return checks


def _kind(seen: Seen, state: StackState) -> Check:
    there = existing(seen.found)
    others = [e for e in seen.found if e.subject.expected.kind is AppKind.ENTERPRISE_APP and e.state is State.PRESENT]
    if not there and not others:
        return ok("tenant", "new: it has none of this stack's applications")
    total = sum(e.subject.expected.kind is not AppKind.SHARED_PRINCIPAL for e in seen.found)
    own = len(there) - len(clashing(seen, state))
    known = f", {own} of them this stack's own" if state.known else ""
    return ok("tenant", f"existing: it has {len(there) + len(others)} of {total} applications{known}")
