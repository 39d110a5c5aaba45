"""The file beside an edition with the digests of its page's texts: how it is written, and how it is read.

Holds no sentence of a vendor's. Knows no page and no edition.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from lockstep.catalogue.model import PageText
from lockstep.errors import CatalogueError
from lockstep.text_file import read_json

TEXTS = ".texts.json"
"""What the name of such a file ends with, behind the edition's date."""
DECISIONS = ".decisions.yaml"
"""What the name of the file ends with that has a person's decisions about the rows of a page."""
_HINT = "`lockstep catalogue draft --page FILE --out FILE` writes such a file"


def texts_document(texts: Iterable[PageText]) -> str:
    """Return the file, one text a line: a later one shows in a diff what changed."""
    lines = [json.dumps([text.digest, text.section, text.place, list(text.supports)]) for text in texts]
    return '{\n "source": "the first of the edition",\n "texts": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def read_texts(path: Path, where: str) -> tuple[PageText, ...]:
    """Return what a file holds; CatalogueError, with `where` for the file, when it is not such a file."""
    document = read_json(path, where, hint=_HINT, error=CatalogueError)
    rows = document.get("texts") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise CatalogueError(f"{where}: has no list `texts`; {_HINT}")
    return tuple(_text(row, number, where) for number, row in enumerate(rows))


def _text(row: object, number: int, where: str) -> PageText:
    if isinstance(row, list) and len(row) == 4 and isinstance(row[3], list):
        digest, section, place, supports = row
        if all(isinstance(word, str) for word in (digest, section, place, *supports)):
            return PageText(digest, section, place, tuple(supports))
    raise CatalogueError(f"{where}: texts[{number}] is not [digest, heading, place, [what rests on it]]; {_HINT}")
