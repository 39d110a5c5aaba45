"""The options that several commands share, and a group that helps with a misspelt command. Cheap to import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from lockstep.errors import nearest


class Group(click.Group):
    """A group that knows what a misspelt command was meant to be."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            ctx.fail(f"there is no command {args[0]!r}; there are {', '.join(known)}{nearest(args[0], known)}")
        return super().resolve_command(ctx, args)


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
STACK = click.option("--stack", "-s", default="dev", show_default=True, help="The stack: Pulumi.<stack>.yaml.")
CWD = click.option("--cwd", "-C", type=FOLDER, default=Path("."), help="The project's folder, or one inside it.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
PORT = click.option("--port", type=click.IntRange(0, 65535), help="The port on localhost.  [default: 8443]")
STATE = click.option("--state", type=FILE, help="The emulator's state file.  [default: the stack dev's own]")
USING = click.option(
    "--using",
    type=click.Choice(["auto", "pulumi", "rehearsal"]),
    default="auto",
    show_default=True,
    help="The engine: the Pulumi CLI, or the rehearsal in this process.",
)
VENDOR = click.option("--vendor", "vendors", multiple=True, help="A vendor; may be repeated.  [default: all]")
_tenant_options = (
    click.option("--stack", "-s", help="The tenant of this stack, by its settings: Pulumi.<stack>.yaml."),
    click.option("--tenant", "tenants", multiple=True, help="A tenant by its id, without a stack; may be repeated."),
    click.option("--tenants", "file", type=FILE, help="A file with one tenant id a line; # begins a remark."),
    VENDOR,
    click.option("--edition", default="current", show_default=True, help="The documentation as of this date."),
    click.option("--atera-client-id", help="Atera's client id, which the vendor does not publish."),
    click.option("--rehearse", is_flag=True, help="Read the emulator of a stack with a real target instead."),
    CWD,
)


def of_tenants(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that say which tenants it reads."""
    for option in reversed(_tenant_options):
        command = option(command)
    return command
