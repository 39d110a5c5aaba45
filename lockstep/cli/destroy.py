"""The words of `lockstep destroy`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import deploying


@click.command()
@deploying
def destroy(**options: Any) -> int:
    """Take back everything that the stack made, and nothing else."""
    from lockstep.local.deploy import RunOptions, deploy

    return deploy(RunOptions("destroy", **options))
