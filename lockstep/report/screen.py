"""Where words go: progress on stderr, results on stdout. With `--json`, stdout holds one document and nothing else.

Knows how to print, not what. rich honours NO_COLOR.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH = 10_000  # for pipes and files: a table has the width of its words, and nothing is cut off


class Screen:
    """The two streams of one command."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._err = _console(stderr=True)
        self._out = self._err if as_json else _console(stderr=False)

    def progress(self, text: str, style: str = "") -> None:
        """Say what is going on."""
        self._err.print(Text(text, style=style), soft_wrap=True)
        sys.stderr.flush()

    def error(self, text: str) -> None:
        """Say what went wrong, in one line."""
        self.progress(f"error: {' '.join(text.split())}", "bold red")

    def result(self, text: str = "", style: str = "") -> None:
        """Print a line of the result."""
        self._out.print(Text(text, style=style), soft_wrap=True)
        sys.stdout.flush()

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> None:
        """Print rows under a head; `styles` gives one style for each row."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in head:
            table.add_column(name, overflow="fold", no_wrap=not self._out.is_terminal)
        for index, row in enumerate(rows):
            table.add_row(*(Text(cell) for cell in row), style=styles[index] if styles else None)
        self._out.print(table)
        sys.stdout.flush()

    def document(self, document: Any) -> None:
        """Print the one document of `--json`."""
        if self.as_json:
            json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
            sys.stdout.write("\n")
            sys.stdout.flush()


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, highlight=False, markup=False, width=None if stream.isatty() else _WIDTH)
