"""Runs an audit or a capture of tenants, shows it, and writes the files that the caller named.

One tenant's failure never stops the others. An audit ends with 3 when a tenant could not be audited, else with 1 for
findings. Where the tenants are and how to sign in there is the caller's to know: see `TenantSource`.

The evidence says what an audit was made under: the project's commit, the exceptions and approvals that it has.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from lockstep import __version__
from lockstep.audit.capture import capture
from lockstep.audit.compare import MAKE_ONE, TenantChange, compare, read_document, replacements
from lockstep.audit.document import FORMAT, TIME, AuditDocument, AuditedTenant, failed_document, tenant_document
from lockstep.audit.findings import RULES, SEVERITIES
from lockstep.audit.permissions import Status
from lockstep.audit.subjects import AuditPlan
from lockstep.audit.tenant import TenantAudit, audit
from lockstep.audit.who import with_authors
from lockstep.catalogue import AppKind
from lockstep.directory import Graph
from lockstep.errors import LockstepError, UsageError
from lockstep.event_loop import run_to_end
from lockstep.report import Finding, Findings
from lockstep.report.markdown import Section
from lockstep.report.outputs import Outputs
from lockstep.report.screen import Screen
from lockstep.report.text import visible
from lockstep.text_file import read_json
from lockstep.yaml_file import read_yaml

AT_ONCE = 4  # tenants; each is throttled by itself
_FAILED = 3
_FILES = {"exceptions": "policy/exceptions.yaml", "approvals": "policy/approvals.yaml"}


class TenantSource(Protocol):
    """One tenant to read, and the way there."""

    @property
    def tenant(self) -> str:
        """The tenant's id."""

    @property
    def target(self) -> str:
        """The tenant in words, for the first and the last line of a command."""

    @property
    def plan(self) -> AuditPlan:
        """What is expected of the tenant."""

    @property
    def stack(self) -> str | None:
        """The stack whose tenant it is, if it is a stack's."""

    @property
    def withheld(self) -> Sequence[Mapping[str, Any]]:
        """The decisions of the stack to withhold permissions, as the evidence records them."""

    def graph(self, on_wait: Callable[[str], None] | None = None) -> AbstractAsyncContextManager[Graph]:
        """Open a signed-in client."""


@dataclass
class TenantResult:
    """What became of one tenant."""

    source: TenantSource
    audit: TenantAudit | None = None
    error: str = ""
    changes: list[TenantChange] = field(default_factory=list)
    note: str = ""

    def findings(self) -> tuple[Finding, ...]:
        """Return the tenant's findings; one that says so where it could not be read."""
        if self.audit is not None:
            lines = self.audit.findings
            by_record = {line.properties.get("clientId") for line in lines if line.rule == "app-replaced"}
            replaced = replacements(self.changes, self.source.plan.commands)
            by_audit = [line for line in replaced if line.properties["clientId"] not in by_record]
            return (*by_audit, *lines)
        subject = f"tenant {self.source.tenant}"
        facts = {"tenant": self.source.tenant}
        return (Finding("tenant-not-audited", SEVERITIES["tenant-not-audited"], self.error, subject, properties=facts),)

    def document(self) -> AuditedTenant:
        """Return the tenant's part of the evidence."""
        if self.audit is None:
            return failed_document(self.source.tenant, self.error, stack=self.source.stack)
        part = tenant_document(self.audit, stack=self.source.stack)
        return part.model_copy(update={"withhold": [dict(decision) for decision in self.source.withheld]})


def audit_tenants(sources: Sequence[TenantSource], project: Path | None, earlier: Path | None, outputs: Outputs) -> int:
    """Audit the tenants and return the exit code.

    `project` is the folder whose exceptions and approvals go into the evidence, `earlier` an audit to compare with.
    """
    screen = Screen(as_json=outputs.as_json)
    before = _read(earlier) if earlier else None
    now = datetime.now(UTC)
    under = _evidence(project, now.date())
    target = sources[0].target if len(sources) == 1 else f"target: {len(sources)} tenants"
    screen.progress(target, "bold")
    results = run_to_end(_audit_all(sources, now, before, screen))
    code = _give(screen, outputs, results, {"time": now.strftime(TIME), **under}, compared=before is not None)
    screen.progress(f"{target}: audit {'done' if not code else f'exit code {code}'}", "bold")
    return code


