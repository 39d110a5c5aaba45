"""The audit's document, its models, its schema and the table of its fields say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lockstep.audit import document as models
from lockstep.audit.document import AuditDocument, AuditPart, schema
from tests.command.conftest import Command
from tests.docs.pages import read, table

SCHEMA = Path(models.__file__).with_name("schema.json")
Node = Mapping[str, Any]


def fields(part: Node, path: str = "", met: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """Yield the path and the description of every field; the fields of one part once, where it is met first."""
    met = set() if met is None else met
    for name, node in part["properties"].items():
        options = [node, *node.get("anyOf", ())]
        lists = [option for option in options if "items" in option]
        maps = [option for option in options if isinstance(option.get("additionalProperties"), dict)]
        mark = "[]" if lists else ".*" if maps else ""
        inside = [*options, *(one["items"] for one in lists), *(one["additionalProperties"] for one in maps)]
        yield f"{path}{name}{mark}", str(node.get("description"))
        for reference in {str(one["$ref"]).rpartition("/")[2] for one in inside if "$ref" in one} - met:
            met.add(reference)
            yield from fields(schema()["$defs"][reference], f"{path}{name}{mark}.", met)


def test_the_schema_in_the_package_is_that_of_the_models() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()


def test_the_page_has_a_row_for_every_field_and_no_other() -> None:
    rows = table(read("docs/audit.md"), "Every field")
    said = {path.strip("`"): row.split("|")[2].strip() for path, row in rows.items()}
    assert said == dict(fields(schema()))


def test_every_field_is_described() -> None:
    parts = [part for part in vars(models).values() if isinstance(part, type) and issubclass(part, AuditPart)]
    assert len(parts) > 10
    assert not [
        f"{part.__name__}.{name}" for part in parts for name, f in part.model_fields.items() if not f.description
    ]


@pytest.mark.parametrize("profile", ["brownfield", "drifted"])
def test_what_is_printed_is_what_the_schema_says(lockstep: Command, project: Path, profile: str) -> None:
    lockstep("emulator", "reset", "--profile", profile)
    printed = lockstep("audit", "--stack", "dev", "--json")
    (project / "before.json").write_text(printed.out, encoding="utf-8")
    compared = lockstep("audit", "--stack", "dev", "--compare", "before.json", "--json")
    for document in (printed.document, compared.document):
        jsonschema.validate(document, schema())
        evidence = {name: document[name] for name in document if name in schema()["properties"]}
        assert AuditDocument.model_validate(evidence).values() == evidence
        assert {"format", "time", "commit", "exceptions", "approvals", "tenants"} <= evidence.keys()
    assert "changes" in compared.document


def test_an_older_document_lacks_only_what_was_added_since() -> None:
    """A field that is added has a default, so that an earlier audit stays readable."""
    required = {name for part in (schema(), *schema()["$defs"].values()) for name in part.get("required", ())}
    assert required <= set(FIRST.split())


FIRST = """
activity after ageDays api apiId app apps approvals before by caller candidates clientId commit configured consented
created credentials digest directoryRoles documented editions enabled environment error events exceptions exposedScopes
expires expiresInDays format id basis kind lookAlikes mode name needs notRead objectId of owners permissions
preAuthorized principal requests scope servicePrincipalId since stack state status tenant tenants time type userConsents
users value vendor what why
"""
"""The names of the fields of the first document. None is ever added here: a new field is not required."""
