"""The words of `lockstep doctor`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import CWD, JSON, STACK, Command, rehearse


@click.command(
    cls=Command,
    examples=("lockstep doctor --stack prod",),
)
@STACK
@CWD
@rehearse("Look at the emulator of a stack with a real target instead.")
@JSON
def doctor(**options: Any) -> int:
    """Check tools, settings, sign-in, rights and what the tenant has already, and say what to type next. Only reads."""
    from lockstep.local.doctor import examine

    return examine(**options)
