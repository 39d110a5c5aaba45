"""The words of `lockstep up`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import deploying


@click.command()
@deploying
def up(**options: Any) -> int:
    """Deploy the stack, read the emulator back, and compare it with the catalogue."""
    from lockstep.local.deploy import RunOptions, deploy

    return deploy(RunOptions("up", **options))
