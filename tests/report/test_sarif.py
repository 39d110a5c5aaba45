"""SARIF: valid against the published schema, readable by sarif-tools, with places that code scanning can show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
from hypothesis import given
from sarif import loader

from lockstep.report import Findings
from lockstep.report.sarif import sarif
from tests.report.samples import ALL, ERROR, NONE, many

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def written(findings: Findings) -> dict[str, Any]:
    log = json.loads(sarif(findings))
    assert not [error.message for error in VALIDATOR.iter_errors(log)]
    return dict(log)


def test_the_schema_can_fail() -> None:
    log = json.loads(sarif(ALL))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(log)


def test_a_result_has_its_place_rule_and_words() -> None:
    run = written(ALL)["runs"][0]
    first = run["results"][0]
    assert first["ruleId"] == "undocumented-permission"
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"]
    assert first["level"] == "error"
    assert first["message"]["text"].splitlines() == [
        "Mail.ReadWrite is not documented",
        "on: stack dev: Atera",
        "allowed: Mail.Read",
        "fix: take it out",
        "source: Atera, edition 2026-11-22",
    ]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "components/enterprise%20app.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 12, "startColumn": 5}
    assert first["properties"] == {"app": "atera", "permission": "Mail.ReadWrite"}
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    assert "locations" not in run["results"][2]


def test_rules_have_titles_descriptions_and_help() -> None:
    run = written(NONE)["runs"][0]
    assert run["results"] == []
    first = run["tool"]["driver"]["rules"][0]
    assert first["name"] == "UndocumentedPermission"
    assert first["shortDescription"]["text"] == "Undocumented permission"
    assert first["help"]["text"] == "Only what the vendor documents. See docs/policy.md."


def test_a_finding_keeps_its_fingerprint_when_its_line_moves() -> None:
    moved = Findings("gate", "1.2.4", ALL.rules, (ERROR.__class__(**{**_fields(ERROR), "location": None}),))
    prints = [written(each)["runs"][0]["results"][0]["partialFingerprints"] for each in (ALL, moved)]
    assert prints[0] == prints[1]


def test_sarif_tools_opens_it(tmp_path: Path) -> None:
    file = tmp_path / "gate.sarif"
    file.write_text(sarif(ALL), "utf-8")
    opened = loader.load_sarif_file(str(file))
    records = {each["Severity"]: each for each in opened.get_records()}
    assert sorted(records) == ["error", "note", "warning"]
    record = records["error"]
    assert (unquote(record["Location"]), record["Line"]) == ("components/enterprise app.py", 12)


@given(many)
def test_any_text_makes_valid_sarif(findings: Findings) -> None:
    results = written(findings)["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [finding.rule for finding in findings.sorted()]
    for result in results:
        assert "\x1b" not in result["message"]["text"]


def test_links_and_placeholders_in_a_message_are_text() -> None:
    finding = ERROR.__class__(**{**_fields(ERROR), "message": "[a](b) {0}"})
    text = written(Findings("gate", "1", ALL.rules, (finding,)))["runs"][0]["results"][0]["message"]["text"]
    assert text.startswith(r"\[a\](b) {{0}}")


def _fields(finding: Any) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in finding.__dataclass_fields__}
