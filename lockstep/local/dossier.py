"""`lockstep report`: gathers what the reviewer's dossier is made from, and writes it as HTML, Markdown, JSON or lines.

Reads the catalogue, with `--stack` the stack's settings and a local stack's emulator, with `--audit` that file. Writes
the files that the caller named and nothing else. How a dossier is built and looks is `lockstep.dossier`'s.
What only a stack needs is imported where there is one, since most dossiers are of the catalogue alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep import __version__
from lockstep.catalogue import CURRENT, Catalogue, Edition, load
from lockstep.dossier import Choices, Dossier, Observed, build, document, html, markdown, observed, read_audit
from lockstep.dossier.summary import summary
from lockstep.dossier.wording import tier
from lockstep.errors import UsageError
from lockstep.report.outputs import write_page
from lockstep.report.screen import Screen
from lockstep.report.text import visible

if TYPE_CHECKING:
    from lockstep.local.workplace import Workplace


@dataclass(frozen=True)
class DossierOptions:
    """The words of the command line."""

    vendor: str | None = None
    edition: str | None = None
    compare: str | None = None
    stack: str | None = None
    cwd: Path = field(default_factory=Path)
    audit: Path | None = None
    html: Path | None = None
    markdown: Path | None = None
    as_json: bool = False


def write_dossier(options: DossierOptions) -> int:
    """Write the dossier where the words say; return the exit code."""
    screen, catalogue = Screen(as_json=options.as_json), load()
    place = None
    if options.stack:
        from lockstep.local.workplace import open_workplace

        place = open_workplace(options.cwd, options.stack)
    target = place.target if place else f"target: none, {options.audit or 'the catalogue alone'}"
    screen.progress(target, "bold")
    chosen = _editions(options, catalogue, place)
    choices = None
    if place is not None:
        from lockstep.settings.stack_app import stack_apps

        apps = {(app.vendor, app.key): app for app in stack_apps(place.settings)}
        choices = Choices(place.stack, place.target.removeprefix("target: "), apps)
    dossier = build(
        list(chosen.values()),
        version=__version__,
        compare=_others(options, catalogue, chosen),
        choices=choices,
        observed=_observed(options, place),
        prepared=datetime.date.today().isoformat(),
    )
    for path, write in ((options.html, html), (options.markdown, markdown)):
        if path is not None:
            write_page(path, write(dossier), screen)
    screen.document(document(dossier))
    if not (options.as_json or options.html or options.markdown):
        _show(screen, dossier)
    screen.progress(f"{target}: report done", "bold")
    return 0


def _editions(options: DossierOptions, catalogue: Catalogue, place: Workplace | None) -> dict[str, Edition]:
    """Return the edition of each vendor: the stack's, unless another one is asked for."""
    own: dict[str, Edition] = {}
    if place is not None:
        from lockstep.settings.stack_app import editions

        own = editions(place.settings, catalogue)
    vendors = [options.vendor] if options.vendor else list(own or catalogue.vendors)
    return {
        vendor: own[vendor]
        if options.edition is None and vendor in own
        else catalogue.edition_as_of(vendor, options.edition or CURRENT)
        for vendor in vendors
    }


def _others(options: DossierOptions, catalogue: Catalogue, chosen: Mapping[str, Edition]) -> dict[str, list[Edition]]:
    """Return what each edition is compared with: the one that `--compare` names, else every earlier one."""
    if options.compare is None:
        return {
            vendor: [other for other in catalogue.editions(vendor) if other.valid_from < edition.valid_from]
            for vendor, edition in chosen.items()
        }
    others = {
        vendor: [catalogue.edition(vendor, options.compare)]
        for vendor, edition in chosen.items()
        if options.compare in catalogue.dates(vendor) and options.compare != edition.id
    }
    if not others:
        dates = "; ".join(f"{vendor} has {', '.join(catalogue.dates(vendor))}" for vendor in chosen)
        raise UsageError(f"--compare {options.compare}: no other edition has this date; {dates}")
    return others


def _observed(options: DossierOptions, place: Workplace | None) -> Observed | None:
    """Return what the tenant grants: by the audit that is given, else as a local stack's emulator shows it now."""
    if options.audit is not None:
        return read_audit(options.audit, tenant=place.settings.tenant_id if place else None)
    if place is None or not place.settings.is_local or not place.local.emulator.is_file():
        return None
    from lockstep.audit.run import audit_document
    from lockstep.local.door import run
    from lockstep.local.tenants import of_place

    with ExitStack() as cleanup:
        audited = run(audit_document(of_place(place, cleanup)))
    return observed(audited, where=place.target, how="read from the emulator")


def _show(screen: Screen, dossier: Dossier) -> None:
    counts = summary(dossier)
    for sentence in counts.sentences:
        screen.result(visible(sentence))
    rows = [
        (
            tier(row.tier),
            *(str(count) for count in (row.delegated, row.application, row.writes, row.total)),
        )
        for row in counts.rows
    ]
    screen.table(("risk", "delegated", "application", "write", "all"), rows)
    for strong in counts.strongest:
        holders = ", ".join(part.app.name for part, _entry in strong.holders)
        screen.result(f"tier 0: {strong.name} · {strong.type} ({holders})")
    for part, entry in counts.withheld:
        screen.result(f"withheld: {part.app.name}: {entry.documented.title}")
    screen.result("the whole of it: this command with --html FILE, --markdown FILE or --json")
