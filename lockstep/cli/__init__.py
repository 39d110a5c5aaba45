"""The `lockstep` command: turns words into calls of the library, and errors into one line and an exit code.

This door stays cheap to import; every verb imports what it needs when it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from lockstep.errors import LockstepError

__all__ = ["main", "run"]

BUG = 70
INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process and end it with the exit code."""
    if sys.argv[1:2] == ["gate"]:
        from lockstep.gate.bare import begin_bare

        # Here and not in the command: only what is a process of its own can begin anew.
        begin_bare()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line; return the exit code. Nothing but a fault of ours gets past it, and that as one line too."""
    import click

    from lockstep.cli.commands import lockstep

    try:
        code = lockstep.main(args=list(arguments), prog_name="lockstep", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "lockstep"
        _say(f"{error.format_message()}; see `{path} --help`")
        return 2
    except click.ClickException as error:
        _say(error.format_message())
        return 2
    except LockstepError as error:
        _say(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted; run the same command again to go on where it stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; python would complain about it once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("LOCKSTEP_DEBUG") == "1":
            raise
        _say(
            f"this is a bug in Lockstep: {type(error).__name__}: {error};"
            " run it again with LOCKSTEP_DEBUG=1 for the traceback, and report that"
        )
        return BUG


def _say(text: str) -> None:
    from lockstep.report.text import inert

    # A message may quote a file or a tenant, and a CI agent reads what is printed.
    print("lockstep:", inert(" ".join(text.split())), file=sys.stderr, flush=True)
