"""`lockstep catalogue check`: a page saved from a vendor's site against an edition, and the draft of a new one."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Any

from lockstep.catalogue import Row, load
from lockstep.catalogue.drafting import draft as make_draft
from lockstep.catalogue.page_check import PageCheck, check_page, vendor_of
from lockstep.catalogue.saved_page import read_page
from lockstep.dossier.document import row_document
from lockstep.errors import UsageError
from lockstep.report.screen import Screen
from lockstep.report.text import visible


def check(source: Path, vendor: str | None, edition: str, draft: Path | None, as_json: bool) -> int:
    """Compare a page with an edition; 1 when any row differs. `draft` is where to write the draft of a new edition."""
    screen, catalogue = Screen(as_json=as_json), load()
    text, raw = read_page(source)
    vendor = vendor or vendor_of(text)
    chosen = catalogue.edition_as_of(vendor, edition)
    target = f"target: none, {source} against {vendor} {chosen.id}"
    screen.progress(visible(target), "bold")
    sha256 = hashlib.sha256(raw).hexdigest()
    found = check_page(chosen, text, sha256)
    document = _document(found, source, sha256)
    if draft is not None and found.differs:
        document["draft"] = _write_draft(screen, found, draft, sha256)
    _show(screen, found)
    screen.document(document)
    code = int(found.differs)
    screen.progress(visible(f"{target}: check {'done' if not code else f'exit code {code}'}"), "bold")
    return code


def _write_draft(screen: Screen, found: PageCheck, path: Path, sha256: str) -> dict[str, Any]:
    edition = found.edition
    text = load().text(edition.vendor, edition.id)
    made = make_draft(found, text, retrieved=datetime.date.today().isoformat(), sha256=sha256)
    try:
        # Never over a file: a draft that somebody has worked on would be lost.
        with path.open("x", encoding="utf-8") as file:
            file.write(made.text)
    except FileExistsError:
        raise UsageError(f"--draft {path}: is there already; move it away, or name another file") from None
    except OSError as error:
        raise UsageError(f"--draft {path}: cannot be written: {error.strerror}") from None
    screen.progress(f"wrote {path}: {made.todo} TODO left; the catalogue takes it once each is decided")
    return {"path": str(path), "todo": made.todo}


def _show(screen: Screen, found: PageCheck) -> None:
    for sign, style, rows in (("+", "green", found.gained), ("-", "red", found.lost)):
        for row in rows:
            screen.result(visible(f"{sign} {_title(row)}"), style)
    for change in found.changed:
        screen.result(visible(f"~ {_title(change.before)}: now {_says(change.after)}"), "yellow")
    if found.differs:
        counts = f"{len(found.gained)} gained, {len(found.lost)} lost, {len(found.changed)} changed"
        screen.result(f"{found.rows} rows: {counts}")
    else:
        same = "the very text" if found.same_text else "another text with the same rows as the one"
        screen.result(f"{found.rows} rows, all as documented; {same} that the edition was taken from")


def _title(row: Row) -> str:
    parts = (row.section, row.api, row.type.value if row.type else "", row.name)
    return " · ".join(part for part in parts if part)


def _says(row: Row) -> str:
    return f"{row.type.value if row.type else 'no type'}, {'a purpose' if row.has_purpose else 'no purpose'}"


def _document(found: PageCheck, source: Path, sha256: str) -> dict[str, Any]:
    return {
        "vendor": found.edition.vendor,
        "edition": found.edition.id,
        "source": str(source),
        "sha256": sha256,
        "sameText": found.same_text,
        "rows": found.rows,
        "gained": [row_document(row) for row in found.gained],
        "lost": [row_document(row) for row in found.lost],
        "changed": [
            {"before": row_document(change.before), "after": row_document(change.after)} for change in found.changed
        ],
        "draft": None,
    }
