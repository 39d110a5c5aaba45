"""The JSON document of `lockstep gate --json`: its findings, and what the pull request changes in each stack.

`schema.json` beside this is its schema. The names of fields are an interface: they are added to, never changed.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lockstep.gate.change import PullRequest
from lockstep.gate.difference import Difference
from lockstep.report.document import DocumentPart, FindingsDocument, Line


class StackPart(DocumentPart):
    """What a pull request changes in one stack, as lines of the grant manifest."""

    stack: Line = Field(description="the stack's name")
    whole: bool = Field(description="whether the program did its whole work on the emulator")
    added: list[Line] = Field(description="the lines that the base does not have")
    removed: list[Line] = Field(description="the lines that the head no longer has")
    to_approve: list[Line] = Field(description="the lines that need an approval")


class GuardedFilePart(DocumentPart):
    """A changed file that decides what is deployed, or how that is judged."""

    path: Line = Field(description="the path from the project's folder")
    change: Literal["adds", "removes", "changes"] = Field(description="what the pull request does to it")


class GateParts(DocumentPart):
    """What the gate says of a pull request beside its findings."""

    base: Line = Field(description="the commit that the verdict was made against, and by")
    verdict: Line = Field(description="whether the gate passes or refuses, and why, in one line")
    digest: str | None = Field(description="what an approval of this change names; null when none is needed")
    files_digest: str | None = Field(description="what an approval names of the guarded files; null without any")
    stacks: list[StackPart] = Field(description="the stacks that were compared")
    guarded_files: list[GuardedFilePart] = Field(description="the guarded files that are changed")


class GateDocument(GateParts, FindingsDocument):
    """What the gate says of a pull request."""


def gate_parts(change: PullRequest, base: str, verdict: str) -> GateParts:
    """Return what the document has besides the findings."""
    return GateParts(
        base=base,
        verdict=verdict,
        digest=change.digest or None,
        files_digest=change.files or None,
        stacks=[_stack(run.difference) for run in change.runs],
        guarded_files=[GuardedFilePart(path=file.path, change=file.verb) for file in change.guarded],
    )


def _stack(difference: Difference) -> StackPart:
    return StackPart(
        stack=difference.stack,
        whole=difference.whole,
        added=[str(line) for line in difference.added],
        removed=[str(line) for line in difference.removed],
        to_approve=[str(line) for line in difference.to_approve],
    )
