"""`lockstep adopt`: shows what a tenant has of a stack's apps, and with `--write` takes it into settings and state.

Order: read, choose, compare, show; then the stack file, the import document, the import. The tenant is only read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lockstep.adopt import AppPlan, choose, discover, import_document, make_plans
from lockstep.adopt.document import APPLICATION
from lockstep.adopt.kept import adopted_settings
from lockstep.adopt.sites import Site, site_of
from lockstep.adopt.stack_writing import write_settings
from lockstep.adopt.words import app_document, app_lines
from lockstep.catalogue import AppKind, load
from lockstep.components.app_registration import identifier_uri
from lockstep.errors import LockstepError, RefusedError, UsageError
from lockstep.local.door import run
from lockstep.local.report import Report
from lockstep.local.workplace import Workplace, open_workplace, relative
from lockstep.report.screen import Screen
from lockstep.settings.model import Settings
from lockstep.settings.stack_app import Expected, expectations, registered_name


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


def asked_apps(words: Sequence[str]) -> dict[str, str]:
    """Return app key -> object id from words of the form KEY=OBJECT_ID; UsageError for anything else."""
    asked: dict[str, str] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise UsageError(f"--app {word!r} is not of the form KEY=OBJECT_ID, such as connex-api=1b2c…")
        if asked.setdefault(key.strip(), value.strip()) != value.strip():
            raise UsageError(f"--app names {key.strip()} twice")
    return asked


def adopt_stack(options: AdoptOptions) -> int:
    """Run the verb; return the exit code."""
    report = Report(Screen(as_json=options.as_json), "adopt", options.stack)
    try:
        asked = asked_apps(options.apps)
        place = open_workplace(options.cwd, options.stack, rehearse=options.rehearse)
        report.begin(place)
        with ExitStack() as cleanup:
            _adopt(options, place, report, site_of(place, report, cleanup, options.using, options.profile), asked)
    except LockstepError as error:
        report.fail(error)
    return report.end()


def _adopt(options: AdoptOptions, place: Workplace, report: Report, site: Site, asked: Mapping[str, str]) -> None:
    claim = options.claim or place.settings.claim
    ids = site.ids()
    plans = run(_look(place, site, ids, asked, claim=claim))
    report.add(apps=[app_document(plan) for plan in plans], written=None)
    for plan in plans:
        for line, style in app_lines(plan, claim=claim):
            report.say(line, style)
    refusals = [plan.choice.refusal for plan in plans if plan.choice.refusal]
    if refusals:
        raise RefusedError(f"nothing was written: {'; '.join(refusals)}")
    document = import_document(plans, project=place.project.name, stack=place.stack, urns=list(ids))
    if options.write:
        _write(place, report, site, plans, document, claim=options.claim)
    else:
        report.say(_what_next(options, document))


def _write(
    place: Workplace,
    report: Report,
    site: Site,
    plans: Sequence[AppPlan],
    document: Mapping[str, Any],
    *,
    claim: bool,
) -> None:
    changed = write_settings(place, adopted_settings(plans), claim=claim)
    resources = document["resources"]
    file = place.local.document
    written = {"settings": str(changed) if changed else None, "document": str(file) if resources else None}
    report.add(written=written)
    if changed:
        report.say(f"written: {relative(changed)}: {', '.join(adopted_settings(plans)) or 'claim'}")
    if not resources:
        report.say(f"nothing to import; next: `{site.next_up()}`")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    report.say(f"written: {relative(file)}: {len(resources)} resources, for `pulumi import --file`")
    site.take_in(file)
    report.say(f"next: `{site.next_up()}` shows what the first up adds and removes")


def _what_next(options: AdoptOptions, document: Mapping[str, Any]) -> str:
    count = len(document["resources"])
    if not count and not options.claim:
        return "nothing to import: whatever of this stack is in the tenant is in the stack's state"
    words = ["lockstep adopt", *([] if options.stack == "dev" else [f"--stack {options.stack}"])]
    words += ["--rehearse"] if options.rehearse else []
    words += [f"--app {word}" for word in options.apps]
    words += ["--claim"] if options.claim else []
    command = " ".join([*words, "--write"])
    return f"next: `{command}` takes {count} resources into the state, and changes nothing in the tenant"


async def _look(
    place: Workplace, site: Site, ids: Mapping[str, str], asked: Mapping[str, str], *, claim: bool
) -> list[AppPlan]:
    settings = place.settings
    expected = expectations(settings)
    async with await site.graph() as graph:
        found = await discover(graph, expected)
        choices = choose(
            expected,
            found,
            asked=asked,
            uris=our_uris(settings, expected),
            managed=_managed(ids, expected),
            names=_known_names(settings),
        )
        return await make_plans(graph, found, expected, choices, claim=claim)


def our_uris(settings: Settings, expected: Iterable[Expected]) -> dict[str, list[str]]:
    """Return the identifier URIs that we give, by app key."""
    tenant, suffix = settings.tenant_id, settings.name_suffix or ""
    exposing = [each for each in expected if each.app.exposes]
    return {each.app.key: [identifier_uri(tenant, each.vendor, each.app.key, suffix)] for each in exposing}


def _known_names(settings: Settings) -> set[str]:
    """Return the names of every registration of the catalogue, as documented and as this stack would call them."""
    editions = [edition for vendor in load().vendors for edition in load().editions(vendor)]
    apps = [app for edition in editions for app in edition.apps if app.kind is AppKind.REGISTRATION]
    return {name for app in apps for name in (app.name, registered_name(settings, app))}


def _managed(ids: Mapping[str, str], expected: Iterable[Expected]) -> dict[str, str]:
    """Return the object ids of the applications in the stack's state, by app key."""
    keys = {each.app.name: each.app.key for each in expected}
    found = {}
    for urn, id_ in ids.items():
        _, _, types, name = urn.split("::", 3)
        if types.endswith(APPLICATION) and name in keys:
            found[keys[name]] = id_.rpartition("/")[2]
    return found
