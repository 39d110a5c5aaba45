"""`lockstep restore`: puts a deleted application back, with the same ids, and its service principal with it.

Entra keeps deleted objects for thirty days and restores an application without its service principal, so both are
asked for. Consents are gone for good; the next `up` gives them again. Nothing else in this package writes to a tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from lockstep.adopt.sites import Site, site_of
from lockstep.audit.subjects import AuditPlan
from lockstep.catalogue import AppKind
from lockstep.directory import Graph
from lockstep.directory.consents import SURE
from lockstep.directory.identification import AppState, Identified, identify
from lockstep.directory.principals import find_by_app_id
from lockstep.directory.reading import DELETED_ITEMS, read_deleted_principals, read_tenant
from lockstep.directory.records import ApplicationRecord, TenantReading
from lockstep.errors import FindingError, GraphError, LockstepError, RefusedError, UsageError, nearest
from lockstep.local.door import run
from lockstep.local.preflight import stack_plan
from lockstep.local.report import Report
from lockstep.local.workplace import open_workplace
from lockstep.report.screen import Screen

_TRIES, _PAUSE = 8, 0.5  # a restored application is not everywhere at once, and its principal needs it


@dataclass(frozen=True)
class Deleted:
    """What is to come back. `application` is None where only the service principal is to."""

    app_id: str
    name: str
    application: ApplicationRecord | None


def restore_app(app: str, stack: str, cwd: Path, rehearse: bool, as_json: bool) -> int:
    """Restore one app, named KEY or KEY=OBJECT_ID; return the exit code."""
    report = Report(Screen(as_json=as_json), "restore", stack)
    try:
        place = open_workplace(cwd, stack, rehearse=rehearse)
        report.begin(place)
        with ExitStack() as cleanup:
            site = site_of(place, report, cleanup, "auto", None)
            plan = stack_plan(place, site.entries())
            _tell(report, *run(_restore(site, plan, app)))
            commands = plan.commands
            report.screen.result(
                f"next: `{commands.refresh}`, then `{commands.first_preview}`; where the stack's state has lost it: "
                f"`{commands.adopt}`"
            )
    except (LockstepError, OSError) as error:
        report.fail(error)
    return report.end()


async def _restore(site: Site, plan: AuditPlan, word: str) -> tuple[Deleted, str | None]:
    key, _, object_id = word.partition("=")
    sought = [replace(app, chosen=object_id if app.key == key else "") for app in plan.sought]
    async with await site.graph() as graph:
        reading = await read_tenant(graph, sought, deleted=True, patience=SURE, twice=True)
        for unread in reading.not_read:
            problem = f"{unread.what} could not be read: {unread.why}; to fix: {unread.fix}"
            raise GraphError(problem, status=403)
        what = find_deleted(identify(sought, reading, plan.names), reading, key, object_id)
        return what, await restore(graph, what)


def find_deleted(identified: Sequence[Identified], reading: TenantReading, key: str, object_id: str) -> Deleted:
    """Return what `key` means among the deleted items; a refusal where it is alive, not there, or more than one."""
    apps = {entry.sought.key: entry for entry in identified if entry.sought.kind is not AppKind.SHARED_PRINCIPAL}
    entry = apps.get(key)
    if entry is None:
        raise UsageError(f"{key!r} is not an app of this stack; there are {', '.join(apps)}{nearest(key, apps)}")
    if entry.sought.kind is AppKind.ENTERPRISE_APP:
        return Deleted(entry.sought.app_id, entry.name, None)
    if object_id:
        deleted = reading.deleted_application(object_id)
        if deleted is None:
            listed = "; ".join(app.title for app in entry.deleted) or "none of that name"
            raise FindingError(f"{object_id} is not among the deleted applications; there are: {listed}")
        return Deleted(deleted.app_id, deleted.name, deleted)
    if entry.application and entry.state is AppState.NO_PRINCIPAL and entry.lost is None:
        return Deleted(entry.application.app_id, entry.name, None)
    if alive := [entry.application] if entry.application else list(entry.candidates):
        raise RefusedError(
            f"refused: {entry.name} is in the tenant: {', '.join(app.title for app in alive)}; a second one would be "
            f"of the same name; to fix: restore a certain one with {key}=OBJECT_ID"
        )
    if entry.lost is not None and entry.restorable is None:
        titles = "; ".join(app.title for app in entry.deleted) or "none of that name"
        ident = entry.lost.object_id or entry.lost.app_id
        raise FindingError(
            f"{entry.name}: {ident}, which is on record, is not among the deleted applications (Entra keeps them for "
            f"thirty days); there are: {titles}; to fix: restore a certain one with {key}=OBJECT_ID"
        )
    if len(entry.deleted) != 1:
        titles = ", ".join(app.title for app in entry.deleted)
        raise FindingError(
            f"{entry.name} is not among the deleted applications (Entra keeps them for thirty days)"
            if not entry.deleted
            else f"{entry.name} was deleted more than once: {titles}; to fix: choose one with {key}=OBJECT_ID"
        )
    return Deleted(entry.deleted[0].app_id, entry.deleted[0].name, entry.deleted[0])


async def restore(graph: Graph, what: Deleted) -> str | None:
    """Restore the application and its newest deleted service principal; return the object id of the principal.

    None means that the principal was there, nothing that there was none to restore.
    """
    if what.application is not None:
        await graph.send("POST", f"{DELETED_ITEMS}/{what.application.object_id}/restore")
    if await find_by_app_id(graph, what.app_id) is not None:
        return None
    for principal in (await read_deleted_principals(graph, what.app_id))[:1]:
        for left in range(_TRIES - 1, -1, -1):
            try:
                await graph.send("POST", f"{DELETED_ITEMS}/{principal}/restore")
            except GraphError as error:
                if error.status not in (400, 404) or not left:
                    raise
                await graph.sleep(_PAUSE)
            else:
                return principal
    return ""


def _tell(report: Report, what: Deleted, principal: str | None) -> None:
    application = what.application.object_id if what.application else ""
    report.add(app=what.name, clientId=what.app_id, application=application, principal=principal or "")
    if application:
        report.screen.result(f"restored: application {what.name!r} (object id {application}, app id {what.app_id})")
    if principal:
        report.screen.result(
            f"restored: its service principal {principal}; its consents are gone, the next up gives them"
        )
    elif principal is None:
        report.screen.result("its service principal is there")
    else:
        report.screen.result("its service principal is not among the deleted items; the next up makes one")
