"""The command line and its page say the same, and every command that a document shows is one that exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import lockstep.errors
from lockstep.cli import BUG, INTERRUPTED
from lockstep.cli.commands import lockstep as root
from lockstep.cli.options import Command
from tests.docs.pages import REPOSITORY, commands, pages, read, table

PAGE = "docs/command-line.md"


def _verbs(command: click.Command, words: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _verbs(inner, f"{words} {name}")


VERBS = dict(_verbs(root, "lockstep"))


def test_every_verb_has_its_row_and_every_row_its_verb() -> None:
    assert {row.strip("`") for row in table(read(PAGE), "Commands")} == set(VERBS)


def test_every_option_has_its_row_and_every_row_its_option() -> None:
    real = {word for verb in VERBS.values() for option in verb.params if isinstance(option, click.Option)
            for word in option.opts}  # fmt: skip
    real |= {word for option in root.params for word in option.opts} | {"--help", "-h"}
    documented = {word for cell in table(read(PAGE), "Options") for word in re.findall(r"`(-[-\w]+)`", cell)}
    assert documented == real


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_said_to_be_its(verb: str) -> None:
    rows = table(read(PAGE), "Options")
    for option in VERBS[verb].params:
        if not isinstance(option, click.Option):
            continue
        of = next(row for cell, row in rows.items() if f"`{option.opts[0]}`" in cell).split("|")[2]
        last, group = verb.split()[-1], verb.split()[1]
        assert f"`{last}`" in of or f"`{group}`" in of or f"`{group} {last}`" in of, option.opts


def test_every_exit_code_has_its_row_and_every_row_its_code() -> None:
    errors = [each for each in vars(lockstep.errors).values() if isinstance(each, type)]
    codes = {each.exit_code for each in errors if issubclass(each, lockstep.errors.LockstepError)}
    assert {int(code) for code in table(read(PAGE), "Exit codes")} == {0, BUG, INTERRUPTED} | codes


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_command_shown_parses(page: Path) -> None:
    for shown in commands(page.read_text(encoding="utf-8")):
        _parse(root, "lockstep", shlex.split(_filled(shown))[1:])


@pytest.mark.parametrize("verb", VERBS)
def test_d11_every_command_shows_examples_of_itself_that_parse(verb: str) -> None:
    command = VERBS[verb]
    examples = command.examples if isinstance(command, Command) else ()
    shown = command.get_help(click.Context(command, info_name=verb))
    assert examples
    for example in examples:
        (typed,) = commands(f"`{example}`")
        assert typed.startswith(verb)
        _parse(root, "lockstep", shlex.split(typed.partition(" > ")[0])[1:])
        assert f"\n  {example}\n" in f"{shown}\n"


def test_a_command_that_does_not_exist_does_not_parse() -> None:
    with pytest.raises(click.UsageError):
        _parse(root, "lockstep", ["up", "--stak", "dev"])
    with pytest.raises(click.UsageError):
        _parse(root, "lockstep", ["emulator", "serv"])


def test_documents_show_commands() -> None:
    assert sum(len(list(commands(page.read_text(encoding="utf-8")))) for page in pages()) > 30


def _filled(shown: str) -> str:
    """Return a command with words in place of placeholders, `<stack>`, `NAME` and `...`."""
    return re.sub(r"<[^>]+>|\b[A-Z]{4,}\b", "word", shown).replace("...", "").replace("…", "")


def _parse(command: click.Command, name: str, words: list[str]) -> None:
    """Parse words as the real command line does, and run nothing."""
    context = command.make_context(name, list(words), resilient_parsing=False) if words else None
    if context is None or not isinstance(command, click.Group):
        return
    rest = [*context._protected_args, *context.args]
    if rest:
        inner, found, left = command.resolve_command(context, rest)
        assert found is not None
        _parse(found, inner or name, left)
