"""Findings as GitHub workflow commands, which GitHub shows beside the lines of a pull request.

The escapes are those of the runner: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from lockstep.report.findings import Finding, Findings, Severity
from lockstep.report.terminal import parts
from lockstep.report.text import visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "notice"}


def workflow_commands(findings: Findings) -> Iterator[str]:
    """Yield one line for each finding, in their order."""
    titles = {rule.name: rule.title for rule in findings.rules}
    for finding in findings.sorted():
        yield _line(finding, titles.get(finding.rule, finding.rule))


def _line(finding: Finding, title: str) -> str:
    place = finding.location
    properties = {
        "file": place.file if place else None,
        "line": str(place.line) if place and place.line else None,
        "col": str(place.column) if place and place.line and place.column else None,
        "title": title,
    }
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    # Each part is made visible by itself: the line ends between them are ours.
    text = "\n".join([visible(finding.message), *(f"{name}: {visible(part)}" for name, part in parts(finding))])
    return f"::{_COMMANDS[finding.severity]} {shown}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
