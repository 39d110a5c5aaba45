"""`lockstep adopt`: shows what a tenant has of a stack's apps, and with `--write` takes it into settings and state.

Order: read, choose, compare, show; then the stack file, the import document, the import. The tenant is only read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lockstep.adopt.choice import NEW, choose
from lockstep.adopt.document import import_document
from lockstep.adopt.plan import AppPlan, adopted_settings, make_plans
from lockstep.adopt.sites import Site, site_of
from lockstep.adopt.stack_writing import write_settings
from lockstep.adopt.words import app_document, app_lines
from lockstep.audit.subjects import AuditPlan
from lockstep.catalogue import AppKind
from lockstep.directory import Graph
from lockstep.directory.consents import SURE
from lockstep.directory.identification import identify
from lockstep.directory.reading import read_tenant
from lockstep.errors import LockstepError, RefusedError, UsageError
from lockstep.local.door import run
from lockstep.local.preflight import stack_plan
from lockstep.local.report import Report
from lockstep.local.workplace import Workplace, open_workplace, relative
from lockstep.report.screen import Screen
from lockstep.settings.stack_app import stack_apps
from lockstep.text_file import write_text


@dataclass(frozen=True)
class AdoptOptions:
    """The words of the command line."""

    stack: str = "dev"
    cwd: Path = field(default_factory=Path)
    rehearse: bool = False
    profile: str | None = None
    using: str = "auto"
    apps: tuple[str, ...] = ()
    claim: bool = False
    write: bool = False
    as_json: bool = False


def chosen_apps(words: Sequence[str]) -> dict[str, str]:
    """Return app key -> object id from words of the form KEY=OBJECT_ID; UsageError for anything else."""
    chosen: dict[str, str] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise UsageError(f"--app {word!r} is not of the form KEY=OBJECT_ID, such as planner=1b2c…")
        if chosen.setdefault(key.strip(), value.strip()) != value.strip():
            raise UsageError(f"--app names {key.strip()} twice")
    return chosen


def adopt_stack(options: AdoptOptions) -> int:
    """Run the verb; return the exit code."""
    report = Report(Screen(as_json=options.as_json), "adopt", options.stack)
    try:
        chosen = chosen_apps(options.apps)
        place = open_workplace(options.cwd, options.stack, rehearse=options.rehearse)
        report.begin(place)
        with ExitStack() as cleanup:
            _adopt(options, place, report, site_of(place, report, cleanup, options.using, options.profile), chosen)
    except (LockstepError, OSError) as error:
        report.fail(error)
    return report.end()


def _adopt(options: AdoptOptions, place: Workplace, report: Report, site: Site, chosen: Mapping[str, str]) -> None:
    claim = options.claim or any(app.setting.claim for app in stack_apps(place.settings))
    entries = site.entries()
    plan = stack_plan(place, entries)
    plans = run(_look(site, plan, chosen, claim=claim))
    report.add(apps=[app_document(plan) for plan in plans], written=None)
    for line, style in (line for app in plans for line in app_lines(app, plan.commands, claim=claim)):
        report.screen.result(line, style)
    refusals = [app.choice.refusal for app in plans if app.choice.refusal]
    if refusals:
        raise RefusedError(f"nothing was written: {'; '.join(refusals)}")
    document = import_document(
        plans, project=place.project.name, stack=place.stack, urns=[entry["urn"] for entry in entries]
    )
    if options.write:
        with place.local.hold(place.stack):
            _write(place, report, site, plans, document, claim=options.claim)
    else:
        report.screen.result(_what_next(place, options, document))


def _write(
    place: Workplace,
    report: Report,
    site: Site,
    plans: Sequence[AppPlan],
    document: Mapping[str, Any],
    *,
    claim: bool,
) -> None:
    changes: dict[str, dict[str, Any]] = {key: {"adopted": entry} for key, entry in adopted_settings(plans).items()}
    if claim:
        shared = [app for app in stack_apps(place.settings) if app.kind is AppKind.SHARED_PRINCIPAL]
        changes |= {app.key: {"claim": True} for app in shared if not app.setting.claim}
    changed = write_settings(place, changes)
    resources = document["resources"]
    file = place.local.document
    report.add(written={"settings": str(changed) if changed else None, "document": str(file) if resources else None})
    if changed:
        report.screen.result(f"written: {relative(changed)}: {', '.join(adopted_settings(plans)) or 'claim'}")
    if not resources:
        report.screen.result(f"nothing to import; next: `{place.commands.first_preview}`")
        return
    write_text(file, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    report.screen.result(f"written: {relative(file)}: {len(resources)} resources, for `pulumi import --file`")
    site.take_in(file)
    report.screen.result(f"next: `{place.commands.first_preview}` shows what the first up adds and removes")


def _what_next(place: Workplace, options: AdoptOptions, document: Mapping[str, Any]) -> str:
    count = len(document["resources"])
    if not count and not options.claim:
        return "nothing to import: whatever of this stack is in the tenant is in the stack's state"
    words = [place.commands.adopt, *(f"--app {word}" for word in options.apps)]
    command = " ".join([*words, *(["--claim"] if options.claim else []), "--write"])
    return f"next: `{command}` takes {count} resources into the state, and changes nothing in the tenant"


async def _look(site: Site, plan: AuditPlan, chosen: Mapping[str, str], *, claim: bool) -> list[AppPlan]:
    async with await site.graph() as graph:
        return await plans_of(graph, plan, chosen, claim=claim)


async def plans_of(graph: Graph, plan: AuditPlan, chosen: Mapping[str, str], *, claim: bool) -> list[AppPlan]:
    """Return what the first `up` would do to each app of a stack; `chosen` is what `--app` says."""
    sought = [replace(app, chosen="" if (word := chosen.get(app.key, "")) == NEW else word) for app in plan.sought]
    reading = await read_tenant(graph, sought, deleted=True, patience=SURE, twice=True)
    identified = identify(sought, reading, plan.names)
    choices = choose(identified, reading, chosen, plan.commands)
    return await make_plans(graph, reading, plan.apps, identified, choices, claim=claim)
