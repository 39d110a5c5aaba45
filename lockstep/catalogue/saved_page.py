"""A vendor's page as somebody saved it, text or HTML, as the text that the readers of articles know.

Knows HTML and nothing of any vendor. A table's row becomes a line of cells with bars, a list's entry begins with `- `.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from lockstep.text_file import decoded, read_bytes

_HTML = re.compile(r"<(?:!doctype html|html|head|body|table|div|h[1-6]|p|ul)\b", re.IGNORECASE)
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "title", "head"})
_BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl"),
        *("dt", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"),
        *("h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    ]
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def read_page(path: Path) -> tuple[str, bytes]:
    """Return a saved page's text, and the bytes of the file; UsageError when it cannot be read as a page."""
    raw = read_bytes(path)
    return page_text(decoded(raw, str(path))), raw


def page_text(text: str) -> str:
    """Return the text of HTML, and anything else as it is."""
    if not _HTML.search(text):
        return text
    page = _Page()
    page.feed(text)
    page.close()
    return page.text


class _Page(HTMLParser):
    """Turns a page into lines. Tags that HTML lets an author leave out (`</td>`, `</tr>`, `</li>`) are not missed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._words: list[str] = []
        self._row: list[str] | None = None
        self._in_cell = False
        self._silent: list[str] = []
        self._mark = ""

    @property
    def text(self) -> str:
        """The lines so far."""
        self._end_row()
        self._flush()
        return "\n".join(self._lines) + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._silent.clear()  # a head that was never closed ends here
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag == "tr":
            self._end_row()
            self._flush()
            self._row = []
        elif tag in ("td", "th"):
            self._end_cell()
            self._in_cell = True
        elif self._in_cell:
            self._words.append(" " if tag in _BLOCKS else "")
        elif tag in _BLOCKS:
            self._flush()
            self._mark = "- " if tag == "li" else self._mark

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in self._silent:
                del self._silent[self._silent.index(tag) :]
            return
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "thead", "tbody", "tfoot", "table"):
            self._end_row()
        elif self._in_cell:
            self._words.append(" " if tag in _BLOCKS else "")
        elif tag in _BLOCKS:
            self._flush()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)

    def _taken(self) -> str:
        text = " ".join(_INVISIBLE.sub("", "".join(self._words)).split())
        self._words.clear()
        return text

    def _flush(self) -> None:
        text = self._taken()
        if text:
            self._lines.append(f"{self._mark}{text}")
            self._mark = ""

    def _end_cell(self) -> None:
        if self._in_cell:
            self._in_cell = False
            cell = self._taken().replace("|", "/")
            self._row = [*(self._row or []), cell]
        else:
            self._words.clear()

    def _end_row(self) -> None:
        self._end_cell() if self._in_cell else None
        if self._row:
            self._lines.append(f"| {' | '.join(self._row)} |")
        self._row = None
