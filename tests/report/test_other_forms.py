"""JSON, GitHub annotations, and the options that ask for every form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import click
import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given

from lockstep.cli.options import findings
from lockstep.errors import UsageError
from lockstep.json_schema import document_schema
from lockstep.report import Findings
from lockstep.report.document import FindingsDocument, document
from lockstep.report.markdown import Section
from lockstep.report.outputs import Outputs
from lockstep.report.screen import Screen
from lockstep.report.terminal import workflow_commands
from lockstep.report.text import visible
from tests.conftest import REPOSITORY
from tests.docs.pages import inline, read, table
from tests.report.samples import ALL, NONE, many

SCHEMA = document_schema(FindingsDocument, "Findings of Lockstep")


def test_the_document() -> None:
    found = document(ALL).model_dump(by_alias=True)
    assert (found["command"], found["exitCode"], found["checked"]) == ("gate", 1, {"permissions": 82, "apps": 8})
    assert found["counts"] == {"error": 1, "warning": 1, "information": 1}
    assert found["findings"][0]["location"] == {"file": "components/enterprise app.py", "line": 12, "column": 5}
    assert document(NONE).exit_code == 0


def test_the_schema_and_the_page_are_those_of_the_document() -> None:
    kept = json.loads((REPOSITORY / "lockstep" / "report" / "schema.json").read_text("utf-8"))
    assert kept == document_schema(FindingsDocument, "Findings of Lockstep"), "run scripts/schemas.py"
    jsonschema.Draft202012Validator.check_schema(kept)
    shown = {name for cell in table(read("docs/command-line.md"), "The document of findings") for name in inline(cell)}
    parts = [f"findings[].{name}" for name in kept["$defs"]["FindingPart"]["properties"]]
    assert shown == {*kept["properties"], *parts}


def test_the_annotations() -> None:
    assert list(workflow_commands(ALL)) == [
        "::error file=components/enterprise app.py,line=12,col=5,title=Undocumented permission::"
        "Mail.ReadWrite is not documented%0Aon: stack dev: Atera%0Aallowed: Mail.Read%0Afix: take it out"
        "%0Asource: Atera, edition 2026-11-22",
        "::warning file=a.yaml,title=Expired exception::ends tomorrow%0Aon: exception 3",
        "::notice title=Expired exception::used once%0Aon: exception 4",
    ]


@given(many)
def test_an_annotation_is_one_line_and_one_command(findings: Findings) -> None:
    found = list(workflow_commands(findings))
    assert len(found) == len(findings.findings)
    for line in found:
        assert line.splitlines() == [line]
        name, properties, _ = line[2:].split(" ", 1)[0], *line[2:].split(" ", 1)[1].split("::", 1)
        assert name in ("error", "warning", "notice")
        assert {part.split("=")[0] for part in properties.split(",")} <= {"file", "line", "col", "title"}


@given(many)
def test_any_text_makes_a_document(findings: Findings) -> None:
    text = json.dumps(document(findings).model_dump(by_alias=True), ensure_ascii=False).encode("utf-8")
    assert len(json.loads(text)["findings"]) == len(findings.findings)
    jsonschema.validate(json.loads(text), SCHEMA)
    assert "##vso[" not in text.decode("utf-8")
    assert visible(text.decode("utf-8")) == text.decode("utf-8")


def test_every_form_at_once(tmp_path: Path) -> None:
    names = {name: tmp_path / "out" / f"gate.{name}" for name in ("sarif", "junit", "markdown")}
    ran = CliRunner().invoke(_command(), [*(f"--{name}={path}" for name, path in names.items()), "--json"])
    assert ran.exit_code == 1, ran.output
    assert json.loads(ran.stdout)["more"] == "fields"
    assert "Mail.ReadWrite is not documented" in ran.stderr
    assert json.loads(names["sarif"].read_text("utf-8"))["version"] == "2.1.0"
    assert "<testsuites" in names["junit"].read_text("utf-8")
    assert "#### Difference" in names["markdown"].read_text("utf-8")


def test_the_terminal_and_the_annotations() -> None:
    ran = CliRunner().invoke(_command(), ["--annotations"])
    assert "gate: checked 82 permissions of 8 apps" in ran.stdout
    assert "::error file=" in ran.stdout


def test_a_file_that_cannot_be_written_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UsageError, match=r"^--sarif .*x\.sarif: cannot be written: "):
        Outputs(sarif=tmp_path / "file" / "x.sarif").give(Screen(), NONE)


def _command() -> click.Command:
    @click.command()
    @findings
    def command(outputs: Outputs, **options: Any) -> NoReturn:
        section = Section("Difference", ["+ a"], "diff")
        code = outputs.give(Screen(as_json=outputs.as_json), ALL, sections=[section], extra={"more": "fields"})
        click.get_current_context().exit(code)

    return command
