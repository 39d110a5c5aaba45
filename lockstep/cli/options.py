"""The options that several commands share, and how each reads its words and shows its help. Cheap to import."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from lockstep.errors import LockstepError, nearest
from lockstep.report.markdown import GITHUB
from lockstep.report.outputs import Outputs

if TYPE_CHECKING:
    from lockstep.local.runs import Verb

Function = Callable[..., int]
"""What a command calls: it returns the exit code."""


class Command(click.Command):
    """A command with examples in its help, which refuses an option that is given twice and counts once."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for option in order:
            if isinstance(option, click.Option) and not (option.multiple or option.is_flag or order.count(option) == 1):
                ctx.fail(f"{option.opts[0]} is given {order.count(option)} times, and only one counts; give it once")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        from lockstep.catalogue.private import lay_over
        from lockstep.settings.project import project_at

        # The one place where a command says which project it is about, so whose private catalogue counts.
        lay_over(project_at(ctx.params.get("cwd") or Path()))
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")


class Group(click.Group):
    """A group that knows what a misspelt or misplaced word was meant to be, and shows each command's whole summary."""

    command_class = Command
    sections: Mapping[str, Sequence[str]] = {}
    """The commands under their headings; without any they are listed as they are."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            names, inner = self._named(ctx, words)
            if inner is self or not any(error.option_name in option.opts for option in inner.params):
                raise
            for name in names:
                words.remove(name)
            right = " ".join([ctx.command_path, *names, *map(shlex.quote, words)])
            ctx.fail(f"{error.option_name} stands behind the command that it belongs to: `{right}`")

    def _named(self, ctx: click.Context, words: Sequence[str]) -> tuple[list[str], click.Command]:
        """Return the command that words name, wherever it stands among them, with its names from here on."""
        names, command = list[str](), cast(click.Command, self)
        for word in words:
            inner = command.get_command(ctx, word) if isinstance(command, click.Group) else None
            if inner is not None:
                names.append(word)
                command = inner
        return names, command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, names in (self.sections or {"Commands": self.list_commands(ctx)}).items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl([(name, _summary(command)) for name, command in commands if command is not None])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            names = self.list_commands(ctx)
            ctx.fail(f"there is no command {args[0]!r}; there are {', '.join(names)}{nearest(args[0], names)}")
        return super().resolve_command(ctx, args)


def _summary(command: click.Command) -> str:
    """Return the first sentence of a command's help, whole."""
    return command.get_short_help_str(limit=1000)


def _stacks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the stacks of the project at hand that begin so."""
    from lockstep.local.workplace import stacks_in
    from lockstep.settings.project import find_project

    with suppress(LockstepError, OSError):
        return [
            name for name in stacks_in(find_project(ctx.params.get("cwd") or Path())) if name.startswith(incomplete)
        ]
    return []


def _profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the profiles of the emulator that begin so."""
    from lockstep.emulator import profiles

    return [name for name in profiles() if name.startswith(incomplete)]


def stack_option(text: str, **options: Any) -> Callable[[Function], Function]:
    """Return the option `--stack`, whose values a shell completes; `text` is its help."""
    return click.option("--stack", "-s", shell_complete=_stacks, help=text, **options)


def profile_option(text: str, **options: Any) -> Callable[[Function], Function]:
    """Return the option `--profile`, whose values a shell completes; `text` is its help."""
    return click.option("--profile", shell_complete=_profiles, help=text, **options)


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
STACK = stack_option("The stack: Pulumi.<stack>.yaml.", default="dev", show_default=True)
# Eager, so that completion of a stack's name knows the folder.
CWD = click.option(
    "--cwd", "-C", type=FOLDER, default=Path("."), is_eager=True, help="The project's folder, or one inside it."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
PORT = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port on localhost.  [default: 8443, or a free one where that is taken]",
)
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


def deploying(verb: Verb, text: str, examples: Sequence[str], *more: Callable[[Function], Function]) -> click.Command:
    """Return one of the commands that run an engine: up, preview, refresh and destroy; `text` is its help.

    `more` are options of this command alone.
    """

    def command(**options: Any) -> int:
        from lockstep.local.deploy import RunOptions, deploy

        return deploy(RunOptions(verb, **options))

    profile = "What a new emulator holds: fresh, legacy-spfx, both-spfx, no-spfx, brownfield, drifted."
    no_changes = "Change nothing, and end with 1, if anything would change."
    options: list[Callable[[Function], Function]] = [
        STACK,
        CWD,
        rehearse("Run a stack with a real target on the emulator instead."),
        profile_option(profile),
        USING,
        click.option("--expect-no-changes", is_flag=True, help=no_changes),
        *more,
        JSON,
    ]
    return click.command(verb, cls=Command, examples=examples, help=text)(_with(command, *options))


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
