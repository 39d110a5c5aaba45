"""The words of `lockstep preview`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import deploying


@click.command()
@deploying
def preview(**options: Any) -> int:
    """Show what `up` would do, by permission name; changes nothing."""
    from lockstep.local.deploy import RunOptions, deploy

    return deploy(RunOptions("preview", **options))
