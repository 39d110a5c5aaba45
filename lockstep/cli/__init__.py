"""The `lockstep` command: turns words into calls of the library, and errors into one line and an exit code.

This door stays cheap to import; every verb imports what it needs when it runs. What a machine can do to a program, such
as a full disk or a closed output, is told in one line too (`lockstep.errors.told`): only a fault of ours ends with 70.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from lockstep.cycles import look_rarely
from lockstep.errors import LockstepError, OutputError, UsageError, told

__all__ = ["main", "run"]

BUG = 70
INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process and end it with the exit code."""
    if sys.argv[1:2] == ["gate"]:
        from lockstep.gate.bare import begin_bare

        # Here and not in the command: only what is a process of its own can begin anew.
        begin_bare()
    _open_streams()
    if os.environ.get("LOCKSTEP_DEBUG") != "1":
        sys.unraisablehook = _pass_over
    look_rarely()
    sys.argv[0] = "lockstep"  # by which others see who holds a file
    code = run(sys.argv[1:])
    sys.exit(_close_streams(code))


def run(arguments: Sequence[str]) -> int:
    """Run a command line; return the exit code. Nothing but a fault of ours gets past it, and that as one line too."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _end(arguments, INTERRUPTED, "interrupted; run the same command again to go on where it stopped")
    except BrokenPipeError:  # whoever read our output has gone
        return 1
    except OutputError as error:
        if not error.closed:
            _say(str(error))
        return 1 if error.closed else UsageError.exit_code
    except Exception as error:
        if os.environ.get("LOCKSTEP_DEBUG") == "1" and not isinstance(error, LockstepError):
            raise
        if user_error := told(error):
            return _end(arguments, user_error.exit_code, str(user_error))
        bug = f"this is a bug in Lockstep: {type(error).__name__}: {error}"
        return _end(arguments, BUG, f"{bug}; run it again with LOCKSTEP_DEBUG=1 for the traceback, and report that")


def _run(arguments: Sequence[str]) -> int:
    import click

    from lockstep.cli.commands import lockstep

    try:
        code = lockstep.main(args=list(arguments), prog_name="lockstep", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr, flush=True)
        return UsageError.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "lockstep"
        raise UsageError(f"{error.format_message().removesuffix('.')}; see `{path} --help`") from None
    except click.ClickException as error:
        raise UsageError(error.format_message()) from None
    except click.Abort:
        raise KeyboardInterrupt from None


def _end(arguments: Sequence[str], code: int, text: str) -> int:
    """Say why a command ended, on stderr, and where it was asked for JSON as the one document on stdout too."""
    from lockstep.report.text import inert

    # A message may quote a file or a tenant, and a CI agent reads what is printed.
    line = inert(" ".join(text.split()))
    _say(line)
    if "--json" in arguments:
        named = arguments[0] if not arguments[0].startswith("-") else None
        document = {"operation": named, "exitCode": code, "error": line}
        with suppress(OSError, ValueError):
            print(json.dumps(document, indent=2), flush=True)
    return code


def _say(line: str) -> None:
    with suppress(OSError, ValueError):  # nobody is left to be told
        print("lockstep:", line, file=sys.stderr, flush=True)


def _pass_over(_: object) -> None:
    """Say nothing of what Python meets while it clears away, such as half an event loop where no file was left."""


def _open_streams() -> None:
    """Make the three streams usable: a closed one goes nowhere, and what an encoding lacks is written as an escape."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # At its own number, which otherwise the next file would get, and with it what child processes print.
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _close_streams(code: int) -> int:
    """Write out what is still to be printed; Python would complain about a closed or full output on its way out."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if stream is sys.stdout and not isinstance(error, BrokenPipeError):
                _say(str(OutputError("stdout", error)))
                code = code or UsageError.exit_code
            code = code or 1
    return code
