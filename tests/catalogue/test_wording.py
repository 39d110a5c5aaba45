"""Facts and names are the vendors'; the sentences are ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lockstep.catalogue.api import DATA

EDITIONS = sorted((DATA / "editions").rglob("*.yaml"))
TITLES = {"label", "written_as", "group", "section", "name"}
FEATURES = ["Content Type Extensions Utility", "https://learn.microsoft.com/en-us/graph/permissions-reference"]
RUN = 6


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9.]+", text.casefold())


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[start : start + RUN]) for start in range(len(found) - RUN + 1)}


def sentences(value: object, key: str = "") -> list[str]:
    """Return every text that we wrote; titles and names are taken over as they are."""
    if isinstance(value, dict):
        return [text for name, inner in value.items() if name not in TITLES for text in sentences(inner, name)]
    if isinstance(value, list):
        return [text for inner in value for text in sentences(inner, key)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("path", EDITIONS, ids=lambda path: path.stem)
def test_no_sentence_of_an_article_is_taken_over(path: Path, shared: Path) -> None:
    """No run of six words is the article's, but for names and for titles in quotes."""
    articles = set().union(*(runs(file.read_text(encoding="utf-8")) for file in (shared / "seeds").iterdir()))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    names = [principal["name"] for app in document["apps"] for principal in app.get("principals", [])]
    names = sorted(names + FEATURES + [app["name"] for app in document["apps"]], key=len, reverse=True)
    for text in sentences(document):
        text = re.sub('"[^"]*"', "QUOTED", text)
        for name in names:
            text = text.replace(name, "THING")
        assert not runs(text) & articles, text
