"""What `lockstep gate` shows beside its findings: differences, guarded files, the approval to add, who must look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lockstep.gate import approvals as approving
from lockstep.gate.change import PullRequest
from lockstep.gate.changes import APPROVALS
from lockstep.gate.owners import owners
from lockstep.report import Findings
from lockstep.report.markdown import Section
from lockstep.report.terminal import count, weights


def looks(change: PullRequest, root: Path, project: Path) -> list[str]:
    """Return who has to look at what, a line for each."""
    changed = [APPROVALS, *(file.path for file in change.guarded), *(run.file for run in change.runs)]
    paths = {(project / path).as_posix(): path for path in dict.fromkeys(changed)}
    names_of = owners(root, paths)
    lines = [f"{paths[path]}: {names}" for path, names in names_of.items()]
    return lines or [f"whoever may merge {APPROVALS} (the base has no CODEOWNERS that names it)"]


def verdict(findings: Findings, base: str, *, strict: bool) -> str:
    """Return in one line whether the gate passes or refuses, for which findings, and for which base that holds."""
    number = len(findings.findings)
    outcome = "refuses" if findings.exit_code(strict=strict) else "passes"
    summary = f"{count(number, 'findings')} ({weights(findings)})" if number else "no findings"
    return f"the gate {outcome}: {summary}, against the base {base[:12]}"


def sections(change: PullRequest, looking: Sequence[str]) -> list[Section]:
    """Return what is shown before the findings: differences, guarded files, the approval to add, and by whom."""
    shown = [
        Section(f"Stack {run.stack}: who gets what", list(run.difference.lines()), "diff")
        for run in change.runs
        if list(run.difference.lines())
    ]
    if change.guarded:
        signs = {"adds": "+", "removes": "-", "changes": "~"}
        lines = [f"{signs[file.verb]} {file.path}" for file in change.guarded]
        shown.append(Section("Guarded files", lines, "diff"))
    held = change.held
    if change.digest and not (held and held.holds(change.today)):
        entry = approving.entry(change.digest, change.today, change.files)
        shown.append(Section(f"Approval to add to {APPROVALS} on the base", entry, "yaml"))
        shown.append(Section("Who must look", looking))
    return shown
