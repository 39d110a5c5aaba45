"""`lockstep restore`: puts a deleted application of a stack back into its tenant, with its service principal."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from lockstep.adopt import discover
from lockstep.adopt.adoption import our_uris
from lockstep.adopt.restore import Deleted, Restored, find_deleted, restore
from lockstep.adopt.sites import Site, site_of
from lockstep.errors import LockstepError
from lockstep.local.door import run
from lockstep.local.report import Report
from lockstep.local.workplace import Workplace, open_workplace
from lockstep.report.screen import Screen
from lockstep.settings.stack_app import expectations


def restore_app(app: str, stack: str, cwd: Path, rehearse: bool, as_json: bool) -> int:
    """Restore one app, named KEY or KEY=OBJECT_ID; return the exit code."""
    report = Report(Screen(as_json=as_json), "restore", stack)
    try:
        place = open_workplace(cwd, stack, rehearse=rehearse)
        report.begin(place)
        with ExitStack() as cleanup:
            site = site_of(place, report, cleanup, "auto", None)
            what, done = run(_restore(place, site, app))
            _tell(report, what, done)
            report.say(
                f"next: `{site.next_up()}`; where the stack's state has lost it: `lockstep adopt --stack {stack}`"
            )
    except LockstepError as error:
        report.fail(error)
    return report.end()


async def _restore(place: Workplace, site: Site, word: str) -> tuple[Deleted, Restored]:
    key, _, object_id = word.partition("=")
    expected = expectations(place.settings)
    async with await site.graph() as graph:
        found = await discover(graph, expected)
        uris = set(our_uris(place.settings, expected).get(key, ()))
        what = find_deleted(expected, found, key, object_id, uris)
        return what, await restore(graph, what)


def _tell(report: Report, what: Deleted, done: Restored) -> None:
    report.add(app=what.name, clientId=what.app_id, application=done.application, principal=done.principal)
    if done.application:
        report.say(f"restored: application {what.name!r} (object id {done.application}, app id {what.app_id})")
    if done.principal:
        report.say(f"restored: its service principal {done.principal}; its consents are gone, the next up gives them")
    elif done.principal_was_there:
        report.say("its service principal is there")
    else:
        report.say("its service principal is not among the deleted items; the next up makes one")
