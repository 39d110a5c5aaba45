"""Approvals: who agreed to which difference, until when. One YAML file beside the pack, read from the base only."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lockstep.catalogue.shape import Day, FileShape, Some, Text, checked, matching
from lockstep.gate.changes import APPROVALS
from lockstep.yaml_file import Node, read_yaml

LONGEST = datetime.timedelta(days=90)
"""The furthest that an expiry date may lie behind the date of an approval."""
_AHEAD = datetime.timedelta(days=1)

Digest = Annotated[str, matching("sha256:[0-9a-f]{64}")]


class ApprovalEntry(FileShape, title="an approval"):
    """One approval as it is written."""

    digest: Digest = Field(description="the digest that the refused gate printed")
    by: Text = Field(description="who approves it")
    reason: Text = Field(description="why it is right")
    date: Day = Field(description="the day of the approval")
    expires: Day = Field(description="the last day on which it holds")
    files: Digest = Field("", description="the digest of the guarded files that the refused gate printed")


class ApprovalsFile(FileShape, title="the approvals file"):
    """The whole file."""

    approvals: Some[ApprovalEntry] = Field([], description="the approvals")


@dataclass(frozen=True)
class Approval:
    """One approval, and its line in the file. `files` is the digest of the guarded files alone, if there are any."""

    digest: str
    by: str
    reason: str
    date: datetime.date
    expires: datetime.date
    line: int
    files: str = ""

    def holds(self, today: datetime.date) -> bool:
        """Tell whether its time has come and has not gone. Its day may have begun already where somebody wrote it."""
        return self.date - _AHEAD <= today <= self.expires


def read_approvals(path: Path, where: str = APPROVALS) -> tuple[Approval, ...]:
    """Return the approvals in a file, none when there is no file; UsageError with file, line and column otherwise."""
    if not path.is_file():
        return ()
    root = read_yaml(path, where=where)
    if root is None:
        return ()
    entries = checked(root, ApprovalsFile).approvals
    return tuple(_approval(entry, root.fields["approvals"].items[number]) for number, entry in enumerate(entries))


def find(approvals: Sequence[Approval], digest: str, files: str = "") -> Approval | None:
    """Return the approval of both digests, expired or not; the one that holds longest when there are several."""
    matching = [approval for approval in approvals if (approval.digest, approval.files) == (digest, files)]
    return max(matching, key=lambda approval: approval.expires, default=None)


def entry(digest: str, today: datetime.date, files: str = "") -> list[str]:
    """Return the lines to add to the file, to be completed by whoever approves."""
    return [
        "approvals:",
        f"  - digest: {digest}",
        *([f"    files: {files}"] if files else []),
        "    by: WHO APPROVES IT",
        "    reason: WHY IT IS RIGHT",
        f"    date: {today.isoformat()}",
        f"    expires: {(today + datetime.timedelta(days=14)).isoformat()}",
    ]


def _approval(entry: ApprovalEntry, node: Node) -> Approval:
    date, expires = datetime.date.fromisoformat(entry.date), datetime.date.fromisoformat(entry.expires)
    if not date <= expires <= date + LONGEST:
        raise node.fields["expires"].refuse(
            f"{expires} is not within {LONGEST.days} days after the date {date}: an approval is for one change, soon"
        )
    return Approval(entry.digest, entry.by, entry.reason, date, expires, node.line, entry.files)
