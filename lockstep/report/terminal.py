"""Findings as lines for a person at a terminal or in the log of a CI job. Prints nothing itself.

In GitHub's log they are workflow commands too, which GitHub shows beside the lines of a pull request. The escapes are
those of the runner: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from lockstep.report.findings import Finding, Findings, Severity
from lockstep.report.text import inert

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFORMATION: "cyan"}
_WORDS = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFORMATION: "remarks"}
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "notice"}


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
    yield f"{place}{finding.severity.value}: {inert(finding.message)} [{inert(finding.rule)}]"
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
    looked = [count(number, inert(what)) for what, number in findings.checked.items()]
    checked = f"checked {' of '.join(looked)}: " if looked else ""
    return f"{inert(findings.command)}: {checked}{weights(findings) or 'no findings'}"


def weights(findings: Findings) -> str:
    """Return how many findings of each weight there are, `2 errors, 1 warning`; nothing without any."""
    counts = [count(findings.count(severity), _WORDS[severity]) for severity in Severity if findings.count(severity)]
    return ", ".join(counts)


def count(number: int, plural: str) -> str:
    """Return `3 errors`, `1 error`; `plural` ends in s, or stays as it is."""
    return f"{number} {plural.removesuffix('s') if number == 1 else plural}"


def workflow_commands(findings: Findings) -> Iterator[str]:
    """Yield one line for each finding, in their order."""
    titles = {rule.name: rule.title for rule in findings.rules}
    for finding in findings.sorted():
        place = finding.location
        properties = {
            "file": place.file if place else None,
            "line": str(place.line) if place and place.line else None,
            "col": str(place.column) if place and place.line and place.column else None,
            "title": titles.get(finding.rule, finding.rule),
        }
        escaped = {name: _data(inert(value)) for name, value in properties.items() if value}
        shown = ",".join(f"{name}={v.replace(':', '%3A').replace(',', '%2C')}" for name, v in escaped.items())
        # Each part is made inert by itself: the line ends between them are ours.
        text = "\n".join([inert(finding.message), *(f"{name}: {inert(part)}" for name, part in parts(finding))])
        yield f"::{_COMMANDS[finding.severity]} {shown}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
