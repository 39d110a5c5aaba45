"""Findings as JUnit XML, for test reports of CI systems.

Each finding is a case of its rule; a rule without findings is a case that passed. Only errors fail a case: a warning
or a remark passes and stands in its output.
"""

from __future__ import annotations

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from lockstep.report.findings import Finding, Findings, Severity
from lockstep.report.terminal import finding_lines, summary
from lockstep.report.text import inert


def junit(findings: Findings) -> str:
    """Return the text of a JUnit file with one suite."""
    suite = TestSuite(inert(f"lockstep {findings.command}"))
    suite.add_property("lockstep", inert(findings.version))
    for what, number in findings.checked.items():
        suite.add_property(f"checked {inert(what)}", str(number))
    ordered = findings.sorted()
    for finding in ordered:
        suite.add_testcase(_case(findings.command, finding))
    broken = {finding.rule for finding in ordered}
    for rule in findings.rules:
        if rule.name not in broken:
            suite.add_testcase(TestCase(inert(rule.title), inert(f"lockstep.{findings.command}.{rule.name}"), 0))
    suite.add_property("summary", summary(findings))
    if findings.verdict:
        suite.add_property("verdict", inert(findings.verdict))
    file = JUnitXml()
    file.add_testsuite(suite)
    file.update_statistics()  # type: ignore[no-untyped-call]
    return str(file.tostring().decode("utf-8"))  # type: ignore[no-untyped-call]


def _case(command: str, finding: Finding) -> TestCase:
    # A case is known by its name, so the name says which of the rule's findings it is.
    case = TestCase(inert(f"{finding.subject}: {finding.message}"), inert(f"lockstep.{command}.{finding.rule}"), 0)
    text = "\n".join(finding_lines(finding))
    if finding.location:
        case._elem.set("file", inert(finding.location.file))
        if finding.location.line:
            case._elem.set("line", str(finding.location.line))
    if finding.severity is Severity.ERROR:
        failure = Failure(inert(finding.message), inert(finding.rule))
        failure.text = text
        case.result = [failure]
    else:
        case.system_out = text
    return case
