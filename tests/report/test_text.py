"""Text of others: it stays on its line, shows what it holds, and commands no CI agent."""

from __future__ import annotations

import pytest
from hypothesis import given

from lockstep.report.terminal import count, lines, summary
from lockstep.report.text import inert, visible
from tests.report.samples import ALL, HOSTILE, NONE, hostile, many


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Größe 漢字 🙂", "Größe 漢字 🙂"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31m\x00\x7f\x85", r"\x1b[31m\x00\x7f\x85"),
        ("\u202e\u2028\u200b\ufeff", r"\u202e\u2028\u200b\ufeff"),
        ("\ud800\ufffe\U000e0041\U0001ffff", r"\ud800\ufffe\U000e0041\U0001ffff"),
    ],
)
def test_what_does_not_show_itself_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\::error::x"),
        ("  ::error::x", r"\::error::x"),
        ("a ::error::x", "a ::error::x"),
        ("a ##vso[task.complete]", r"a #\#vso[task.complete]"),
        ("##[error]x", r"#\#[error]x"),
        ("a::b", "a::b"),
    ],
)
def test_no_line_commands_an_agent(text: str, shown: str) -> None:
    assert inert(text) == shown


@given(hostile)
def test_any_text_is_one_printable_line(text: str) -> None:
    line = inert(text)
    assert line.splitlines() in ([line], [])
    assert not line.lstrip().startswith("::")
    assert "##vso[" not in line
    assert line.encode("utf-8").decode("utf-8") == line


@given(many)
def test_no_line_of_the_terminal_commands_an_agent(findings: object) -> None:
    for line, _ in lines(findings):  # type: ignore[arg-type]
        assert line.splitlines() == [line]
        assert not line.lstrip().startswith("::")
        assert "##vso[" not in line
        assert "##[" not in line


def test_the_lines_of_findings() -> None:
    assert [line for line, _ in lines(ALL)] == [
        "components/enterprise app.py:12:5: error: Mail.ReadWrite is not documented [undocumented-permission]",
        "    on: stack dev: Atera",
        "    allowed: Mail.Read",
        "    fix: take it out",
        "    source: Atera, edition 2026-11-22",
        "a.yaml: warning: ends tomorrow [expired-exception]",
        "    on: exception 3",
        "information: used once [expired-exception]",
        "    on: exception 4",
        "gate: checked 82 permissions of 8 apps: 1 error, 1 warning, 1 remark",
    ]


def test_one_of_a_thing_is_said_as_one() -> None:
    assert summary(NONE) == "gate: checked 1 permission of 1 app: no findings"
    assert count(0, "errors") == "0 errors"


def test_the_hostile_samples_are_hostile() -> None:
    assert sum(visible(text) != text or inert(text) != text for text in HOSTILE) >= 9
