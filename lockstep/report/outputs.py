"""Gives findings in every form that the caller asked for, and writes pages to files. Knows no command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.errors import UsageError
from lockstep.report.findings import Findings
from lockstep.report.markdown import GITHUB, Section, markdown
from lockstep.report.terminal import lines, workflow_commands

if TYPE_CHECKING:  # rich is slow to import, and the commands' modules, which name `Outputs`, need none of it
    from lockstep.report.screen import Screen


@dataclass(frozen=True)
class Outputs:
    """Where findings go besides the terminal; any number at once."""

    sarif: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    markdown_limit: int = GITHUB
    annotations: bool = False
    as_json: bool = False
    strict: bool = False

    def give(
        self,
        screen: Screen,
        findings: Findings,
        *,
        sections: Sequence[Section] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> int:
        """Write every form that was asked for and return the exit code.

        `sections` go into the Markdown before the findings, `extra` fields into the JSON document. UsageError when a
        file cannot be written.
        """
        if self.sarif:
            from lockstep.report.sarif import sarif

            _write(self.sarif, "--sarif", sarif(findings))
        if self.junit:
            from lockstep.report.junit import junit

            _write(self.junit, "--junit", junit(findings))
        if self.markdown:
            _write(self.markdown, "--markdown", markdown(findings, sections, limit=self.markdown_limit))
        for line, style in lines(findings):
            screen.result(line, style)
        if self.annotations:
            for line in workflow_commands(findings):
                screen.result(line)
        if screen.as_json:
            from lockstep.report.document import document

            screen.document({**document(findings, strict=self.strict).model_dump(by_alias=True), **(extra or {})})
        return findings.exit_code(strict=self.strict)


def write_page(path: Path, text: str, screen: Screen) -> None:
    """Write a page to a file, or to stdout for `-`; UsageError when the file cannot be written."""
    if str(path) == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    screen.progress(f"wrote {path} ({len(text.encode()) // 1024} KB)")


def _write(path: Path, option: str, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be written: {error.strerror or error}") from None
