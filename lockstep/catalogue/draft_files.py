"""`lockstep catalogue draft`: the files of a vendor's first edition, from a page or from an application's manifest.

Beside the draft stands the file of decisions, where the rows leave any to a person, and for a page the digests of its
texts. What stands in these files from an earlier run is read first and kept. Asks no tenant.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from lockstep.catalogue.first_draft import FirstDraft, Origin, draft_first, read_decisions, row_by_id
from lockstep.catalogue.page_check import texts_of
from lockstep.catalogue.page_rows import Outcome, PageRow, rows_of
from lockstep.catalogue.page_texts import DECISIONS, TEXTS, texts_document
from lockstep.catalogue.permission import PermissionType
from lockstep.catalogue.saved_page import SavedPage, read_page
from lockstep.errors import CatalogueError, UsageError
from lockstep.report.screen import Screen
from lockstep.report.text import visible
from lockstep.text_file import read_json, read_text, write_text
from lockstep.yaml_file import Node, parse_yaml

_KINDS = {"Scope": PermissionType.DELEGATED, "Role": PermissionType.APPLICATION}


def draft_page(path: Path, vendor: str, out: Path | None, as_json: bool) -> int:
    """Draft an edition from a saved page; return 1 while anything is left to a person."""
    page = read_page(path)
    rows = rows_of(page)
    if not rows:
        raise UsageError(
            f"{path}: no row of permissions was found; save the page once more, whole, as text, Markdown or HTML only"
        )
    origin = Origin(page.title, _today(), page.sha256, vendor)
    return write_draft(rows, origin, out, Screen(as_json=as_json), str(path), page)


def draft_manifest(path: Path, vendor: str, out: Path | None, as_json: bool) -> int:
    """Draft an edition from the manifest of a registration; return 1 while anything is left to a person."""
    hint = "download it in Microsoft Entra admin center > App registrations > the application > Manifest"
    manifest = read_json(path, hint=hint)
    accesses = manifest.get("requiredResourceAccess") if isinstance(manifest, dict) else None
    if not isinstance(accesses, list) or not accesses:
        raise UsageError(f"{path}: has no list `requiredResourceAccess`, or an empty one; {hint}")
    rows = []
    for number, api in enumerate(accesses):
        entries = api.get("resourceAccess") if isinstance(api, dict) else None
        if not isinstance(entries, list) or not isinstance(api.get("resourceAppId"), str):
            raise UsageError(
                f"{path}: requiredResourceAccess[{number}] has no `resourceAppId` or `resourceAccess`; {hint}"
            )
        for count, entry in enumerate(entries):
            place = f"requiredResourceAccess[{number}].resourceAccess[{count}]"
            kind = _KINDS.get(str(entry.get("type"))) if isinstance(entry, dict) else None
            if kind is None or not isinstance(entry.get("id"), str):
                raise UsageError(f"{path}: {place} has no `id`, or a `type` that is neither Scope nor Role; {hint}")
            rows.append(row_by_id(place, api["resourceAppId"], kind, entry["id"]))
    name = manifest.get("displayName") or manifest.get("name") or ""
    origin = Origin(f"Manifest of {name}" if name else "", _today(), "", vendor)
    return write_draft(rows, origin, out, Screen(as_json=as_json), str(path))


def write_draft(
    rows: Sequence[PageRow],
    origin: Origin,
    out: Path | None,
    screen: Screen,
    source: str,
    page: SavedPage | None = None,
) -> int:
    """Write a draft and what stands beside it, or print it; return 1 while anything is left to a person."""
    target = f"target: none, a draft from {source}"
    screen.progress(visible(target), "bold")
    decisions = beside(out, DECISIONS) if out else None
    decided = read_decisions(_old(decisions), str(decisions)) if decisions else {}
    draft = draft_first(rows, origin, earlier=_earlier(out), decided=decided)
    if out is not None and decisions is not None:
        write_text(out, draft.text)
        if draft.decisions:
            write_text(decisions, draft.decisions)
        if page is not None:
            write_text(beside(out, TEXTS), texts_document(texts_of(page, rows)))
    counts = Counter(row.outcome for row in draft.rows)
    for row in draft.rows:
        if row.outcome is not Outcome.TAKEN:
            screen.progress(visible(f"{row.outcome.value}: {row.place}: {row.printed}: {row.why}"), "yellow")
    told = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome)
    screen.document(_document(draft, out, decisions))
    if not screen.as_json and out is None:
        for line in draft.text.splitlines():
            screen.result(visible(line))
    place = f"wrote {out}" if out else "printed the draft"
    screen.progress(visible(f"{place}: {told}; {draft.todo} TODO left"))
    code = int(bool(draft.todo))
    screen.progress(visible(f"{target}: draft {'done' if not code else f'exit code {code}'}"), "bold")
    return code


def beside(out: Path, ending: str) -> Path:
    """Return the file beside a draft that has this ending: draft.yaml has draft.decisions.yaml."""
    return out.with_name(out.name.removesuffix(".yaml").removesuffix(".yml") + ending)


def _old(path: Path) -> str:
    return read_text(path, error=CatalogueError) if path.exists() else ""


def _earlier(out: Path | None) -> Node | None:
    """Return the draft of an earlier run; CatalogueError for a file that is something else."""
    if out is None or not out.exists():
        return None
    root = parse_yaml(read_text(out, error=CatalogueError), str(out), error=CatalogueError)
    if root is None or root.kind != "map" or "sources" not in root.fields:
        raise CatalogueError(f"{out}: is there already and is no draft; move it away, or name another file with --out")
    return root


def _document(draft: FirstDraft, out: Path | None, decisions: Path | None) -> dict[str, Any]:
    return {
        "draft": str(out) if out else None,
        "decisions": str(decisions) if decisions and draft.decisions else None,
        "todo": draft.todo,
        "digest": sha256(draft.text.encode()).hexdigest(),
        "rows": [_row(row) for row in draft.rows],
    }


def _row(row: PageRow) -> dict[str, Any]:
    entry = row.permission
    return {
        "row": row.digest,
        "place": row.place,
        "section": row.section,
        "printed": row.printed,
        "outcome": row.outcome.value,
        "why": row.why,
        "api": row.api.key if row.api else None,
        "type": entry.type.value if entry else None,
        "name": entry.name if entry else None,
        "id": entry.id if entry else None,
    }


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
