"""A vendor's page as somebody saved it, as HTML, Markdown or text: the blocks that it has, in their order.

Knows HTML, Markdown, and what a browser copies from a table; knows nothing of any vendor, of APIs or of permissions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser, LexborNode

from lockstep.text_file import decoded, read_bytes

_HTML = re.compile(r"<(?:!doctype html|html|head|body|table|div|h[1-6]|p|ul)\b", re.IGNORECASE)
_MARKDOWN = re.compile(r"^#{1,6} \S|\*\*\S[^*\n]*\S\*\*|`[^`\n]+`|\]\(https?:", re.MULTILINE)
_RULE = re.compile(r"\|?[ :]*-{3,}[ :|-]*")
"""The line of dashes below the head of a table."""
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "head", "nav", "footer"})
_BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl"),
        *("dt", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "ul"),
    ]
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_WIDEST = 200
"""No cell of a table of permissions goes over more rows or columns: what a page claims beyond is a mistake."""


TEXT_HEADING = 7
"""The level of what may be a heading in plain text, which does not say."""


class Kind(StrEnum):
    """What a block of a page is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    TABLE = "table"
    CELLS = "cells"
    """Cells of a table whose rows were lost when it was copied as text: one after the other."""


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, entry of a list, or table. `level` is that of a heading: 1 is the highest.

    A cell that goes over several rows or columns stands in each of them. `has_head`: the first row names the columns.
    """

    kind: Kind
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    has_head: bool = False


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A page: its title where it has one, its blocks, and the SHA-256 of the file's bytes."""

    title: str
    blocks: tuple[Block, ...]
    sha256: str


def read_page(path: Path) -> SavedPage:
    """Return a saved page; UsageError when the file cannot be read as one."""
    raw = read_bytes(path)
    return SavedPage(*_page(decoded(raw, str(path))), sha256(raw).hexdigest())


def page_from(text: str) -> SavedPage:
    """Return the page that a text is."""
    return SavedPage(*_page(text), sha256(text.encode()).hexdigest())


def _page(text: str) -> tuple[str, tuple[Block, ...]]:
    if _HTML.search(text):
        return _of_html(text)
    if _MARKDOWN.search(text):
        return _of_html(MarkdownIt("commonmark").enable("table").render(_cut_rows_together(text)))
    return "", tuple(_of_text(text.splitlines()))


def _words(text: str) -> str:
    return " ".join(_INVISIBLE.sub("", text).split())


def _of_html(text: str) -> tuple[str, tuple[Block, ...]]:
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    blocks = tuple(_blocks(tree.body)) if tree.body is not None else ()
    return (_words(title.text()) if title is not None else ""), blocks


def _blocks(node: LexborNode) -> Iterator[Block]:
    """Yield the blocks below a node. Text that stands beside blocks is a paragraph of its own."""
    loose: list[str] = []
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag in _SILENT:
            continue
        if tag == "-text" or not _has_blocks(child):
            loose.append(child.text() if tag == "-text" else _inline(child))
            continue
        yield from _paragraph(loose, Kind.ITEM if node.tag == "li" else Kind.PARAGRAPH)
        loose.clear()
        if tag == "table":
            yield from _table(child)
        elif tag in _HEADINGS:
            yield from _paragraph([_inline(child)], Kind.HEADING, _HEADINGS[tag])
        elif tag in ("li", "dt", "dd") and not any(_has_blocks(inner) for inner in child.iter()):
            yield from _paragraph([_inline(child)], Kind.ITEM)
        else:
            yield from _blocks(child)
    yield from _paragraph(loose, Kind.ITEM if node.tag == "li" else Kind.PARAGRAPH)


def _has_blocks(node: LexborNode) -> bool:
    return node.tag in _BLOCKS or any(_has_blocks(child) for child in node.iter())


def _inline(node: LexborNode) -> str:
    """Return the text of a node and of all that is in it; what is a block of its own is apart from its neighbours."""
    parts = []
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag == "-text":
            parts.append(child.text())
        elif tag == "img":
            parts.append(child.attributes.get("alt") or "")
        elif tag == "input":
            parts.append("x" if "checked" in child.attributes else "")
        elif tag not in _SILENT:
            parts.append(f" {_inline(child)} " if tag in _BLOCKS else _inline(child))
    return "".join(parts)


def _paragraph(parts: Sequence[str], kind: Kind, level: int = 0) -> Iterator[Block]:
    text = _words("".join(parts))
    if text:
        yield Block(kind, text, level)


