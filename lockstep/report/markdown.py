"""Findings as Markdown: a comment to post on a pull request, or the text of an issue.

Text of others can neither format, link, mention somebody nor open a block: prose is escaped, lines stand in a fence
that is longer than any run of backticks in them. What does not fit is cut, and how much was cut is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockstep.report.findings import Finding, Findings, Severity
from lockstep.report.terminal import count, parts, summary
from lockstep.report.text import inert

GITHUB = 65_536
AZURE_DEVOPS = 150_000

_RESERVE = 200  # room for the last line, which says what was cut
_LONGEST = 2_000  # of one text; a longer one is cut too
_ICONS = {Severity.ERROR: "🔴", Severity.WARNING: "🟡", Severity.INFORMATION: "🔵"}
_ACTIVE = re.compile(r"([\\`*_{}\[\]()+.!|~=$^:-])")
# GitHub and Azure DevOps look for these in the finished text, so a backslash does not stop them.
_CALLS = re.compile(r"([@#]|(?<=www)\\?\.|\\?!(?=\d)|\\?:(?=//)|(?<=\bGH)\\?-(?=\d))")


@dataclass(frozen=True)
class Section:
    """Lines to show before the findings, as they are, in a fence. `language` is `diff`, `yaml` or `text`."""

    title: str
    lines: Sequence[str]
    language: str = "text"


def markdown(findings: Findings, sections: Sequence[Section] = (), *, limit: int = GITHUB) -> str:
    """Return the Markdown text, at most `limit` characters long as UTF-16 counts them (the stricter way)."""
    page = _Page(limit - _RESERVE)
    head = "❌" if findings.exit_code() else "✅"
    page.add(f"### {head} Lockstep {escaped(findings.command)}\n\n{escaped(summary(findings))}\n")
    if findings.verdict:
        page.add(f"\n{escaped(findings.verdict)}\n")
    cut = [*_findings(page, findings), *_sections(page, sections)]
    if cut:
        page.force(f"\n**Cut to fit:** {', '.join(cut)} more. The command's other outputs hold everything.\n")
    return page.text


def escaped(text: str) -> str:
    """Return text of others as prose: it shows as it is, on one line, and does nothing."""
    line = _clipped(inert(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _CALLS.sub("\\1\N{ZERO WIDTH SPACE}", _ACTIVE.sub(r"\\\1", line))


def code(text: str) -> str:
    """Return text of others as a code span; nothing in a code span is read as Markdown, a mention or a link."""
    line = _clipped(inert(text))
    ticks = "`" * (_longest_run(line) + 1)
    return f"{ticks} {line} {ticks}" if line.startswith("`") or line.endswith("`") else f"{ticks}{line}{ticks}"


class _Page:
    """A text that grows as long as it fits."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def add(self, piece: str, *, with_end: str = "") -> bool:
        """Add a piece if it fits together with the end that must follow; tell whether it did."""
        if _units(piece) + _units(with_end) > self._room:
            return False
        self.force(piece)
        return True

    def force(self, piece: str) -> None:
        """Add a piece for which room is kept."""
        self._pieces.append(piece)
        self._room -= _units(piece)


def _findings(page: _Page, findings: Findings) -> Iterator[str]:
    rules = {rule.name: rule for rule in findings.rules}
    left = list(findings.sorted())
    if left and page.add("\n#### Findings\n\n"):
        while left and page.add(_item(left[0], rules[left[0].rule].title if left[0].rule in rules else left[0].rule)):
            left.pop(0)
    if left:
        yield count(len(left), "findings")


def _item(finding: Finding, title: str) -> str:
    place = f" at {code(str(finding.location))}" if finding.location else ""
    text = f"- {_ICONS[finding.severity]} **{escaped(title)}**{place}: {escaped(finding.message)}\n"
    for name, part in parts(finding):
        text += f"  - {name}: {escaped(part)}\n"
    return text


def _sections(page: _Page, sections: Sequence[Section]) -> Iterator[str]:
    lines = 0
    for section in sections:
        left = [_clipped(inert(line)) for line in section.lines]
        fence = "`" * max(3, *(_longest_run(line) + 1 for line in left)) if left else "```"
        end = f"{fence}\n"
        if left and page.add(f"\n#### {escaped(section.title)}\n\n{fence}{section.language}\n", with_end=end):
            while left and page.add(f"{left[0]}\n", with_end=end):
                left.pop(0)
            page.force(end)
        lines += len(left)
    if lines:
        yield count(lines, "lines")


def _clipped(line: str) -> str:
    over = len(line) - _LONGEST
    return f"{line[:_LONGEST]}… ({over} characters more)" if over > 0 else line


def _longest_run(line: str) -> int:
    return max((len(run) for run in re.findall("`+", line)), default=0)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
