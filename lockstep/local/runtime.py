"""What Pulumi would refuse in the runtime of Pulumi.yaml, before a program starts: tools, folders and files it needs.

By Pulumi's own sources, https://github.com/pulumi/pulumi/tree/master/sdk/python/toolchain. Looks at files and at PATH;
runs nothing and writes nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lockstep.errors import nearest
from lockstep.yaml_file import Node, read_yaml

_TOOLCHAINS = {
    "pip": ((), ""),
    "uv": (("uv.lock", "pyproject.toml"), "https://docs.astral.sh/uv/"),
    "poetry": (("pyproject.toml",), "https://python-poetry.org/docs/"),
}
"""Of each toolchain the files that say what it installs, any of which is enough, and where it is to be had."""
_TYPECHECKERS = ("none", "mypy", "pyright")
_OPTIONS = ("toolchain", "virtualenv", "typechecker")


@dataclass(frozen=True)
class Obstacle:
    """What `pulumi up` would fail on, and how to put it right."""

    problem: str
    fix: str


def obstacles(directory: Path, environ: Mapping[str, str]) -> list[Obstacle]:
    """Return what keeps Pulumi from running the program of a project, by the runtime in its Pulumi.yaml."""
    root = read_yaml(directory / "Pulumi.yaml")
    runtime = root.fields.get("runtime") if root else None
    if runtime is None:
        return [Obstacle("Pulumi.yaml names no runtime", "write `runtime: python`")]
    name = runtime.fields["name"].text if "name" in runtime.fields else runtime.text
    if name != "python":
        return [Obstacle(f"the runtime is {name!r}, and the program is in Python", "write `runtime: python`")]
    options = runtime.fields["options"].fields if "options" in runtime.fields else {}
    return list(_found(options, directory, environ))


def _found(options: Mapping[str, Node], directory: Path, environ: Mapping[str, str]) -> Iterator[Obstacle]:
    toolchain, typechecker = (options[name].text if name in options else "" for name in ("toolchain", "typechecker"))
    toolchain = toolchain or "pip"
    for option in options:
        if option not in _OPTIONS and nearest(option, _OPTIONS):
            yield Obstacle(f"Pulumi reads no option {option!r}{nearest(option, _OPTIONS)}", "correct its name")
    if toolchain not in _TOOLCHAINS:
        allowed = ", ".join(_TOOLCHAINS)
        yield Obstacle(f"toolchain {toolchain!r} is none that Pulumi has", f"name one of: {allowed}")
        return
    files, where = _TOOLCHAINS[toolchain]
    if where and shutil.which(toolchain, path=environ.get("PATH", "")) is None:
        yield Obstacle(f"toolchain {toolchain}: {toolchain} is not on PATH", f"install it: {where}")
    if files and not any((folder / file).is_file() for folder in (directory, *directory.parents) for file in files):
        yield Obstacle(
            f"toolchain {toolchain}: there is no {' and no '.join(files)} in the project's folder or above it",
            f"`{toolchain} init` makes one, or take the toolchain out for pip",
        )
    venv = _venv(options.get("virtualenv"), toolchain, directory)
    if venv is not None and "virtualenv" in options:
        yield from _lacking(venv, toolchain, directory)
    if typechecker and typechecker not in _TYPECHECKERS:
        allowed = ", ".join(_TYPECHECKERS)
        yield Obstacle(f"typechecker {typechecker!r} is none that Pulumi has", f"name one of: {allowed}")
    elif typechecker not in ("", "none") and venv is not None and _has(venv, typechecker) is False:
        yield Obstacle(
            f"typechecker {typechecker}: it is not installed in {venv.name}",
            f"add it to the project's packages and install them, or take the option out: {typechecker}",
        )


def _venv(option: Node | None, toolchain: str, directory: Path) -> Path | None:
    """Return the virtual environment that Pulumi runs the program in; None where only the tool knows it."""
    if option is not None and option.text:
        return directory / Path(option.text)
    return directory / ".venv" if toolchain == "uv" else None


def _lacking(venv: Path, toolchain: str, directory: Path) -> Iterator[Obstacle]:
    named = f"virtualenv {os.path.relpath(venv, directory)}"
    make = f"python3 -m venv {venv}, and install the project's lock into it" if toolchain == "pip" else "uv sync"
    if venv.exists() and not venv.is_dir():
        yield Obstacle(f"{named}: is a file", f"move it away, then: {make}")
    elif _python(venv) is None:
        if toolchain != "pip":
            return  # uv makes it
        empty = not venv.exists() or not any(venv.iterdir())
        if empty and (directory / "requirements.txt").is_file():
            return  # Pulumi makes it and installs that
        what = "is not there" if not venv.exists() else "is no virtual environment: it has no Python in it"
        yield Obstacle(f"{named}: {what}", make)
    elif _has(venv, "pulumi") is False:
        yield Obstacle(
            f"{named}: Pulumi's package for Python is not installed in it", "install the project's lock into it"
        )


def _python(venv: Path) -> Path | None:
    return next((path for path in (venv / "bin" / "python", venv / "Scripts" / "python.exe") if path.is_file()), None)


def _has(venv: Path, package: str) -> bool | None:
    """Tell whether a package is installed in a virtual environment; None where that cannot be seen."""
    try:
        settings = (venv / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    if "include-system-site-packages = true" in settings:
        return None
    return any(venv.glob(f"lib/python*/site-packages/{package}")) or (venv / "Lib/site-packages" / package).is_dir()
