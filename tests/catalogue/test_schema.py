"""The JSON Schema for editors: up to date, and of one mind with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from lockstep.catalogue import json_schema, load_edition
from lockstep.catalogue.api import DATA
from lockstep.catalogue.layout import EditionFile
from lockstep.catalogue.loader import digest
from lockstep.catalogue.shape import checked
from lockstep.errors import CatalogueError
from lockstep.yaml_file import parse_yaml

from .sample import EDITION

SCHEMA = Path(__file__).parents[2] / "lockstep" / "catalogue" / "schema.json"
EDITIONS = sorted((DATA / "editions").rglob("*.yaml"))


def plain(text: str) -> Any:
    """Return the sample as JSON would have it: its date is text."""
    return yaml.safe_load(text.replace("valid_from: 2026-01-31", "valid_from: '2026-01-31'"))


def test_schema_file_is_up_to_date() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema(), "run scripts/schemas.py"


@pytest.mark.parametrize("path", EDITIONS, ids=lambda path: path.stem)
def test_shipped_edition_has_the_shape_that_its_digest_stands_for(path: Path) -> None:
    """The loader does not check the shape of a file with a shipped digest, so it is checked here."""
    text = path.read_text(encoding="utf-8")
    shipped = json.loads((DATA / "shipped.json").read_text(encoding="utf-8"))
    assert shipped[f"{path.parent.name}/{path.stem}"] == digest(text), "run scripts/schemas.py"
    assert len(shipped) == len(EDITIONS)
    root = parse_yaml(text, path.name)
    assert root is not None
    assert checked(root, EditionFile).vendor == path.parent.name


def test_shipped_edition_with_a_change_is_checked(tmp_path: Path) -> None:
    (changed := tmp_path / "changed.yaml").write_text(EDITIONS[0].read_text(encoding="utf-8") + "more: 1\n")
    with pytest.raises(CatalogueError, match="unknown field 'more' in an edition"):
        load_edition(changed)


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", EDITIONS, ids=lambda path: path.stem)
def test_schema_takes_every_shipped_edition(path: Path) -> None:
    """Every shipped edition also says where its schema is, for editors."""
    text = path.read_text(encoding="utf-8")
    jsonschema.validate(yaml.safe_load(text), json_schema())
    address = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / address).resolve() == SCHEMA


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("product_version:", "product_versoin:"),
        ("    role: Offers the hub.\n", ""),
        ("type: delegated", "type: delegate"),
        ("vendor: acme", "vendor: Acme Inc"),
        ("apps:\n", "apps: []\nnothing:\n"),
    ],
)
def test_schema_refuses_what_the_loader_refuses(old: str, new: str) -> None:
    jsonschema.validate(plain(EDITION), json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain(EDITION.replace(old, new, 1)), json_schema())
