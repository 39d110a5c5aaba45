"""The options that several commands share, and a group that helps with a misspelt command. Cheap to import."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lockstep.errors import nearest
from lockstep.report.markdown import GITHUB
from lockstep.report.outputs import Outputs

if TYPE_CHECKING:
    from lockstep.local.runs import Verb

Function = Callable[..., int]
"""What a command calls: it returns the exit code."""


class Group(click.Group):
    """A group that knows what a misspelt command was meant to be."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            names = self.list_commands(ctx)
            ctx.fail(f"there is no command {args[0]!r}; there are {', '.join(names)}{nearest(args[0], names)}")
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


def rehearse(text: str) -> Callable[[Function], Function]:
    """Return the option `--rehearse`; `text` is its help, which says what the command does with it."""
    return click.option("--rehearse", is_flag=True, help=text)


def deploying(verb: Verb, text: str) -> click.Command:
    """Return one of the commands that run an engine: up, preview, refresh and destroy; `text` is its help."""

    def command(**options: Any) -> int:
        from lockstep.local.deploy import RunOptions, deploy

        return deploy(RunOptions(verb, **options))

    profile = "What a new emulator holds: fresh, legacy-spfx, both-spfx, no-spfx, brownfield, drifted."
    no_changes = "Change nothing, and end with 1, if anything would change."
    options = (
        STACK,
        CWD,
        rehearse("Run a stack with a real target on the emulator instead."),
        click.option("--profile", help=profile),
        USING,
        click.option("--expect-no-changes", is_flag=True, help=no_changes),
        JSON,
    )
    return click.command(verb, help=text)(_with(command, *options))


def findings(function: Function) -> Function:
    """Give a command the options that say in which forms findings are given; they reach it as `outputs`."""

    @functools.wraps(function)
    def wrapped(**options: Any) -> int:
        outputs = {name: options.pop(name) for name in Outputs.__dataclass_fields__}
        return function(outputs=Outputs(**outputs), **options)

    return _with(
        wrapped,
        click.option("--sarif", type=FILE, help="Write the findings as SARIF 2.1.0, for code scanning."),
        click.option("--junit", type=FILE, help="Write the findings as JUnit XML, for test reports."),
        click.option("--markdown", type=FILE, help="Write the findings as Markdown, for a comment or an issue."),
        click.option(
            "--markdown-limit",
            type=click.IntRange(min=1000),
            default=GITHUB,
            show_default=True,
            help="The most characters of the Markdown: 65536 on GitHub, 150000 on Azure DevOps.",
        ),
        click.option("--annotations", is_flag=True, help="Print the findings as GitHub annotations too."),
        JSON,
        click.option("--strict", is_flag=True, help="End with 1 for a warning too."),
    )


def _with(function: Function, *options: Callable[[Function], Function]) -> Function:
    for option in reversed(options):
        function = option(function)
    return function
