"""Runs one Pulumi program against a monitor in another process. Started by path, never imported.

It imports nothing of Lockstep, so that whatever the program imports comes from the program's own folder. Reads what to
run from standard input, as JSON; says in one line on standard error what ended the program, if anything did.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi
from pulumi.runtime import settings
from pulumi.runtime.config import set_all_config


def main() -> int:
    """Run the program that standard input names; return its exit code."""
    order = json.load(sys.stdin)
    _limit(order["memory"])
    sys.stdin = io.StringIO()
    directory, entry = order["directory"], order["entry"]
    sys.path.insert(0, directory)
    sys.argv = [directory]
    os.chdir(directory)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_default_executor(ThreadPoolExecutor(24))
        # What a failed registration leaves behind is reported once, through the program's own end.
        loop.set_exception_handler(lambda _loop, _context: None)
        error = runner.run(_run(order, entry))
    if error is None:
        return 0
    print(_last_words(error, directory), file=sys.stderr)
    return error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 1


def _limit(memory: int) -> None:
    """Bound what this process and each that it starts may take; whoever started it watches all of them together."""
    try:
        import resource
    except ImportError:
        return  # Windows has no such limits
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, memory // 4),
        (resource.RLIMIT_DATA, memory),
    ):
        allowed = resource.getrlimit(what)[1]
        hard = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(what, (hard, hard))


async def _run(order: dict[str, Any], entry: str) -> BaseException | None:
    settings.ROOT.set(None)
    settings.configure(
        settings.Settings(
            project=order["project"],
            stack=order["stack"],
            monitor=order["address"],
            engine=order["address"],
            dry_run=order["preview"],
            organization="organization",
            root_directory=order["directory"],
        )
    )
    set_all_config(order["config"], [])
    try:
        await pulumi.runtime.run_in_stack(lambda: _execute(entry))
    except BaseException as error:
        return error
    return None


def _execute(entry: str) -> None:
    runpy.run_path(entry, run_name="__main__")


def _last_words(error: BaseException, directory: str) -> str:
    if isinstance(error, SystemExit):
        return f"the program ended itself with sys.exit({error.code!r})"
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, MemoryError):
        text = "it may take no more memory"
    message = text if isinstance(error, pulumi.RunError) else f"{type(error).__name__}: {text}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(directory)]
    if isinstance(error, SyntaxError) and str(error.filename).startswith(directory):
        place = f" ({os.path.relpath(str(error.filename), directory)}:{error.lineno})"
    else:
        place = f" ({os.path.relpath(frames[-1].filename, directory)}:{frames[-1].lineno})" if frames else ""
    return f"the program failed: {message}{place}"


if __name__ == "__main__":
    sys.exit(main())
