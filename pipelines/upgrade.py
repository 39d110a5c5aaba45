"""Moves a stack file to the newest edition, and writes the difference of every vendor as Markdown.

    python pipelines/upgrade.py STACK FILE

Changes the dates of `edition`, `atlasEdition` and `ateraEdition` and nothing else in the stack file, line by line, so
that comments stay. Run from the project's folder, with Lockstep's own Python.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from lockstep.catalogue import Catalogue, diff, load
from lockstep.catalogue.showing import difference_lines
from lockstep.errors import LockstepError
from lockstep.report.markdown import code
from lockstep.settings.model import Settings
from lockstep.settings.stack_file import read_stack_file

_OWN = {"atlas": "atlasEdition", "atera": "ateraEdition"}


def main(stack: str, report: Path) -> int:
    """Move the stack of this folder; return the exit code."""
    path = Path(f"Pulumi.{stack}.yaml")
    try:
        file = read_stack_file(path)
        settings = file.settings()
        text, sections = path.read_text(encoding="utf-8"), []
        catalogue = load()
        for vendor in settings.vendors:
            setting = _OWN[vendor] if f"{file.namespace}:{_OWN[vendor]}" in file.config else "edition"
            newest = catalogue.dates(vendor)[-1]
            sections += _section(catalogue, vendor, str(_edition(settings, vendor)), newest)
            # One date for all vendors is the newest of theirs.
            date = newest if setting != "edition" else max(catalogue.dates(each)[-1] for each in settings.vendors)
            text = _moved(text, setting, date)
    except LockstepError as error:
        print(f"upgrade: {error}", file=sys.stderr)
        return error.exit_code
    path.write_text(text, encoding="utf-8")
    report.write_text("\n".join([f"### Stack {code(stack)}", "", *sections]) + "\n", encoding="utf-8")
    return 0


def _edition(settings: Settings, vendor: str) -> str | None:
    own = {"atlas": settings.atlas_edition, "atera": settings.atera_edition}[vendor]
    return own or settings.edition


def _section(catalogue: Catalogue, vendor: str, date: str, newest: str) -> list[str]:
    before, after = catalogue.edition_as_of(vendor, date), catalogue.edition(vendor, newest)
    head = f"#### {vendor}: {before.id} to {after.id}"
    if before.id == after.id:
        return [head, "", "No newer edition.", ""]
    return [head, "", "```text", *difference_lines(diff(before, after)), "```", ""]


def _moved(text: str, setting: str, date: str) -> str:
    pattern = rf"^(\s*(?:[\w-]+:)?{setting}:\s*)([\"']?)(\d{{4}}-\d\d-\d\d)\2"
    return re.sub(pattern, rf'\g<1>"{date}"', text, flags=re.MULTILINE)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python pipelines/upgrade.py STACK FILE")
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
