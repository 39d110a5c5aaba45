"""`lockstep catalogue show | diff | check`: what vendors document, in words or as JSON.

`check` is a page saved from a vendor's site against an edition, and the draft of a new one; the others read the
catalogue only.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lockstep.catalogue import CURRENT, App, ArticleRow, DocumentedPermission, EditionDiff, diff, load
from lockstep.catalogue.difference import AppDiff
from lockstep.catalogue.drafting import draft as draft_edition
from lockstep.catalogue.model import PageText
from lockstep.catalogue.page_check import PageCheck, check_page, vendor_of
from lockstep.catalogue.saved_page import read_page
from lockstep.report.screen import Screen
from lockstep.report.text import visible
from lockstep.text_file import write_new


def show_catalogue(vendor: str | None, app: str | None, edition: str, as_json: bool) -> int:
    """Show all vendors, the apps of `vendor`, or the permissions of one `app`."""
    screen, catalogue = Screen(as_json=as_json), load()
    if vendor is None:
        dates = {name: list(catalogue.dates(name)) for name in catalogue.vendors}
        private = {
            name: own for name, days in dates.items() if (own := [d for d in days if catalogue.private_name(name, d)])
        }
        screen.document({"vendors": dates, "private": private})
        if not as_json:
            marked = {
                name: [f"{day} (this project's own)" if day in private.get(name, ()) else day for day in days]
                for name, days in dates.items()
            }
            screen.table(("vendor", "editions"), [(name, ", ".join(days)) for name, days in marked.items()])
        return 0
    chosen = catalogue.edition_as_of(vendor, edition)
    file = catalogue.private_name(vendor, chosen.id)
    of = f"; this project's own, {file}" if file else ""
    screen.progress(f"{vendor} {chosen.id} ({chosen.source.title}, {chosen.source.publisher}{of})", "bold")
    if app is None:
        screen.document({"vendor": vendor, "edition": chosen.id, "apps": [_app(one) for one in chosen.apps]})
        if not as_json:
            table = [(one.key, one.name, one.kind.value, str(len(one.permissions))) for one in chosen.apps]
            screen.table(("app", "name", "kind", "permissions"), table)
        return 0
    one = chosen.app(app)
    permissions = [_permission(entry) for entry in one.permissions]
    screen.document({"vendor": vendor, "edition": chosen.id, **_app(one), "permissions": permissions})
    if not as_json:
        rows = [(entry.title, entry.id, entry.purpose or "not stated") for entry in one.permissions]
        screen.table(("permission", "id", "purpose"), rows)
    return 0


def show_difference(vendor: str, old: str, new: str, as_json: bool) -> int:
    """Show what changed between two editions of a vendor; 1 when anything did."""
    screen, catalogue = Screen(as_json=as_json), load()
    difference = diff(catalogue.edition_as_of(vendor, old), catalogue.edition_as_of(vendor, new))
    screen.progress(f"{vendor}: {difference.before.id} -> {difference.after.id}", "bold")
    apps = [_app_difference(app) for app in difference.apps]
    screen.document({"vendor": vendor, "old": difference.before.id, "new": difference.after.id, "apps": apps})
    if not as_json:
        for line in list(difference_lines(difference)) or ["no difference"]:
            screen.result(line)
    return 0 if difference.empty else 1


def difference_lines(difference: EditionDiff) -> Iterator[str]:
    """Yield what changed between two editions, app by app; nothing when nothing did."""
    for part in difference.apps:
        app = part.after or part.before
        how = " (new)" if part.before is None else " (gone)" if part.after is None else ""
        yield f"{app.name if app else part.key}{how}"
        if part.moved:
            yield f"  moved: from {part.moved.before.name} to {part.moved.after.name}"
        yield from (f"  + {entry.title}" for entry in part.added)
        yield from (f"  - {entry.title}" for entry in part.removed)
        yield from (f"  ~ {change.after.title}: {', '.join(change.fields)}" for change in part.changed)
        if part.facts:
            yield f"  ~ {', '.join(part.facts)}"


def _app(app: App) -> dict[str, Any]:
    return {
        "key": app.key,
        "name": app.name,
        "kind": app.kind.value,
        "optional": app.optional,
        "role": app.role,
        "count": len(app.permissions),
    }


def _permission(entry: DocumentedPermission) -> dict[str, Any]:
    return {
        "api": entry.api_name,
        "type": entry.type.value,
        "value": entry.name,
        "id": entry.id,
        "basis": entry.basis.value,
        "purpose": entry.purpose,
    }


def _app_difference(part: AppDiff) -> dict[str, Any]:
    return {
        "app": part.key,
        "added": [_permission(entry) for entry in part.added],
        "removed": [_permission(entry) for entry in part.removed],
        "changed": [{**_permission(change.after), "fields": list(change.fields)} for change in part.changed],
        "moved": {"from": part.moved.before.name, "to": part.moved.after.name} if part.moved else None,
        "facts": list(part.facts),
    }


def check_saved_page(source: Path, vendor: str | None, edition: str, draft: Path | None, as_json: bool) -> int:
    """Compare a page with an edition; 1 when a row or a sentence differs. `draft` is where a new edition is drafted."""
    screen, catalogue = Screen(as_json=as_json), load()
    page = read_page(source)
    newest = [catalogue.edition_as_of(name, edition if name == vendor else CURRENT) for name in catalogue.vendors]
    vendor = vendor or vendor_of(page, newest)
    chosen = catalogue.edition_as_of(vendor, edition)
    target = f"target: none, {source} against {vendor} {chosen.id}"
    screen.progress(visible(target), "bold")
    check = check_page(chosen, page, catalogue.texts(vendor, chosen.id))
    document = _document(check, source, page.sha256)
    if draft is not None and check.rows_differ:
        document["draft"] = _write_draft(screen, check, draft, page.sha256)
    _show_check(screen, check)
    screen.document(document)
    code = int(check.differs)
    screen.progress(visible(f"{target}: check {'done' if not code else f'exit code {code}'}"), "bold")
    return code


def _write_draft(screen: Screen, check: PageCheck, path: Path, sha256: str) -> dict[str, Any]:
    edition = check.edition
    text = load().text(edition.vendor, edition.id)
    draft = draft_edition(check, text, retrieved=datetime.date.today().isoformat(), sha256=sha256)
    write_new(path, draft.text, "--draft")
    screen.progress(f"wrote {path}: {draft.todo} TODO left; the catalogue takes it once each is decided")
    return {"path": str(path), "todo": draft.todo}


def _show_check(screen: Screen, check: PageCheck) -> None:
    for sign, style, rows in (("+", "green", check.gained), ("-", "red", check.lost)):
        for row in rows:
            screen.result(visible(f"{sign} {_title(row)}"), style)
    for change in check.changed:
        screen.result(visible(f"~ {_title(change.before)}: now {_says(change.after)}"), "yellow")
    for sign, style, texts in (("-", "red", check.silenced), ("+", "yellow", check.added)):
        for text in texts:
            screen.result(visible(f"{sign} text {text.digest} in {text.section or 'the page'} ({text.place})"), style)
    for support, what in _rests(check).items():
        screen.result(visible(f"  {support} rests on a text that is not there any more{what}"), "red")
    if check.differs:
        counts = f"{len(check.gained)} gained, {len(check.lost)} lost, {len(check.changed)} changed"
        sentences = f"; texts: {len(check.silenced)} gone, {len(check.added)} new" if check.compared else ""
        screen.result(f"{check.rows} rows: {counts}{sentences}")
    else:
        same = "the very text" if check.same_text else "another text with the same rows as the one"
        screen.result(f"{check.rows} rows, all as documented; {same} that the edition was taken from")
    if not check.compared:
        screen.result("sentences were not compared: the edition has no record of those of its page", "yellow")


def _rests(check: PageCheck) -> dict[str, str]:
    """Return what of the edition rests on texts that are gone, with the settings that rest on that."""
    rests: dict[str, str] = {}
    for text in check.silenced:
        for support in text.supports:
            kind, _, key = support.partition("/")
            apps = [app.key for app in check.edition.apps for entry in app.permissions if entry.feature]
            setting = f"; so does the setting apps.{apps[0]}.features.{key}" if kind == "features" and apps else ""
            rests.setdefault(support, setting)
    return rests


def _title(row: ArticleRow) -> str:
    parts = (row.section, row.api, row.type.value if row.type else "", row.name)
    return " · ".join(part for part in parts if part)


def _says(row: ArticleRow) -> str:
    return f"{row.type.value if row.type else 'no type'}, {'a purpose' if row.has_purpose else 'no purpose'}"


def _document(check: PageCheck, source: Path, sha256: str) -> dict[str, Any]:
    return {
        "vendor": check.edition.vendor,
        "edition": check.edition.id,
        "source": str(source),
        "sha256": sha256,
        "sameText": check.same_text,
        "rows": check.rows,
        "gained": [row.document() for row in check.gained],
        "lost": [row.document() for row in check.lost],
        "changed": [{"before": change.before.document(), "after": change.after.document()} for change in check.changed],
        "textsCompared": check.compared,
        "textsGone": [_text(text) for text in check.silenced],
        "textsNew": [_text(text) for text in check.added],
        "draft": None,
    }


def _text(text: PageText) -> dict[str, Any]:
    return {
        "digest": text.digest,
        "section": text.section,
        "place": text.place,
        "supports": list(text.supports),
    }
