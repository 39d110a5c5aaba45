"""`lockstep catalogue check`: a page saved from a vendor's site against an edition, and the draft of a new one."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Any

from lockstep.catalogue import ArticleRow, load
from lockstep.catalogue.drafting import draft as draft_edition
from lockstep.catalogue.page_check import PageCheck, check_page, row_document, vendor_of
from lockstep.catalogue.saved_page import read_page
from lockstep.errors import UsageError
from lockstep.report.screen import Screen
from lockstep.report.text import visible


def check_saved_page(source: Path, vendor: str | None, edition: str, draft: Path | None, as_json: bool) -> int:
    """Compare a page with an edition; 1 when any row differs. `draft` is where to write the draft of a new edition."""
    screen, catalogue = Screen(as_json=as_json), load()
    text, raw = read_page(source)
    vendor = vendor or vendor_of(text)
    chosen = catalogue.edition_as_of(vendor, edition)
    target = f"target: none, {source} against {vendor} {chosen.id}"
    screen.progress(visible(target), "bold")
    sha256 = hashlib.sha256(raw).hexdigest()
    check = check_page(chosen, text, sha256)
    document = _document(check, source, sha256)
    if draft is not None and check.differs:
        document["draft"] = _write_draft(screen, check, draft, sha256)
    _show(screen, check)
    screen.document(document)
    code = int(check.differs)
    screen.progress(visible(f"{target}: check {'done' if not code else f'exit code {code}'}"), "bold")
    return code


def _write_draft(screen: Screen, check: PageCheck, path: Path, sha256: str) -> dict[str, Any]:
    edition = check.edition
    text = load().text(edition.vendor, edition.id)
    draft = draft_edition(check, text, retrieved=datetime.date.today().isoformat(), sha256=sha256)
    try:
        # Never over a file: a draft that somebody has worked on would be lost.
        with path.open("x", encoding="utf-8") as file:
            file.write(draft.text)
    except FileExistsError:
        raise UsageError(f"--draft {path}: is there already; move it away, or name another file") from None
    except OSError as error:
        raise UsageError(f"--draft {path}: cannot be written: {error.strerror}") from None
    screen.progress(f"wrote {path}: {draft.todo} TODO left; the catalogue takes it once each is decided")
    return {"path": str(path), "todo": draft.todo}


def _show(screen: Screen, check: PageCheck) -> None:
    for sign, style, rows in (("+", "green", check.gained), ("-", "red", check.lost)):
        for row in rows:
            screen.result(visible(f"{sign} {_title(row)}"), style)
    for change in check.changed:
        screen.result(visible(f"~ {_title(change.before)}: now {_says(change.after)}"), "yellow")
    if check.differs:
        counts = f"{len(check.gained)} gained, {len(check.lost)} lost, {len(check.changed)} changed"
        screen.result(f"{check.rows} rows: {counts}")
    else:
        same = "the very text" if check.same_text else "another text with the same rows as the one"
        screen.result(f"{check.rows} rows, all as documented; {same} that the edition was taken from")


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
        "gained": [row_document(row) for row in check.gained],
        "lost": [row_document(row) for row in check.lost],
        "changed": [
            {"before": row_document(change.before), "after": row_document(change.after)} for change in check.changed
        ],
        "draft": None,
    }
