"""The words of `lockstep repair`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import CWD, JSON, STACK, Command, rehearse


@click.command(
    cls=Command,
    examples=("lockstep repair --stack prod",),
)
@STACK
@CWD
@rehearse("Repair the rehearsal of a stack with a real target.")
@JSON
def repair(**options: Any) -> int:
    """Clear the lock and the pending operations of a killed run, and take up what it had made. Real targets too."""
    from lockstep.local.repair import repair_stack

    return repair_stack(**options)
