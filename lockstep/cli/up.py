"""The words of `lockstep up`."""

from __future__ import annotations

import click

from lockstep.cli.options import deploying

up = deploying(
    "up",
    "Deploy the stack, read the emulator back, and compare it with the catalogue.",
    ("lockstep up", "lockstep up --stack prod --rehearse --profile brownfield", "lockstep up --verbose"),
    click.option("--verbose", "-v", is_flag=True, help="Say everything, also where nothing changes."),
)
