"""Findings as SARIF 2.1.0, for code scanning.

Paths are relative to the root of the repository. A fingerprint of rule, subject and message, without the line, lets
code scanning see that a finding is the one of yesterday.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from sarif_pydantic import (
    ArtifactLocation,
    Level,
    Message,
    PhysicalLocation,
    Region,
    ReportingConfiguration,
    ReportingDescriptor,
    Result,
    Run,
    Sarif,
    Tool,
    ToolDriver,
)
from sarif_pydantic import Location as SarifLocation

from lockstep.report.findings import Finding, Findings, Location, Rule, Severity
from lockstep.report.terminal import parts
from lockstep.report.text import inert

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {Severity.ERROR: Level.ERROR, Severity.WARNING: Level.WARNING, Severity.INFORMATION: Level.NOTE}
_FINGERPRINT = "lockstep/v1"
# In a SARIF message, brackets make links and braces stand for arguments; a backslash or a doubled brace is itself.
_PLAIN = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})


def sarif(findings: Findings) -> str:
    """Return the text of a SARIF file with one run."""
    driver = ToolDriver(
        name="Lockstep", version=inert(findings.version), rules=[_rule(rule) for rule in findings.rules]
    )
    index = {rule.name: number for number, rule in enumerate(findings.rules)}
    run = Run(
        tool=Tool(driver=driver),
        results=[_result(finding, index) for finding in findings.sorted()],
        properties={
            "command": inert(findings.command),
            "checked": {inert(what): number for what, number in findings.checked.items()},
        }
        | ({"verdict": inert(findings.verdict)} if findings.verdict else {}),
    )
    # The library has no such field, and fields it lacks keep their name. Columns are counted as Python and PyYAML
    # count them; SARIF's default is UTF-16.
    run = run.model_copy(update={"columnKind": "unicodeCodePoints"})
    log = Sarif.model_validate({"$schema": SCHEMA, "runs": []}).model_copy(update={"runs": [run]})
    return f"{log.model_dump_json(by_alias=True, exclude_none=True, indent=2)}\n"


def _rule(rule: Rule) -> ReportingDescriptor:
    help_text = f"{rule.description} See {rule.page}." if rule.page else rule.description
    return ReportingDescriptor(
        id=inert(rule.name),
        name=inert("".join(word.capitalize() for word in rule.name.split("-"))),
        short_description=Message(text=inert(rule.title)),
        full_description=Message(text=inert(rule.description)),
        help=Message(text=inert(help_text)),
        default_configuration=ReportingConfiguration(level=Level.ERROR.value),
    )


def _result(finding: Finding, index: dict[str, int]) -> Result:
    # Each part is made inert by itself: the line ends between them are ours.
    lines = [inert(finding.message), *(f"{name}: {inert(text)}" for name, text in parts(finding))]
    identity = "\0".join((finding.rule, finding.subject, finding.message))
    return Result(
        rule_id=inert(finding.rule),
        rule_index=index.get(finding.rule),
        level=_LEVELS[finding.severity],
        message=Message(text="\n".join(lines).translate(_PLAIN)),
        locations=[_location(finding.location)] if finding.location else None,
        partial_fingerprints={_FINGERPRINT: hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()},
        properties={inert(name): inert(value) for name, value in finding.properties.items()} or None,
    )


def _location(place: Location) -> SarifLocation:
    region = Region(start_line=place.line, start_column=place.column) if place.line else None
    artifact = ArtifactLocation(uri=quote(place.file, errors="replace"), uri_base_id="%SRCROOT%")
    return SarifLocation(physical_location=PhysicalLocation(artifact_location=artifact, region=region))
