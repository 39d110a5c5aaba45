"""Gives findings in every form that the caller asked for, and writes pages to files. Knows no command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.errors import UsageError
from lockstep.report.findings import Findings
from lockstep.report.markdown import GITHUB, Section, markdown
from lockstep.report.terminal import lines, workflow_commands
from lockstep.text_file import write_text

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

            _put(self.sarif, sarif(findings), f"--sarif {self.sarif}")
        if self.junit:
            from lockstep.report.junit import junit

            _put(self.junit, junit(findings), f"--junit {self.junit}")
        if self.markdown:
            text = markdown(findings, sections, limit=self.markdown_limit)
            _put(self.markdown, text, f"--markdown {self.markdown}")
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
    if not path.parent.is_dir():
        raise UsageError(f"{path}: cannot be written: there is no folder {path.parent}; make it, or name another")
    _put(path, text, str(path))
    screen.progress(f"wrote {path} ({len(text.encode()) // 1024} KB)")


def _put(path: Path, text: str, where: str) -> None:
    """Write a file. A symbolic link there is not followed: where it lies in a pull request, that says where it leads.

    What stands outside the current folder, such as /dev/stdout or a temporary folder, is the caller's own up to its
    last part.
    """
    if links := [place for place in _places(path) if place.is_symlink()]:
        link = f"{links[0]} is a symbolic link, which is not followed"
        raise UsageError(f"{where}: cannot be written: {link}; name the file it leads to")
    if path.exists() and not path.is_file() and not path.is_relative_to("/dev"):
        raise UsageError(f"{where}: cannot be written: it is no file; name a file")
    # A link may have been put there since.
    write_text(path, text, where, follow=path.is_relative_to("/dev"))


def _places(path: Path) -> Iterator[Path]:
    """Yield the parts of a path that a pull request could have brought: the last, and those below this folder."""
    folder = Path.cwd()
    whole = folder / path
    for place in (whole, *whole.parents):
        if place.is_relative_to("/dev"):
            return
        if place == whole or (place.is_relative_to(folder) and place != folder):
            yield place
