"""The words of `lockstep refresh`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import deploying


@click.command()
@deploying
def refresh(**options: Any) -> int:
    """Write down in the state what is really there."""
    from lockstep.local.deploy import RunOptions, deploy

    return deploy(RunOptions("refresh", **options))
