"""Reads one edition file: YAML, shape, meaning. Every refusal names file, line and column.

The shape is not checked again of a file that is as it was shipped, byte for byte: `data/shipped.json` has its digest,
and a test checks the shape of each. So what only reads the shipped catalogue need not wait for pydantic.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from lockstep.catalogue.api import data
from lockstep.catalogue.model import Edition
from lockstep.catalogue.resolve import Fields, edition_from
from lockstep.errors import CatalogueError
from lockstep.text_file import read_text
from lockstep.yaml_file import Node, parse_yaml


def load_edition(path: Path | str, name: str = "") -> Edition:
    """Return the edition in a file, checked whole; CatalogueError when the file is not what it must be.

    `name` is what messages call the file, where that is not its path.
    """
    name = name or str(path)
    text = read_text(Path(path), name, error=CatalogueError)
    root = parse_yaml(text, name, error=CatalogueError)
    if digest(text) not in _shipped() or root is None:
        _check(root, name)
    assert root is not None  # noqa: S101  (checked)
    return edition_from(Fields(root))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an edition file, for editors; `schema.json` is its export."""
    from lockstep.catalogue.layout import EditionFile
    from lockstep.json_schema import file_schema

    return file_schema(EditionFile, "Lockstep catalogue edition")


def digest(text: str) -> str:
    """Return the digest of an edition file by which it is known as shipped."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@cache
def _shipped() -> frozenset[str]:
    return frozenset(data("shipped.json").values())


def _check(root: Node | None, name: str) -> None:
    from lockstep.catalogue.layout import EditionFile
    from lockstep.catalogue.shape import checked

    if root is None:
        fields = [name for name, field in EditionFile.model_fields.items() if field.is_required()]
        raise CatalogueError(f"{name}:1:1: the file is empty; an edition needs {', '.join(fields)}")
    checked(root, EditionFile)
