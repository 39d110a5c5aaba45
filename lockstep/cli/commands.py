"""All commands of `lockstep`. Each stands in a module of its own name, which is imported when the command is named.

A module of a command imports click and nothing that is slow; what the command does is imported when it runs. So
`lockstep --help`, which imports all of these modules, stays fast.
"""

from __future__ import annotations

from importlib import import_module

import click

from lockstep import __version__
from lockstep.cli.options import Group

SECTIONS = {
    "Deploy, on the local Entra or as a rehearsal": ("up", "preview", "refresh", "destroy", "repair"),
    "A tenant as it is": ("doctor", "audit", "adopt", "restore", "capture"),
    "Review and hand over": ("report", "show", "gate", "catalogue"),
    "Set up and try": ("init", "emulator"),
}
NAMES = tuple(sorted(name for names in SECTIONS.values() for name in names))


class Commands(Group):
    """The group of all commands."""

    sections = SECTIONS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, without importing any."""
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return the command; None where there is no such command."""
        if cmd_name not in NAMES:
            return None
        command: click.Command = getattr(import_module(f"lockstep.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lockstep")
def lockstep() -> None:
    """Keep the Entra ID permissions of vendor applications exactly at what their vendors document.

    up, preview, refresh and destroy work on the local Entra emulator; a real tenant is deployed with plain `pulumi`.

    Exit codes: 0 fine; 1 findings; 2 usage or configuration; 3 tenant, sign-in or network.
    """
