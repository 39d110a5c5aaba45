"""The JSON Schema for editors: up to date, and of one mind with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from lockstep.catalogue import json_schema
from lockstep.catalogue.api import DATA

from .sample import EDITION

SCHEMA = Path(__file__).parents[2] / "lockstep" / "catalogue" / "schema.json"
EDITIONS = sorted((DATA / "editions").rglob("*.yaml"))


def plain(text: str) -> Any:
    """Return the sample as JSON would have it: its date is text."""
    return yaml.safe_load(text.replace("valid_from: 2026-01-31", "valid_from: '2026-01-31'"))


def test_schema_file_is_up_to_date() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema(), "run scripts/catalogue_schema.py"


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
