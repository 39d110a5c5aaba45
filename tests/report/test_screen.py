"""A pipe gets everything whole; a terminal gets lines that break between words; an output that fails ends a command."""

from __future__ import annotations

import io
import json
import os
import pty
import termios
import threading
from collections.abc import Callable
from typing import TextIO, cast

import pytest

from lockstep.errors import OutputError
from lockstep.report.screen import Screen

HEAD = ("app", "missing", "withheld", "state")
ROWS = [("Atlas " * 40 + "x" * 300, "1", "2", "missing"), ("日本語 é" * 30, "12", "withheld", "y" * 12_000)]


def _piped(monkeypatch: pytest.MonkeyPatch, say: Callable[[Screen], None]) -> str:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    say(Screen())
    return stream.getvalue()


def _on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, say: Callable[[Screen], None]) -> str:
    """Return what a terminal of that width would get."""
    keyboard, screen = pty.openpty()
    termios.tcsetwinsize(screen, (24, columns))
    said: list[bytes] = []

    def read() -> None:
        while True:
            try:
                content = os.read(keyboard, 65536)
            except OSError:  # the other end is closed
                return
            said.append(content)

    reader = threading.Thread(target=read)
    reader.start()
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    with os.fdopen(screen, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        say(Screen())
        monkeypatch.undo()
    reader.join()
    os.close(keyboard)
    return b"".join(said).decode().replace("\r\n", "\n")


@pytest.mark.parametrize("variables", [{}, {"COLUMNS": "40"}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}, {"CI": "1"}])
def test_d6_a_table_in_a_pipe_loses_no_letter(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    lines = _piped(monkeypatch, lambda screen: screen.table(HEAD, ROWS)).splitlines()
    assert len(lines) == 1 + len(ROWS)
    for row, line in zip(ROWS, lines[1:], strict=True):
        assert all(cell.strip() in line for cell in row)


def test_d6_a_line_in_a_pipe_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "word " * 5_000 + "end"
    assert _piped(monkeypatch, lambda screen: screen.result(text)) == f"{text}\n"


def test_d6_a_table_without_a_head_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _piped(monkeypatch, lambda screen: screen.table(("", ""), [("a", "b")]))
    assert said.split() == ["a", "b"]


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_d12_a_warning_breaks_between_words(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    text = "  warning: Atlas.ConneX Workspaces Sync has application permissions on SharePoint (User.Read.All), which"
    said = _on_a_terminal(monkeypatch, columns, lambda screen: screen.result(text))
    assert said.split() == text.split()
    assert len(said.splitlines()) > 1
    assert all(len(line) <= columns for line in said.splitlines())


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_d12_a_table_on_a_narrow_terminal_keeps_its_words(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    rows = [
        ("SharePoint Online Client Extensibility Web Application Principal", "missing", "withheld", "as documented")
    ]
    said = _on_a_terminal(monkeypatch, columns, lambda screen: screen.table(HEAD, rows))
    for word in [*HEAD, *" ".join(rows[0]).split()]:
        assert word in said


class _Failing(io.StringIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def flush(self) -> None:
        raise self._error


def test_d5_a_command_ends_where_its_results_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", _Failing(OSError(28, "No space left on device")))
    says: list[Callable[[], None]] = [
        lambda: Screen().result("x"),
        lambda: Screen().table(("a",), [("b",)]),
        lambda: Screen(as_json=True).document({}),
    ]
    for say in says:
        with pytest.raises(OutputError, match="stdout cannot be written: No space left on device") as caught:
            say()
        assert caught.value.closed is False


def test_d5_a_reader_that_has_gone_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", _Failing(BrokenPipeError(32, "Broken pipe")))
    with pytest.raises(OutputError) as caught:
        Screen().result("x")
    assert caught.value.closed is True


def test_d5_a_command_goes_on_where_only_its_progress_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", _Failing(BrokenPipeError(32, "Broken pipe")))
    Screen().progress("x")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_d5_a_document_is_json_in_every_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    monkeypatch.setattr("sys.stdout", cast(TextIO, stream))
    document = {"name": "Zoë · 日本 🔒"}
    Screen(as_json=True).document(document)
    assert json.loads(raw.getvalue().decode(encoding)) == document
