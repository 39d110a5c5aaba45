"""Where words go: progress on stderr, results on stdout. With `--json`, stdout holds one document and nothing else.

Knows how to print, not what. rich honours NO_COLOR. A terminal gets its lines broken between words; a pipe or a file
gets them whole, as long as they are. Whoever cannot be told the results gets none: a command ends where stdout cannot
be written. It goes on where only stderr cannot.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lockstep.errors import OutputError


class Screen:
    """The two streams of one command."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._err = _Console(sys.stderr)
        self._out = self._err if as_json else _Console(sys.stdout)

    def progress(self, text: str, style: str = "") -> None:
        """Say what is going on."""
        self._err.write_line(text, style)

    def error(self, text: str) -> None:
        """Say what went wrong, in one line."""
        self.progress(f"error: {' '.join(text.split())}", "bold red")

    def result(self, text: str = "", style: str = "") -> None:
        """Print a line of the result."""
        self._out.write_line(text, style)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> None:
        """Print rows under a head, which is left out where it has no words; `styles` gives one style for each row."""
        self._out.write_table(head, rows, styles)

    def document(self, document: Any) -> None:
        """Print the one document of `--json`."""
        if self.as_json:
            print_json(document)


def print_json(document: Any) -> None:
    """Print a document on stdout; what the encoding of stdout lacks is written as JSON writes it."""
    whole = (sys.stdout.encoding or "").lower().startswith("utf")
    try:
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=not whole) + "\n")
        sys.stdout.flush()
    except OSError as error:
        raise OutputError("stdout", error) from None


def _width(stream: TextIO) -> int | None:
    """Return the width of the terminal that a stream goes to; None where there is none, or where COLUMNS says it."""
    if not stream.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


class _Console(Console):
    """One stream. A terminal's width is the terminal's; elsewhere a row or a line is as wide as its words."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(file=stream, highlight=False, markup=False, width=_width(stream))
        self._stream = stream

    def write_line(self, text: str, style: str) -> None:
        self._put(Text(text, style=style), soft_wrap=not self._stream.isatty())

    def write_table(self, head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(head))
        width = 0
        for cells in zip(head, *rows, strict=True):
            width += max(map(cell_len, cells)) + 2
            words = [word for cell in cells for word in cell.split()]
            table.add_column(cells[0], overflow="fold", min_width=max(map(cell_len, words), default=0))
        for index, row in enumerate(rows):
            table.add_row(*(Text(cell) for cell in row), style=styles[index] if styles else None)
        if not self._stream.isatty():
            self.width = width
        self._put(table, crop=False)

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError

    def _put(self, what: Text | Table, **options: Any) -> None:
        try:
            self.print(what, **options)
            self._stream.flush()
        except OSError as error:
            if self._stream is sys.stdout:
                raise OutputError("stdout", error) from None
