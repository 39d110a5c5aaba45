"""Findings as lines for a person at a terminal or in the log of a CI job. Prints nothing itself."""

from __future__ import annotations

from collections.abc import Iterator

from lockstep.report.findings import Finding, Findings, Severity
from lockstep.report.text import inert

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFORMATION: "cyan"}


def lines(findings: Findings) -> Iterator[tuple[str, str]]:
    """Yield each line with its style: the findings in their order, then the count of what was checked."""
    for finding in findings.sorted():
        style = STYLES[finding.severity]
        for number, line in enumerate(finding_lines(finding)):
            yield line, "" if number else style
    yield summary(findings), STYLES[Severity.ERROR] if findings.count(Severity.ERROR) else ""


def finding_lines(finding: Finding) -> Iterator[str]:
    """Yield the lines of one finding: what, where, what is allowed, how to fix it, and where that is written."""
    place = f"{inert(str(finding.location))}: " if finding.location else ""
    yield f"{place}{finding.severity.value}: {inert(finding.message)} [{finding.rule}]"
    for name, text in parts(finding):
        yield f"    {name}: {inert(text)}"


def parts(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield what completes a finding's message, each with its name, in the order in which it is read."""
    named = {"on": finding.subject, "allowed": finding.allowed, "fix": finding.fix, "source": finding.source}
    for name, text in named.items():
        if text:
            yield name, text


def summary(findings: Findings) -> str:
    """Return one line: what was checked, and how many findings of each weight there are."""
    counts = [count(findings.count(severity), _WORDS[severity]) for severity in Severity if findings.count(severity)]
    looked = [count(number, what) for what, number in findings.checked.items()]
    checked = f"checked {' of '.join(looked)}: " if looked else ""
    return f"{findings.command}: {checked}{', '.join(counts) or 'no findings'}"


def count(number: int, plural: str) -> str:
    """Return `3 errors`, `1 error`; `plural` ends in s, or stays as it is."""
    return f"{number} {plural.removesuffix('s') if number == 1 else plural}"


_WORDS = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFORMATION: "remarks"}
