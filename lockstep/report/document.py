"""Findings as JSON values, for `--json`. The names of fields are an interface: they are added to, never changed."""

from __future__ import annotations

from typing import Any

from lockstep.report.findings import Finding, Findings, Severity

VERSION = 1


def document(findings: Findings, *, strict: bool = False) -> dict[str, Any]:
    """Return the findings as a JSON document, in their order, with the exit code that they give."""
    return {
        "version": VERSION,
        "command": findings.command,
        "lockstep": findings.version,
        "exitCode": findings.exit_code(strict=strict),
        "checked": dict(findings.checked),
        "counts": {severity.value: findings.count(severity) for severity in Severity},
        "findings": [_sound(_finding(finding)) for finding in findings.sorted()],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.location
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "subject": finding.subject,
        "allowed": finding.allowed,
        "fix": finding.fix,
        "source": finding.source,
        "location": {"file": place.file, "line": place.line, "column": place.column} if place else None,
        "properties": dict(finding.properties),
    }


def _sound(value: Any) -> Any:
    """Return the value without lone surrogates, which no output can encode."""
    if isinstance(value, dict):
        return {name: _sound(each) for name, each in value.items()}
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
