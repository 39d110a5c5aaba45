"""Runs the unmodified Pulumi program of a project in this process, with a monitor object instead of an engine.

Every run gets a fresh context, event loop and set of the program's own modules, so runs can follow each other.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import settings
from pulumi.runtime.config import set_all_config

from lockstep.errors import LockstepError, UsageError
from lockstep.rehearsal.plugins import PluginError
from lockstep.settings.project import Project

Runner = Callable[..., BaseException | None]
"""What runs a program: the signature of `run_program`."""

_THREADS = 24
"""Monitor calls under way at once; the SDK blocks one thread for each."""


def run_program(
    project: Project,
    stack: str,
    config: Mapping[str, str],
    monitor: Any,
    engine: Any,
    *,
    preview: bool,
    environment: Mapping[str, str],
) -> BaseException | None:
    """Run the program to its end and return what ended it early, if anything did."""
    if not project.entry.is_file():
        raise UsageError(
            f"there is no program at {project.entry}; a rehearsal runs the `__main__.py` beside Pulumi.yaml"
        )
    with _variables(environment), _program_modules(project.directory), asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="rehearsal-monitor"))
        # What a failed registration leaves behind is reported once, through the program's own end.
        loop.set_exception_handler(lambda _loop, _context: None)
        return runner.run(
            _guarded(project, lambda: _configure(project, stack, config, monitor, engine, preview)),
            context=contextvars.Context(),
        )


async def _guarded(project: Project, configure: Callable[[], None]) -> BaseException | None:
    """Run the program; what it raises is returned, because a SystemExit would end the event loop half-way."""
    configure()
    try:
        await pulumi.runtime.run_in_stack(lambda: _execute(project.entry))
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return error
    return None


def _configure(
    project: Project, stack: str, config: Mapping[str, str], monitor: Any, engine: Any, preview: bool
) -> None:
    """Set the SDK up, in the context that the program runs in: its settings are context variables."""
    settings.ROOT.set(None)
    settings.configure(
        settings.Settings(
            project=project.name,
            stack=stack,
            monitor=monitor,
            engine=engine,
            dry_run=preview,
            organization="organization",
            root_directory=str(project.directory),
        )
    )
    set_all_config(dict(config), [])


def _execute(entry: Path) -> None:
    runpy.run_path(str(entry), run_name="__main__")


@contextmanager
def _variables(environment: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _program_modules(directory: Path) -> Iterator[None]:
    """Let the program import from its own folder and work in it; afterwards forget what it imported from there.

    The library that this engine belongs to stays: its classes are compared by identity.
    """
    root = directory.resolve()
    names = {entry.stem for entry in root.iterdir() if entry.suffix == ".py" or (entry / "__init__.py").is_file()}
    hidden = {key: module for key, module in sys.modules.items() if _foreign(key, module, names, root)}
    for key in hidden:
        del sys.modules[key]
    before = set(sys.modules)
    path, arguments, working = list(sys.path), list(sys.argv), Path.cwd()
    sys.path.insert(0, str(root))
    sys.argv = [str(root)]
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(working)
        sys.path[:], sys.argv = path, arguments
        for key in set(sys.modules) - before:
            if _inside(sys.modules[key], root) and not _ours(key):
                del sys.modules[key]
        sys.modules.update(hidden)


def _foreign(key: str, module: Any, names: set[str], root: Path) -> bool:
    """Tell whether a module stands where the program has one of that name. Python's own stay, as in any program."""
    top = key.partition(".")[0]
    return top in names - {"__main__"} - sys.stdlib_module_names and not _ours(key) and not _inside(module, root)


def _ours(key: str) -> bool:
    return key.partition(".")[0] == __name__.partition(".")[0]


def _inside(module: Any, root: Path) -> bool:
    """Tell whether a module is the program's own; what is installed below its folder is not."""
    file = getattr(module, "__file__", None)
    return file is not None and "site-packages" not in file and Path(file).resolve().is_relative_to(root)


def describe_failure(error: BaseException, directory: Path) -> tuple[str, int]:
    """Return a one-line message and an exit code for what ended a program."""
    visited: list[BaseException] = []  # the SDK raises an error from itself, which makes the chain a ring
    cause: BaseException | None = error
    while cause is not None and cause not in visited:
        if isinstance(cause, LockstepError | PluginError):
            return str(cause), cause.exit_code
        visited.append(cause)
        cause = cause.__cause__
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else 1
        return f"the program ended itself with sys.exit({error.code!r})", code or 1
    kind = type(error).__name__
    message = str(error) or kind
    if not isinstance(error, pulumi.RunError):
        message = f"{kind}: {message}"
    return f"the program failed: {message}{_place(error, directory)}", 1


def _place(error: BaseException, directory: Path) -> str:
    root = str(directory.resolve())
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(root)]
    frames = [frame for frame in frames if "site-packages" not in frame.filename and ".venv" not in frame.filename]
    if not frames:
        return ""
    last = frames[-1]
    return f" ({Path(last.filename).resolve().relative_to(root)}:{last.lineno})"
