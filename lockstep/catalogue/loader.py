"""Reads one edition file: text, YAML, shape, meaning. Every refusal names file, line and column.

PyYAML is imported when a file is read, not before: most commands need no more than one edition.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lockstep.catalogue.layout import EDITION
from lockstep.catalogue.model import Edition
from lockstep.catalogue.resolve import edition_from
from lockstep.catalogue.shape import Place
from lockstep.errors import CatalogueError


def load_edition(path: Path | str) -> Edition:
    """Return the edition in a file, checked whole; CatalogueError when the file is not what it must be."""
    place = Place(str(path))
    node = _compose(_text(Path(path)), place)
    return edition_from(EDITION.read(node, place), place)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path}: not UTF-8 text at byte {error.start}; save the file as UTF-8") from None
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}; name an edition file") from None


def _compose(text: str, place: Place) -> Any:
    """Return the root node. Nodes keep their places, which loaded values do not."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        message = f"not YAML: {error.problem or error.context}; correct the syntax"
        if error.problem_mark is None:
            raise CatalogueError(f"{place.file}: {message}") from None
        raise place.refuse(error.problem_mark, message) from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise CatalogueError(f"{place.file}: not YAML: {reason}; correct the text") from None
    except RecursionError:
        raise CatalogueError(f"{place.file}: not an edition: nested too deeply; compare it with schema.json") from None
    if node is None:
        raise CatalogueError(f"{place.file}:1:1: the file is empty; an edition needs {', '.join(EDITION.required)}")
    return node