def _table(node: LexborNode) -> Iterator[Block]:
    """Yield a table, and before it its caption. A table in a cell is a table of its own, behind the outer one."""
    for caption in node.css("caption"):
        yield from _paragraph([_inline(caption)], Kind.PARAGRAPH)
    inner = [each for each in node.css("table") if each.mem_id != node.mem_id]
    below = {each.mem_id for table in inner for each in table.css("tr")}
    lines = [line for line in node.css("tr") if line.mem_id not in below]
    rows: list[list[str]] = []
    spans: dict[int, tuple[int, str]] = {}
    heads = 0
    for line in lines:
        row: list[str] = []
        cells = [cell for cell in line.iter() if cell.tag in ("td", "th")]
        heads += bool(not rows and cells and all(cell.tag == "th" for cell in cells))
        for cell in cells:
            _carry(row, spans)
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            text = "" if cell.css_first("table") else _words(_inline(cell))
            for _ in range(across):
                if down > 1:
                    spans[len(row)] = (down - 1, text)
                row.append(text)
        _carry(row, spans)
        if row:
            rows.append(row)
    if rows:
        yield Block(Kind.TABLE, rows=tuple(map(tuple, rows)), has_head=bool(heads))
    for table in inner:
        yield from _table(table)


def _carry(row: list[str], spans: dict[int, tuple[int, str]]) -> None:
    """Put into a row the cells from above that go over it, as far as they come next."""
    while len(row) in spans:
        left, text = spans.pop(len(row))
        if left > 1:
            spans[len(row)] = (left - 1, text)
        row.append(text)


def _span(cell: LexborNode, name: str) -> int:
    word = cell.attributes.get(name) or ""
    return min(int(word), _WIDEST) if word.isdecimal() and int(word) > 0 else 1


def _of_text(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the blocks of plain text: a line with a bar or a tab belongs to a table, any other is a paragraph."""
    lines = [_INVISIBLE.sub("", line) for line in lines]
    table: list[str] = []
    for number, line in enumerate(lines):
        below = next((other.strip() for other in lines[number + 1 :] if other.strip()), "")
        if "|" in line or "\t" in line or (line.strip() and (_goes_on(table) or (table and below == "|"))):
            table.append(line)
            continue
        yield from _text_table(table)
        table = []
        text = _words(line)
        if text:
            # An asterisk is no bullet: it explains a word above that has one behind it.
            item = re.match(r"[-\u2022\u25e6] +(?=\S)", text)
            kind = Kind.ITEM if item else Kind.HEADING if _is_short(text) else Kind.PARAGRAPH
            yield Block(kind, text[item.end() :] if item else text, TEXT_HEADING if kind is Kind.HEADING else 0)
    yield from _text_table(table)


def _is_short(text: str) -> bool:
    """Tell whether a line of plain text may be a heading: it is short, and no sentence."""
    return len(text) <= 90 and not re.search(r"[.!?:;,]$|[.!?:] ", text)


def _goes_on(table: Sequence[str]) -> bool:
    """Tell whether the last line of a table ends within a cell."""
    return bool(table) and "|" in table[-1] and not table[-1].rstrip().endswith("|")


def _text_table(lines: Sequence[str]) -> Iterator[Block]:
    if not lines:
        return
    bar = "|" if any("|" in line for line in lines) else "\t"
    has_head = any(_RULE.fullmatch(line.strip()) for line in lines)
    lines = [line for line in lines if not _RULE.fullmatch(line.strip())]
    joined: list[str] = []
    for line in lines:
        # A line that begins with a bar begins a row, where rows do that at all.
        if joined and bar == "|" and lines[0].startswith("|") and not line.startswith("|"):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    rows = [tuple(_words(cell) for cell in _cells(line, bar)) for line in joined]
    if rows and len({len(row) for row in rows}) == 1 and len(rows[0]) > 1:
        yield Block(Kind.TABLE, rows=tuple(rows), has_head=has_head)
    else:
        yield Block(Kind.CELLS, rows=(tuple(_words(cell) for cell in " \n ".join(lines).split(bar)),))


def _cells(line: str, bar: str) -> list[str]:
    if bar == "|":
        line = line.strip().removeprefix("|").removesuffix("|")
    return line.split(bar)


def _cut_rows_together(text: str) -> str:
    """Return Markdown whose pipe tables have their lines together: what a converter cut is put back."""
    lines: list[str] = []
    for line in text.splitlines():
        open_row = bool(lines) and lines[-1].startswith("|") and not lines[-1].rstrip().endswith("|")
        after_row = bool(lines) and lines[-1].startswith("|") and lines[-1].count("|") < _columns(lines)
        if line.strip() and not line.startswith("|") and (open_row or after_row):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _columns(lines: Sequence[str]) -> int:
    """Return how many bars the last line of dashes has, which says how many columns its table has."""
    dashes = (line for line in reversed(lines) if re.fullmatch(r"\|?[ :|-]+\|[ :|-]*", line) and "-" in line)
    return next(dashes, "").count("|")
