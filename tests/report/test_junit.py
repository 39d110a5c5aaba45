"""JUnit: opens in junitparser whatever the words hold; errors fail, nothing else does."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from junitparser import JUnitXml, TestSuite

from lockstep.report import Findings, Severity
from lockstep.report.junit import junit
from tests.report.samples import ALL, NONE, many


def suite(findings: Findings) -> TestSuite:
    (found,) = JUnitXml.fromstring(junit(findings).encode("utf-8"))
    return found


def test_an_error_fails_and_the_rest_passes(tmp_path: Path) -> None:
    file = tmp_path / "gate.xml"
    file.write_text(junit(ALL), "utf-8")
    (found,) = JUnitXml.fromfile(str(file))
    cases = {(case.classname, case.name): case for case in found}
    assert (found.tests, found.failures, found.errors) == (4, 1, 0)
    failed = cases["lockstep.gate.undocumented-permission", "stack dev: Atera: Mail.ReadWrite is not documented"]
    assert "fix: take it out" in failed.result[0].text
    warned = cases["lockstep.gate.expired-exception", "exception 3: ends tomorrow"]
    assert warned.is_passed
    assert "a.yaml: warning" in warned.system_out
    assert cases["lockstep.gate.never-broken", "Never broken"].is_passed


def test_without_findings_every_rule_passes() -> None:
    found = suite(NONE)
    assert (found.tests, found.failures) == (3, 0)
    properties = {each.name: each.value for each in found.properties()}  # type: ignore[no-untyped-call]  # junitparser has no type on it
    assert properties["summary"] == "gate: checked 1 permission of 1 app: no findings"


@given(many)
def test_any_text_makes_a_file_that_opens(findings: Findings) -> None:
    found = suite(findings)
    assert found.failures == findings.count(Severity.ERROR)
    assert found.tests >= len(findings.findings)
