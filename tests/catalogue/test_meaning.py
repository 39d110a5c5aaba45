"""Every documented permission has a sentence of ours on what it allows, and no sentence is somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.catalogue import DocumentedPermission, load, meaning, meanings, risk
from tests.catalogue.test_wording import runs

DOCUMENTED = {
    f"{entry.api}/{entry.type.value}/{entry.name}": entry
    for vendor in load().vendors
    for edition in load().editions(vendor)
    for app in edition.apps
    for entry in app.permissions
}


def test_every_documented_permission_has_a_sentence_and_every_sentence_its_permission() -> None:
    assert set(meanings()) == set(DOCUMENTED)


def test_every_documented_permission_has_a_risk() -> None:
    assert [title for title, entry in DOCUMENTED.items() if risk(entry.permission) is None] == []


@pytest.mark.parametrize("entry", DOCUMENTED.values(), ids=DOCUMENTED)
def test_sentence_is_a_short_plain_one(entry: DocumentedPermission) -> None:
    text = meaning(entry)
    assert text is not None
    assert text.endswith(".")
    assert len(text) <= 200
    assert not text.startswith(("Allows", "Read and write "))


@pytest.mark.parametrize("entry", DOCUMENTED.values(), ids=DOCUMENTED)
def test_delegated_sentences_name_the_user(entry: DocumentedPermission) -> None:
    """Where what is reached depends on a user, the sentence says so; without a user it must not."""
    text = meaning(entry) or ""
    if entry.type.value == "application":
        assert "signed-in user" not in text


def test_no_sentence_is_an_articles(shared: Path) -> None:
    articles = set().union(*(runs(file.read_text(encoding="utf-8")) for file in (shared / "seeds").iterdir()))
    assert [text for text in meanings().values() if runs(text) & articles] == []
