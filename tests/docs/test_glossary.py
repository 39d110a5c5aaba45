"""The glossary explains the words that matter, once each, and no page for users says the same by a retired word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, inline, pages, read

GLOSSARY = "docs/glossary.md"
WORDS = (
    *("catalogue", "edition", "permission", "configured", "consent", "exact", "additive", "added", "claimed"),
    *("foreign", "tolerated", "withheld", "stack app", "pack", "gate", "rehearsal"),
)
RETIRED = {
    r"twins?": "a tolerated permission, or: the delegated permission of the same name",
    r"(?:allow|white)list\w*": "what the edition documents",
    r"dry[ -]runs?": "a preview, or a rehearsal",
    r"simulat\w+": "a rehearsal",
    r"unmanaged|alien": "foreign",
}
"""Words that pages have used, or could use, for something in the glossary, and what to say instead."""


def test_every_word_has_one_row_with_a_meaning_and_an_example() -> None:
    rows = [line.strip("| ").split(" | ") for line in read(GLOSSARY).splitlines() if line.startswith("| ")][1:]
    assert [row[0] for row in rows] == list(WORDS)
    assert [row[0] for row in rows if len(row) != 3 or not all(row)] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_no_page_uses_a_retired_word(page: Path) -> None:
    """Code and CHANGELOG.md may: there stand names of before."""
    if page.name == "CHANGELOG.md":
        return
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for word in inline(text):
        text = text.replace(f"`{word}`", "")
    used = {word: better for word, better in RETIRED.items() if re.search(rf"\b(?:{word})\b", text, re.IGNORECASE)}
    assert used == {}
