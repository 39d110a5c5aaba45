"""The audit of one tenant: read, then judge. The only place where the two meet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lockstep.audit.findings import findings
from lockstep.audit.judge import AppAudit, judge
from lockstep.audit.subjects import AuditPlan
from lockstep.directory import Graph, Identity
from lockstep.directory.reading import read_tenant
from lockstep.directory.records import TenantReading
from lockstep.report import Finding


@dataclass(frozen=True)
class TenantAudit:
    """One tenant at one moment, and who looked."""

    plan: AuditPlan
    reading: TenantReading
    apps: tuple[AppAudit, ...]
    findings: tuple[Finding, ...]
    caller: Identity


async def audit(graph: Graph, plan: AuditPlan, now: datetime) -> TenantAudit:
    """Return the audit of the tenant that `graph` is for; LockstepError where it cannot be read. Writes nothing."""
    reading = await read_tenant(graph, plan.sought, details=True)
    apps = judge(plan, reading, now)
    lines = findings(apps, reading)
    return TenantAudit(plan, reading, tuple(apps), tuple(lines), await graph.identity())
