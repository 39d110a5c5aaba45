"""The audit of one tenant: read, then judge. The only place where the two meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lockstep.audit.findings import findings
from lockstep.audit.identify import identify
from lockstep.audit.judge import AppAudit, judge
from lockstep.audit.reading import read
from lockstep.audit.records import Application, Observed, ServicePrincipal
from lockstep.audit.subjects import Plan, Subject, question
from lockstep.directory import Graph, Identity
from lockstep.report import Finding


@dataclass(frozen=True)
class TenantAudit:
    """One tenant at one moment, and who looked."""

    plan: Plan
    observed: Observed
    apps: tuple[AppAudit, ...]
    findings: tuple[Finding, ...]
    caller: Identity
    time: datetime


async def audit(graph: Graph, plan: Plan, now: datetime) -> TenantAudit:
    """Return the audit of the tenant that `graph` is for; LockstepError where it cannot be read. Writes nothing."""
    observed = await observe(graph, plan.subjects)
    apps = judge(plan.subjects, observed, now)
    found = findings(apps, observed)
    return TenantAudit(plan, observed, tuple(apps), tuple(found), await graph.identity(), now)


async def observe(graph: Graph, subjects: Sequence[Subject], *, deleted: bool = False) -> Observed:
    """Return what the tenant shows of these apps: all that look like them, and what those that are ours hold.

    With `deleted` those among the deleted items too.
    """

    def ours(observed: Observed) -> tuple[list[Application], list[ServicePrincipal]]:
        found = identify(subjects, observed)
        return [e.application for e in found if e.application], [e.principal for e in found if e.principal]

    return await read(graph, replace(question(subjects, graph.tenant_id), deleted=deleted), ours)
