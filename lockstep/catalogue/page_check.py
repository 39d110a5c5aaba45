"""What a vendor's page says now against what an edition was taken from: rows gained, lost and changed. Pure.

The rows of a vendor's saved article say which permission stands in which section, and hold no sentence of the text.
Completeness is checked against these rows. Knows how each vendor's page looks once saved as text; knows nothing of
the catalogue's own files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lockstep.catalogue.model import ArticleRow, DocumentedPermission, Edition
from lockstep.catalogue.permission import PermissionType
from lockstep.errors import UsageError

_PERMISSION_NAME = re.compile(r"[A-Za-z]\w*([.-]\w+)+|offline_access|openid|profile|email")
_TYPE_LINE = re.compile(r"(Delegated|Application) Permissions \*")
_COLUMNS = ("API", "Permissions Name", "Description", "Purpose")


def atlas_rows(text: str) -> tuple[ArticleRow, ...]:
    """Return the rows of the Atlas article, whose tables were flattened to one cell a line, more or less.

    A cell ends with a bar. Some rows stand in one line, some names have their bar on a line of their own, and the last
    table ends with an empty purpose; so a table is read as a stream of cells, and a row starts at a permission's name.
    """
    return tuple(_atlas_rows(text.splitlines()))


def _atlas_rows(lines: list[str]) -> Iterator[ArticleRow]:
    apps = {line[2:].split(":")[0].removeprefix("(OPTIONAL) ") for line in lines if line.startswith("- ")}
    section = ""
    for number, line in enumerate(lines):
        type_line = _TYPE_LINE.fullmatch(line.strip())
        if type_line:
            end = _end(lines, number + 1)
            type = PermissionType(type_line[1].lower())
            yield from _table("\n".join(lines[number + 1 : end]), section, type)
        elif line.endswith(" permissions") or line in apps:
            section = line


def _end(lines: list[str], start: int) -> int:
    """Return where a table ends: at its footnote, where the next one begins, or with the page."""
    return next((number for number in range(start, len(lines)) if _ends(lines[number])), len(lines))


def _ends(line: str) -> bool:
    return line.startswith("* ") or _TYPE_LINE.fullmatch(line.strip()) is not None


def _table(text: str, section: str, type: PermissionType) -> Iterator[ArticleRow]:
    cells = [" ".join(cell.split()) for cell in text.split("|")]
    api, position = "", 0
    while position < len(cells):
        cell = cells[position]
        if _PERMISSION_NAME.fullmatch(cell):
            purpose = cells[position + 2] if position + 2 < len(cells) else ""
            yield ArticleRow(section, api, cell, type, bool(purpose))
            position += 3
            continue
        if cell and cell not in _COLUMNS:
            api = cell
        position += 1


def atera_rows(text: str) -> tuple[ArticleRow, ...]:
    """Return the rows of the Atera article: `| title | scope |`, the text behind or below it, all of Microsoft Graph.

    The article states no types, and its third column is what a permission allows, not what Atera needs it for.
    """
    rows = []
    section, previous = "", ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if cells[1:3] == ["Permission", "Scope"]:
            section = previous
        elif section and len(cells) >= 4 and _PERMISSION_NAME.fullmatch(cells[2]):
            rows.append(ArticleRow(section, "Microsoft Graph", cells[2], None, has_purpose=False))
        previous = line
    return tuple(rows)


READERS: Mapping[str, Callable[[str], tuple[ArticleRow, ...]]] = MappingProxyType(
    {"atera": atera_rows, "atlas": atlas_rows}
)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that stands where it stood, and says something else of the type, or of a purpose."""

    before: ArticleRow
    after: ArticleRow


@dataclass(frozen=True, slots=True)
class PageCheck:
    """How a page differs from an edition. `same_text`: it is, to the byte, the text that the edition was taken from."""

    edition: Edition
    rows: int
    gained: tuple[ArticleRow, ...]
    lost: tuple[ArticleRow, ...]
    changed: tuple[RowChange, ...]
    same_text: bool

    @property
    def differs(self) -> bool:
        """Whether any row differs."""
        return bool(self.gained or self.lost or self.changed)


def vendor_of(text: str) -> str:
    """Return the vendor whose reader finds rows in a page; UsageError when none does, or more than one."""
    counts = {vendor: len(read(text)) for vendor, read in READERS.items()}
    vendors = [vendor for vendor, count in counts.items() if count]
    if len(vendors) == 1:
        return vendors[0]
    why = "has rows of more than one vendor" if vendors else "has no row of permissions that a reader knows"
    raise UsageError(f"the page {why}; name the vendor with --vendor ({', '.join(READERS)}), or save the page again")


def check_page(edition: Edition, text: str, sha256: str) -> PageCheck:
    """Return how the rows in a page differ from those of an edition; UsageError when the page has none."""
    if edition.vendor not in READERS:
        raise UsageError(f"there is no reader for the page of {edition.vendor}; there are {', '.join(READERS)}")
    rows = READERS[edition.vendor](text)
    if not rows:
        raise UsageError(
            f"the page has no row of permissions of {edition.vendor}; save it once more, whole, as text or as HTML only"
        )
    gained, lost = _beyond(rows, documented_rows(edition)), _beyond(documented_rows(edition), rows)
    changed = []
    for before in list(lost):
        after = next((row for row in gained if _place(row) == _place(before)), None)
        if after is not None:
            changed.append(RowChange(before, after))
            lost.remove(before)
            gained.remove(after)
    same = sha256 == edition.source.sha256
    return PageCheck(edition, len(rows), _sorted(gained), _sorted(lost), tuple(changed), same)


def documented_rows(edition: Edition) -> list[ArticleRow]:
    """Return the rows that an edition was taken from; a twin that is only possible has none of its own."""
    return [entry.row for app in edition.apps for entry in app.permissions if entry.certain]


def _beyond(rows: Iterable[ArticleRow], others: Iterable[ArticleRow]) -> list[ArticleRow]:
    """Return the rows that the others do not have, or not as often."""
    left, beyond = Counter(map(_plain, others)), []
    for row in rows:
        left[_plain(row)] -= 1
        if left[_plain(row)] < 0:
            beyond.append(row)
    return beyond


def is_of(entry: DocumentedPermission, row: ArticleRow) -> bool:
    """Tell whether a documented permission was taken from a row."""
    return _plain(entry.row) == _plain(row)


def _plain(row: ArticleRow) -> ArticleRow:
    # How a page capitalises an API's name does not matter.
    return ArticleRow(row.section, row.api.casefold(), row.name, row.type, row.has_purpose)


def _place(row: ArticleRow) -> tuple[str, str, str]:
    return row.section, row.api.casefold(), row.name


def _sorted(rows: Iterable[ArticleRow]) -> tuple[ArticleRow, ...]:
    return tuple(sorted(rows, key=lambda row: (row.section, row.api, row.type or "", row.name)))


def row_document(row: ArticleRow) -> dict[str, Any]:
    """Return a row of a vendor's page as JSON values."""
    return {
        "section": row.section,
        "api": row.api,
        "name": row.name,
        "type": row.type.value if row.type else None,
        "hasPurpose": row.has_purpose,
    }
