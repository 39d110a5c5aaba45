"""The rows of a vendor's saved article: which permission stands in which section, and no sentence of the text.

Completeness is checked against these rows. Knows how each vendor's page looks once saved as text; knows nothing of
the catalogue's own files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from lockstep.catalogue.model import ArticleRow
from lockstep.catalogue.permission import PermissionType

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
