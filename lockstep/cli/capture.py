"""The words of `lockstep capture`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from lockstep.cli.options import CWD, STACK, Command, rehearse


@click.command(
    cls=Command,
    examples=("lockstep capture --stack prod > contoso.json",),
)
@STACK
@CWD
@rehearse("Capture the emulator of a stack with a real target instead.")
def capture(stack: str, cwd: Path, rehearse: bool) -> int:
    """Print the state of a stack's tenant, our apps only, as a profile for the emulator. Only reads; nothing secret."""
    from lockstep.audit.run import capture_tenant
    from lockstep.local.tenants import of_place
    from lockstep.local.workplace import open_workplace

    with ExitStack() as cleanup:
        return capture_tenant(of_place(open_workplace(cwd, stack, rehearse=rehearse), cleanup))
