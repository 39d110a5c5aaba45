"""The words of `lockstep report`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import CWD, FILE, JSON, Command, stack_option


@click.command(
    cls=Command,
    examples=(
        "lockstep report --html dossier.html",
        "lockstep report --stack prod --audit audit.json --html dossier.html",
    ),
)
@click.option("--vendor", help="One vendor only.  [default: all, or those of the stack]")
@click.option("--edition", help="The documentation as of this date.  [default: current, or the stack's]")
@click.option("--compare", metavar="EDITION", help="Compare with this edition.  [default: every earlier one]")
@stack_option("Show the decisions of a stack: Pulumi.<stack>.yaml.")
@click.option("--audit", type=FILE, help="Show what a tenant grants: a file that lockstep audit --json printed.")
@CWD
@click.option("--html", type=FILE, help="Write one self-contained HTML file; - is stdout.")
@click.option("--markdown", type=FILE, help="Write Markdown; - is stdout.")
@JSON
def report(**options: Any) -> int:
    """Show what applications ask for, why, and how dangerous it is: the page that a reviewer signs. Needs no tenant."""
    from lockstep.local.dossier import DossierOptions, write_dossier

    return write_dossier(DossierOptions(**options))
