"""The words of `lockstep adopt`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import CWD, JSON, STACK, USING, Command, profile_option, rehearse


@click.command(
    cls=Command,
    examples=(
        "lockstep adopt --stack prod",
        "lockstep adopt --stack prod --app planner=1b2c3d4e-0000-4000-8000-000000000001 --write",
    ),
)
@STACK
@CWD
@rehearse("Look at the emulator in place of a real target.")
@profile_option("What a new emulator holds.")
@USING
@click.option("--app", "apps", multiple=True, metavar="KEY=OBJECT_ID", help="Which application it is; `KEY=new`: none.")
@click.option("--claim", is_flag=True, help="Take over documented scopes that somebody granted on shared principals.")
@click.option("--write", is_flag=True, help="Write the settings and the import document, and import it.")
@JSON
def adopt(**options: Any) -> int:
    """Show what the tenant has of the stack's apps; with --write take it over. Changes nothing in the tenant."""
    from lockstep.adopt.adoption import AdoptOptions, adopt_stack

    return adopt_stack(AdoptOptions(**options))