def capture_tenant(source: TenantSource) -> int:
    """Print a tenant's state as a profile for the emulator, on stdout; return the exit code."""
    screen = Screen(as_json=True)
    screen.progress(source.target, "bold")

    async def read() -> dict[str, Any]:
        async with source.graph(lambda text: screen.progress(f"  {text}")) as graph:
            return await capture(graph, source.plan)

    profile = run_to_end(read())
    head = {"format": profile.pop("format"), "lockstep": __version__, "time": datetime.now(UTC).strftime(TIME)}
    screen.document({**head, **profile})
    others = sum(len(profile["others"][name]) for name in profile["others"])
    screen.progress(
        f"holds {len(profile['applications'])} applications and {len(profile['servicePrincipals'])} principals of ours"
        f" or shared with us, {len(profile['grants'])} grants, {len(profile['assignments'])} application permissions,"
        f" the names of {others} others that look alike or are near; no secret, no key; {len(profile['people'])} users"
        " and owners by number only"
    )
    screen.progress(f"{source.target}: capture done", "bold")
    sys.stdout.flush()
    return 0


async def audit_document(source: TenantSource) -> dict[str, Any]:
    """Audit one tenant now and return the document of it, for whoever needs what is granted and no findings."""
    now = datetime.now(UTC)
    async with source.graph() as graph:
        part = tenant_document(await audit(graph, source.plan, now), stack=source.stack)
    return {"format": FORMAT, "time": now.strftime(TIME), "tenants": [part.values()]}


async def _audit_all(sources: Sequence[TenantSource], now: datetime, before: Any, screen: Screen) -> list[TenantResult]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(source: TenantSource) -> TenantResult:
        async with gate:
            result = await _audit(source, now, before, screen)
        if len(sources) > 1:
            screen.progress(f"{source.target}: {visible(result.error) or 'read'}")
        return result

    return list(await asyncio.gather(*map(one, sources)))


async def _audit(source: TenantSource, now: datetime, before: Any, screen: Screen) -> TenantResult:
    result = TenantResult(source)
    try:
        async with source.graph(lambda text: screen.progress(f"  {text}")) as graph:
            result.audit = await audit(graph, source.plan, now)
            if before is not None:
                changes = compare(before, {"tenants": [result.document().values()]})
                result.changes, result.note = await with_authors(graph, changes, str(before["time"]))
    except LockstepError as error:
        result.audit, result.error = None, " ".join(str(error).split())
    return result


def _give(
    screen: Screen, outputs: Outputs, results: Sequence[TenantResult], under: Mapping[str, Any], *, compared: bool
) -> int:
    audits = [result.audit for result in results if result.audit is not None]
    for one in audits:
        _show(screen, one, several=len(results) > 1)
    if compared:
        _show_changes(screen, results)
    rows = sum(len(app.permissions.rows) for one in audits for app in one.apps)
    findings = Findings(
        "audit",
        __version__,
        RULES,
        tuple(finding for result in results for finding in result.findings()),
        {"permissions": rows, "tenants": len(results)},
    )
    document = AuditDocument(format=FORMAT, **under, tenants=[result.document() for result in results])
    if compared:
        changes = [change.document() for result in results for change in result.changes]
        notes = [result.note for result in results if result.note]
        document = document.model_copy(update={"changes": changes, "notes": notes})
    extra, failed = document.values(), len(audits) < len(results)
    if failed:
        extra["exitCode"] = _FAILED
    code = outputs.give(screen, findings, sections=_sections(results, compared=compared), extra=extra)
    return _FAILED if failed else code


