"""Findings as a JSON document, for `--json`. The names of fields are an interface: they are added to, never changed.

`schema.json` beside this is the schema of the document. Imports pydantic: what prints no document leaves it alone.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from lockstep.report.findings import Findings, Severity
from lockstep.report.text import inert

VERSION: Literal[1] = 1


def _inert(value: object) -> object:
    return inert(value) if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_inert)]
"""One visible line: what others wrote in it neither hides nor gives commands to a CI agent that prints the document."""


class DocumentPart(BaseModel):
    """A part of a document: names in camelCase, and nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True)


class LocationPart(DocumentPart):
    """A place in a file of the repository."""

    file: Line = Field(description="a path relative to the root of the repository, with `/`")
    line: int | None = Field(description="counted from 1")
    column: int | None = Field(description="counted from 1")


class FindingPart(DocumentPart):
    """One thing that is not as it must be, or is worth knowing."""

    rule: Line = Field(description="the rule that it is an instance of")
    severity: Severity = Field(description="an error ends the command with 1, a warning only with `--strict`")
    message: Line = Field(description="what was found or refused")
    subject: Line = Field(description="the stack, app or resource by name")
    allowed: Line | None = Field(description="what is allowed instead")
    fix: Line | None = Field(description="what to do about it")
    source: Line | None = Field(description="where that is written")
    location: LocationPart | None = Field(description="the line that caused it")
    properties: dict[Line, Line] = Field(description="further names and ids, for a machine")


class CountsPart(DocumentPart):
    """How many findings of each severity there are."""

    error: int
    warning: int
    information: int


class FindingsDocument(DocumentPart):
    """What a command found."""

    version: Literal[1] = Field(description="of the form of this document")
    command: Line = Field(description="the command that found it")
    lockstep: Line = Field(description="the version of Lockstep")
    exit_code: Literal[0, 1] = Field(description="the exit code of the command")
    checked: dict[Line, int] = Field(description="how much was looked at, by what it is")
    counts: CountsPart = Field(description="how many findings of each severity there are")
    findings: list[FindingPart] = Field(description="the findings, worst first")


def document(findings: Findings, *, strict: bool = False) -> FindingsDocument:
    """Return the findings as a document, in their order, with the exit code that they give."""
    return FindingsDocument(
        version=VERSION,
        command=findings.command,
        lockstep=findings.version,
        exit_code=1 if findings.exit_code(strict=strict) else 0,
        checked=dict(findings.checked),
        counts=CountsPart(**{severity.value: findings.count(severity) for severity in Severity}),
        findings=[FindingPart.model_validate(finding, from_attributes=True) for finding in findings.sorted()],
    )
