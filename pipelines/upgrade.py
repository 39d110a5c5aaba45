"""Moves a stack file to the newest edition, and writes the difference of every vendor as Markdown.

    python pipelines/upgrade.py STACK FILE

Changes the dates under `editions` and nothing else in the stack file, so that comments stay. Run from the
project's folder, with Lockstep's own Python.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from lockstep.catalogue import CURRENT, Catalogue, diff, load
from lockstep.catalogue.showing import difference_lines
from lockstep.errors import LockstepError
from lockstep.report.markdown import code
from lockstep.settings.project import Project
from lockstep.settings.stack_file import read_stack_file


def main(stack: str, report: Path) -> int:
    """Move the stack of this folder; return the exit code."""
    path = Path(f"Pulumi.{stack}.yaml")
    try:
        file = read_stack_file(path, namespace=Project.load(Path()).name)
        settings = file.settings()
        text, sections = path.read_text(encoding="utf-8"), []
        catalogue = load()
        for vendor in settings.vendors:
            newest, date = catalogue.dates(vendor)[-1], settings.editions.get(vendor, CURRENT)
            sections += _section(catalogue, vendor, date, newest)
            if date != CURRENT:
                text = _moved(text, vendor, date, newest)
        path.write_text(text, encoding="utf-8")
    except LockstepError as error:
        print(f"upgrade: {error}", file=sys.stderr)
        return error.exit_code
    report.write_text("\n".join([f"### Stack {code(stack)}", "", *sections]) + "\n", encoding="utf-8")
    return 0


def _section(catalogue: Catalogue, vendor: str, date: str, newest: str) -> list[str]:
    before, after = catalogue.edition_as_of(vendor, date), catalogue.edition(vendor, newest)
    head = f"#### {vendor}: {before.id} to {after.id}"
    if before.id == after.id:
        return [head, "", "No newer edition.", ""]
    return [head, "", "```text", *difference_lines(diff(before, after)), "```", ""]


def _moved(text: str, vendor: str, date: str, newest: str) -> str:
    """Return the stack file with the newest date in place of a vendor's, wherever `editions` has it."""
    return re.sub(rf"(\b{vendor}\s*:\s*)([\"']){date}\2", rf'\g<1>"{newest}"', text)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python pipelines/upgrade.py STACK FILE")
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
