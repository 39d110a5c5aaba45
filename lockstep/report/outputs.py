"""The options that say in which forms findings are given, and the giving: shared by every command that finds things.

@outputs
def command(..., outputs: Outputs) -> int: ...
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lockstep.errors import UsageError
from lockstep.report.annotations import workflow_commands
from lockstep.report.document import document
from lockstep.report.findings import Findings
from lockstep.report.markdown import GITHUB, Section, markdown
from lockstep.report.terminal import lines

if TYPE_CHECKING:  # rich is slow to import, and the words of the command line need none of it
    from lockstep.report.screen import Screen

_FILE = click.Path(dir_okay=False, path_type=Path)


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
        screen.document({**document(findings, strict=self.strict), **(extra or {})})
        return findings.exit_code(strict=self.strict)


def outputs(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options, which reach it as one argument `outputs`."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> int:
        chosen = {name: options.pop(name) for name in Outputs.__dataclass_fields__}
        return command(outputs=Outputs(**chosen), **options)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_OPTIONS = (
    click.option("--sarif", type=_FILE, help="Write the findings as SARIF 2.1.0, for code scanning."),
    click.option("--junit", type=_FILE, help="Write the findings as JUnit XML, for test reports."),
    click.option("--markdown", type=_FILE, help="Write the findings as Markdown, for a comment or an issue."),
    click.option(
        "--markdown-limit",
        type=click.IntRange(min=1000),
        default=GITHUB,
        show_default=True,
        help="The most characters of the Markdown: 65536 on GitHub, 150000 on Azure DevOps.",
    ),
    click.option("--annotations", is_flag=True, help="Print the findings as GitHub annotations too."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout."),
    click.option("--strict", is_flag=True, help="End with 1 for a warning too."),
)


def _write(path: Path, option: str, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be written: {error.strerror or error}") from None
