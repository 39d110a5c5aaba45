"""Write the pages under docs/permissions: what each edition of each vendor documents, as `lockstep report` shows it."""

from __future__ import annotations

from pathlib import Path

from lockstep import __version__
from lockstep.catalogue import Edition, load
from lockstep.dossier import build, markdown
from lockstep.dossier.summary import summary

FOLDER = Path(__file__).parent.parent / "docs" / "permissions"
NOTE = "<!-- Made by scripts/permission_pages.py from the catalogue; do not edit. -->\n\n"


def page(edition: Edition) -> str:
    """Return the page of one edition, compared with every earlier one."""
    earlier = [other for other in load().editions(edition.vendor) if other.valid_from < edition.valid_from]
    return NOTE + markdown(build([edition], version=__version__, compare={edition.vendor: earlier}))


def index() -> str:
    """Return the page that lists all others."""
    rows = []
    for edition in _editions():
        found = summary(build([edition], version=__version__))
        name = f"{edition.vendor}-{edition.id}"
        strongest = ", ".join(f"`{each.name}` ({each.type})" for each in found.strongest)
        counts = f"{found.total.delegated} | {found.total.application} | {found.total.writes}"
        link = f"[{edition.vendor.capitalize()} {edition.id}]({name}.md)"
        rows.append(f"| {link} | {edition.basis.value} | {counts} | {strongest} |")
    head = (
        "# What vendors document\n\n"
        "One page for each edition: every application, every permission, what it allows, "
        "what the vendor needs it for,\n"
        "and how much it weighs. The same, with the decisions of your stack in it, comes from `lockstep report`: see\n"
        "[reviewers.md](../reviewers.md).\n\n"
        "| edition | basis | delegated | application | write | tier 0 |\n|---|---|---|---|---|---|\n"
    )
    return NOTE + head + "\n".join(rows) + "\n"


def _editions() -> list[Edition]:
    return [edition for vendor in load().vendors for edition in load().editions(vendor)]


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {"README.md": index(), **{f"{each.vendor}-{each.id}.md": page(each) for each in _editions()}}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stale in {path.name for path in FOLDER.glob("*.md")} - set(pages()):
        (FOLDER / stale).unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