_COLUMNS = {
    "as documented": (Status.AS_DOCUMENTED,),
    "missing": (Status.MISSING,),
    "beyond": (Status.EXTRA, Status.WRONG_TYPE, Status.UNDOCUMENTED_API),
    "withheld": (Status.WITHHELD,),
    "tolerated": (Status.TOLERATED,),
    "foreign": (Status.FOREIGN,),
}
_HEADS = ("app", "mode", "state", *_COLUMNS)


def _show(screen: Screen, one: TenantAudit, *, several: bool) -> None:
    if several:
        name = f" ({visible(one.reading.tenant_name)})" if one.reading.tenant_name else ""
        screen.result(f"tenant {one.reading.tenant_id}{name}", "bold")
    screen.table(_HEADS, _rows(one))
    for line in _publishers(one):
        screen.result(line)
    by = ", ".join(f"{edition.vendor} {edition.id}" for edition in one.plan.editions)
    screen.result(f"by {by}; {one.reading.requests} requests, nothing written")


def _publishers(one: TenantAudit) -> list[str]:
    """Return what the principal of each vendor's own app says of itself, so that a person can see whose it is."""
    return [
        visible(f"{app.title} says of itself: {app.identified.principal.says_of_itself}")
        for app in one.apps
        if app.app.kind is AppKind.ENTERPRISE_APP and app.identified.principal is not None
    ]


def _rows(one: TenantAudit) -> list[tuple[str, ...]]:
    return [
        (
            visible(app.identified.name),
            "additive" if app.additive else "exact",
            app.identified.state.value,
            *(str(sum(len(app.permissions.of(status)) for status in statuses)) for statuses in _COLUMNS.values()),
        )
        for app in one.apps
    ]


def _change_lines(results: Sequence[TenantResult]) -> list[str]:
    lines = []
    for change in (change for result in results for change in result.changes):
        lines.append(visible(change.line))
        lines += [f"    {event.time} {visible(event.activity)} by {visible(event.by)}" for event in change.events]
    return lines


def _show_changes(screen: Screen, results: Sequence[TenantResult]) -> None:
    lines = _change_lines(results)
    screen.result("changed since then:" if lines else "nothing has changed since then", "bold")
    for line in lines:
        screen.result(line, {"+": "green", "-": "red", "~": "yellow"}.get(line[:1], ""))
    for result in results:
        if result.note:
            screen.progress(f"who did it is not known: {result.note}", "yellow")


def _sections(results: Sequence[TenantResult], *, compared: bool) -> list[Section]:
    sections = []
    for result in results:
        if result.audit is not None:
            lines = [" | ".join(cells) for cells in (_HEADS, *_rows(result.audit))] + _publishers(result.audit)
            sections.append(Section(f"Tenant {result.source.tenant}", lines))
    if compared:
        sections.append(Section("Changed since then", _change_lines(results) or ["nothing"], "diff"))
    return sections


def _read(path: Path) -> Any:
    document = read_json(path, f"--compare {path}", hint=MAKE_ONE)
    return read_document(document, str(path))


def _evidence(project: Path | None, today: date) -> dict[str, Any]:
    """Return the commit and the lists, as they are written; without a project, or without the files, they are empty.

    Each entry says in `inForce` whether it has not expired.
    """
    lists: dict[str, Any] = {"commit": _commit(project)}
    for name, file in _FILES.items():
        entries = _entries(project / file, name) if project is not None else []
        lists[name] = [
            {**entry, "inForce": str(entry.get("expires", "9999")) >= today.isoformat()} for entry in entries
        ]
    return lists


def _entries(path: Path, name: str) -> list[dict[str, Any]]:
    try:
        root = read_yaml(path) if path.exists() else None
        document = root.value() if root else None
    except UsageError as error:
        raise UsageError(f"{error}: an audit says what is in force") from None
    entries = document.get(name) if isinstance(document, dict) else document
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _commit(project: Path | None) -> str | None:
    git = shutil.which("git")
    if project is None or git is None:
        return None
    words = [git, "-C", str(project), "rev-parse", "--verify", "--quiet", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    return done.stdout.strip() or None if done.returncode == 0 else None
