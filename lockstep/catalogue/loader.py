"""Reads one edition file: YAML, shape, meaning. Every refusal names file, line and column."""

from __future__ import annotations

from pathlib import Path

from lockstep.catalogue.layout import EDITION
from lockstep.catalogue.model import Edition
from lockstep.catalogue.resolve import edition_from
from lockstep.errors import CatalogueError
from lockstep.yaml_file import read_yaml


def load_edition(path: Path | str) -> Edition:
    """Return the edition in a file, checked whole; CatalogueError when the file is not what it must be."""
    root = read_yaml(Path(path), where=str(path), error=CatalogueError)
    if root is None:
        raise CatalogueError(f"{path}:1:1: the file is empty; an edition needs {', '.join(EDITION.required)}")
    return edition_from(EDITION.read(root))
