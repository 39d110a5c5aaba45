"""`lockstep audit`: where tenants stand against what vendors document. Reads, and writes the files that it is told to.

One tenant's failure never stops the others. Exit code 3 when one could not be audited, else 1 for findings.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lockstep import __version__
from lockstep.audit.compare import Change, compare, read_document
from lockstep.audit.document import FORMAT, TIME, failed_document, tenant_document
from lockstep.audit.evidence import evidence
from lockstep.audit.permissions import Status
from lockstep.audit.rules import RULES, SEVERITIES
from lockstep.audit.tenant import TenantAudit, audit
from lockstep.audit.who import with_authors
from lockstep.errors import LockstepError, UsageError
from lockstep.local.door import run
from lockstep.local.tenants import Source, Wanted, sources
from lockstep.report import Finding, Findings
from lockstep.report.markdown import Section
from lockstep.report.outputs import Outputs
from lockstep.report.screen import Screen
from lockstep.report.text import visible

AT_ONCE = 4  # tenants; each is throttled by itself
_FAILED = 3


@dataclass
class Result:
    """What became of one tenant."""

    source: Source
    audit: TenantAudit | None = None
    error: str = ""
    changes: list[Change] = field(default_factory=list)
    note: str = ""

    def findings(self) -> tuple[Finding, ...]:
        """Return the tenant's findings; one that says so where it could not be read."""
        if self.audit is not None:
            return self.audit.findings
        subject = f"tenant {self.source.tenant}"
        facts = {"tenant": self.source.tenant}
        return (Finding("tenant-not-audited", SEVERITIES["tenant-not-audited"], self.error, subject, properties=facts),)

    def document(self) -> dict[str, Any]:
        """Return the tenant's part of the evidence."""
        if self.audit is None:
            return failed_document(self.source.tenant, self.error, stack=self.source.stack)
        place = self.source.place
        decided = [each.model_dump(by_alias=True) for each in place.settings.withhold] if place else []
        return {**tenant_document(self.audit, stack=self.source.stack), "withhold": decided}


def audit_tenants(wanted: Wanted, earlier: Path | None, outputs: Outputs) -> int:
    """Audit every tenant that is wanted; return the exit code."""
    screen = Screen(as_json=outputs.as_json)
    before = _read(earlier) if earlier else None
    now = datetime.now(UTC)
    under = evidence(wanted.project, now.date())
    with ExitStack() as cleanup:
        found = sources(wanted, cleanup)
        target = found[0].target if len(found) == 1 else f"target: {len(found)} tenants"
        screen.progress(target, "bold")
        results = run(_all(found, now, before, screen))
    code = _give(screen, outputs, results, {"time": now.strftime(TIME), **under}, compared=before is not None)
    screen.progress(f"{target}: audit {'done' if not code else f'exit code {code}'}", "bold")
    return code


async def _all(found: Sequence[Source], now: datetime, before: Any, screen: Screen) -> list[Result]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(source: Source) -> Result:
        async with gate:
            result = await _one(source, now, before, screen)
        if len(found) > 1:
            screen.progress(f"{source.target}: {visible(result.error) or 'read'}")
        return result

    return list(await asyncio.gather(*map(one, found)))


async def _one(source: Source, now: datetime, before: Any, screen: Screen) -> Result:
    result = Result(source)
    try:
        async with source.graph(lambda text: screen.progress(f"  {text}")) as graph:
            result.audit = await audit(graph, source.plan, now)
            if before is not None:
                changes = compare(before, {"tenants": [result.document()]})
                result.changes, result.note = await with_authors(graph, changes, str(before["time"]))
    except LockstepError as error:
        result.audit, result.error = None, " ".join(str(error).split())
    return result


def _give(
    screen: Screen, outputs: Outputs, results: Sequence[Result], under: Mapping[str, Any], *, compared: bool
) -> int:
    done = [result for result in results if result.audit is not None]
    for result in done:
        _table(screen, result, several=len(results) > 1)
    if compared:
        _show_changes(screen, results)
    rows = sum(len(app.permissions.rows) for result in done if result.audit for app in result.audit.apps)
    findings = Findings(
        "audit",
        __version__,
        RULES,
        tuple(finding for result in results for finding in result.findings()),
        {"permissions": rows, "tenants": len(results)},
    )
    extra: dict[str, Any] = {"format": FORMAT, **under, "tenants": [result.document() for result in results]}
    if compared:
        extra["changes"] = [change.document() for result in results for change in result.changes]
        extra["notes"] = [result.note for result in results if result.note]
    if len(done) < len(results):
        extra["exitCode"] = _FAILED
    code = outputs.give(screen, findings, sections=_sections(results, compared=compared), extra=extra)
    return _FAILED if len(done) < len(results) else code


_COLUMNS = {
    "as documented": (Status.AS_DOCUMENTED,),
    "missing": (Status.MISSING,),
    "beyond": (Status.EXTRA, Status.WRONG_TYPE, Status.UNDOCUMENTED_API),
    "withheld": (Status.WITHHELD,),
    "tolerated": (Status.TOLERATED,),
    "foreign": (Status.FOREIGN,),
}


def _table(screen: Screen, result: Result, *, several: bool) -> None:
    audit = result.audit
    assert audit is not None  # noqa: S101  (the caller has looked)
    if several:
        name = f" ({visible(audit.observed.tenant_name)})" if audit.observed.tenant_name else ""
        screen.result(f"tenant {audit.observed.tenant_id}{name}", "bold")
    screen.table(("app", "mode", "state", *_COLUMNS), _rows(audit))
    by = ", ".join(f"{edition.vendor} {edition.id}" for edition in audit.plan.editions)
    screen.result(f"by {by}; {audit.observed.requests} requests, nothing written")


def _rows(audit: TenantAudit) -> list[tuple[str, ...]]:
    return [
        (
            visible(app.found.name),
            "additive" if app.additive else "exact",
            app.found.state.value,
            *(str(sum(len(app.permissions.of(each)) for each in statuses)) for statuses in _COLUMNS.values()),
        )
        for app in audit.apps
    ]


def _change_lines(results: Sequence[Result]) -> list[str]:
    lines = []
    for change in (change for result in results for change in result.changes):
        state = " -> ".join(part for part in (change.before, change.after) if part)
        lines.append(f"{change.sign} {visible(change.app)}: {change.what} {visible(change.name)} ({visible(state)})")
        lines += [f"    {event.time} {visible(event.activity)} by {visible(event.by)}" for event in change.events]
    return lines


def _show_changes(screen: Screen, results: Sequence[Result]) -> None:
    lines = _change_lines(results)
    screen.result("changed since then:" if lines else "nothing has changed since then", "bold")
    for line in lines:
        screen.result(line, {"+": "green", "-": "red", "~": "yellow"}.get(line[:1], ""))
    for result in results:
        if result.note:
            screen.progress(f"who did it is not known: {result.note}", "yellow")


def _sections(results: Sequence[Result], *, compared: bool) -> list[Section]:
    sections = []
    for result in results:
        if result.audit is not None:
            heads = ("app", "mode", "state", *_COLUMNS)
            lines = [" | ".join(cells) for cells in (heads, *_rows(result.audit))]
            sections.append(Section(f"Tenant {result.source.tenant}", lines))
    if compared:
        sections.append(Section("Changed since then", _change_lines(results) or ["nothing"], "diff"))
    return sections


def _read(path: Path) -> Any:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(f"--compare {path}: cannot be read: {error}") from None
    return read_document(document, str(path))
