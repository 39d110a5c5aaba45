"""The words of `lockstep restore`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import CWD, JSON, STACK, Command, rehearse


@click.command(
    cls=Command,
    examples=("lockstep restore planner --stack prod",),
)
@click.argument("app", metavar="APP[=OBJECT_ID]")
@STACK
@CWD
@rehearse("Restore on the emulator in place of a real target.")
@JSON
def restore(**options: Any) -> int:
    """Put a deleted APP back into the tenant, with its ids and its service principal. Real targets too."""
    from lockstep.adopt.restore import restore_app

    return restore_app(**options)
