"""Reads our own documents: their links, their tables and the commands that they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DOCS = REPOSITORY / "docs"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SHELLS = ("", "bash", "sh", "console", "powershell", "pwsh")


def pages() -> list[Path]:
    """Return every document that a user reads."""
    return sorted([*DOCS.glob("*.md"), *REPOSITORY.glob("*.md")])


def read(name: str) -> str:
    """Return a document by its path in the repository."""
    return (REPOSITORY / name).read_text(encoding="utf-8")


def links(text: str) -> list[str]:
    """Return the targets of a document's links, without those in code."""
    return _LINK.findall(_INLINE.sub("", _FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code(text: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return [body for name, body in _FENCE.findall(text) if name == language]


def inline(text: str) -> list[str]:
    """Return the inline code of a document."""
    return _INLINE.findall(_FENCE.sub("", text))


def table(text: str, heading: str) -> dict[str, str]:
    """Return the rows of the first table under a heading: the first cell, and the whole row."""
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    body = next(part for part in section if part.startswith(f"{heading}\n"))
    rows = [line for line in body.splitlines() if line.startswith("|")][2:]
    return {line.split("|")[1].strip(): line for line in rows}


def commands(text: str) -> Iterator[str]:
    """Yield every `lockstep ...` that a document shows, in blocks for a shell and in running text."""
    lines = [line for name, body in _FENCE.findall(text) if name in _SHELLS for line in body.splitlines()]
    for line in [*lines, *inline(text)]:
        for found in re.findall(r"(?:^|\$\(|[;&|] ?|\$ )\s*(lockstep [^;&|)\"#]+)", line):
            yield found.strip()


def commands_in_order(text: str, *, prose: bool = False) -> list[str]:
    """Return the lines of a document's shell blocks that run `lockstep`, `pulumi` or `make`, whole, as they come.

    With `prose` also those in tables and sentences.
    """
    found = []
    for part in re.split(r"(^```\w*\n.*?^```$)", text, flags=re.MULTILINE | re.DOTALL):
        fence = _FENCE.fullmatch(part)
        lines = fence[2].splitlines() if fence and fence[1] in _SHELLS else []
        lines += _INLINE.findall(part) if prose and not fence else []
        found += [
            line.removeprefix("$ ") for line in lines if re.match(r"(?:\$ )?(?:lockstep|pulumi|make) [a-z]", line)
        ]
    return found
