"""The words of `lockstep show`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import CWD, FILE, JSON, STACK, Command, rehearse


@click.command(
    cls=Command,
    examples=(
        "lockstep show --stack prod",
        "lockstep show --stack prod --markdown hand-over.md",
    ),
)
@STACK
@CWD
@rehearse("Show the rehearsal of a stack with a real target.")
@click.option("--markdown", type=FILE, help="Write Markdown; - is stdout.")
@JSON
def show(**options: Any) -> int:
    """Show the hand-over sheet of a stack: ids, scopes, credentials, consents and where to find them. No secrets."""
    from lockstep.local.sheet import show_sheet

    return show_sheet(**options)
