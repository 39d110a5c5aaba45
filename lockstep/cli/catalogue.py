"""The words of `lockstep catalogue show | diff | check`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import FILE, JSON, Group


@click.group(cls=Group)
def catalogue() -> None:
    """What vendors document: editions, apps and permissions."""


@catalogue.command(
    examples=(
        "lockstep catalogue show",
        "lockstep catalogue show atlas connex-api",
    )
)
@click.argument("vendor", required=False)
@click.argument("app", required=False)
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@JSON
def show(**options: Any) -> int:
    """Show the vendors, the apps of a VENDOR, or the permissions of one APP."""
    from lockstep.catalogue.showing import show_catalogue

    return show_catalogue(**options)


@catalogue.command(examples=("lockstep catalogue diff atlas 2024-11-01 2025-03-01",))
@click.argument("vendor")
@click.argument("old")
@click.argument("new", default="current")
@JSON
def diff(**options: Any) -> int:
    """Show what changed for a VENDOR between the editions OLD and NEW. Exit code 1 when anything did."""
    from lockstep.catalogue.showing import show_difference

    return show_difference(**options)


@catalogue.command(examples=("lockstep catalogue check --source article.html --draft draft.yaml",))
@click.option("--source", type=FILE, required=True, help="The page, saved from the vendor's site as text or HTML.")
@click.option("--vendor", help="Whose page it is.  [default: whose rows are found in it]")
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@click.option("--draft", type=FILE, help="Write the draft of a new edition, if any row differs.")
@JSON
def check(**options: Any) -> int:
    """Compare a page saved from a vendor's site with the catalogue. Exit code 1 when any row differs."""
    from lockstep.catalogue.showing import check_saved_page

    return check_saved_page(**options)
