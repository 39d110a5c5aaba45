"""The locks hold on every Python and platform that Lockstep admits (D14), and are installed without a long silence."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[2]
MINORS = range(11, 16)
PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
LOCKS = ("run", "dev")


def requirements(name: str) -> list[Requirement]:
    """Return what a file of requirements asks for, and what it asks for by `-r`."""
    asked = []
    for line in (REPOSITORY / "requirements" / name).read_text("utf-8").splitlines():
        text = line.split(" #")[0].split(" \\")[0].strip()
        if text.startswith("-r "):
            asked += requirements(text.removeprefix("-r "))
        elif text and not text.startswith(("#", "--hash")):
            asked.append(Requirement(text))
    return asked


def environment(minor: int, platform: str) -> dict[str, str]:
    """Return what markers are read by, on that Python and platform."""
    version = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0"}
    return {**{name: str(value) for name, value in default_environment().items()}, **version, **PLATFORMS[platform]}


def dependencies(package: Requirement, where: dict[str, str]) -> Iterator[Requirement]:
    """Yield what an installed package needs there; nothing of one that only another environment has."""
    try:
        needed = importlib.metadata.requires(package.name) or ()
    except importlib.metadata.PackageNotFoundError:
        return
    for text in needed:
        requirement = Requirement(text)
        for extra in ("", *package.extras):
            if requirement.marker is None or requirement.marker.evaluate({**where, "extra": extra}):
                yield requirement
                break


def missing(lock: str, where: dict[str, str]) -> set[str]:
    """Return what installing from the lock would need there, and the lock does not pin in a fitting version."""
    pinned = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in requirements(f"{lock}.txt")
        if pin.marker is None or pin.marker.evaluate(where)
    }
    lacks, seen, open_ones = set(), set(), requirements(f"{lock}.in")
    while open_ones:
        package = open_ones.pop()
        if str(package) in seen:
            continue
        seen.add(str(package))
        version = pinned.get(canonicalize_name(package.name))
        if version is None or not package.specifier.contains(version, prereleases=True):
            lacks.add(str(package))
        open_ones += dependencies(package, where)
    return lacks


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("lock", LOCKS)
def test_d14_a_lock_has_all_that_is_needed_there(lock: str, minor: int, platform: str) -> None:
    assert f"3.{minor}" in SpecifierSet(importlib.metadata.metadata("lockstep")["Requires-Python"])
    assert missing(lock, environment(minor, platform)) == set()


def test_d14_what_a_lock_lacks_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only Python 3.13 needs this package, so a lock made by and for 3.11 does not have it."""
    monkeypatch.setattr(sys.modules[__name__], "REPOSITORY", tmp_path)
    shutil.copytree(Path(__file__).parents[2] / "requirements", tmp_path / "requirements")
    lock = tmp_path / "requirements" / "dev.txt"
    lock.write_text(
        lock.read_text("utf-8").replace("pyyaml-ft==8.0.0 ; python_full_version", "other==1 ; python_version")
    )
    assert missing("dev", environment(11, "linux")) == set()
    assert {Requirement(each).name for each in missing("dev", environment(13, "linux"))} == {"pyyaml-ft"}


def other_pythons() -> dict[str, str]:
    """Return each Python of another admitted version that this machine has: on PATH, or of pyenv."""
    of_pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    pythons: dict[str, str] = {}
    for minor in MINORS:
        for path in (shutil.which(f"python3.{minor}"), *of_pyenv.glob(f"*/bin/python3.{minor}")):
            words = [str(path), "-c", "import ensurepip, ssl, sqlite3, venv"]
            if path and subprocess.run(words, capture_output=True, check=False).returncode == 0:
                pythons.setdefault(f"3.{minor}", str(path))
    return {version: path for version, path in pythons.items() if version != "{}.{}".format(*sys.version_info)}


def uv(*words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("uv", path=str(Path(sys.executable).parent))
    assert program is not None, "uv is one of the development packages"
    return subprocess.run([program, *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", [f"3.{minor}" for minor in MINORS if minor != sys.version_info.minor])
def test_d14_every_python_of_the_machine_runs_it(version: str, tmp_path: Path) -> None:
    python = other_pythons().get(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    if uv("pip", "install", "--dry-run", "--no-cache", "--target", str(tmp_path / "x"), "idna").returncode:
        pytest.skip("no index of packages can be reached")
    folder = tmp_path / "venv"
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    there = folder / "bin" / "python"
    tools = uv("pip", "install", "--dry-run", "--require-hashes", "--python", str(there), "-r", "requirements/dev.txt")
    assert (tools.returncode, tools.stderr) == (0, tools.stderr)
    runs = uv("pip", "install", "--require-hashes", "--python", str(there), "-r", "requirements/run.txt")
    assert (runs.returncode, runs.stderr) == (0, runs.stderr)
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "components", "stacks", "plugins", "policy"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    up = subprocess.run(
        [str(there), "-W", "error", "-m", "lockstep.cli", "up", "--stack", "dev", "--using", "rehearsal"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (up.returncode, up.stderr) == (0, up.stderr)
    assert "verified: the emulator" in up.stdout + up.stderr


INSTALL = """#!/bin/sh
echo "{name} $*" >> "$CALLS"
{rest}
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder with a `uv`, and a virtual environment, that only write down how they are called."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    says = 'for n in $(seq 60); do echo "Collecting package-$n"; done'
    for file, name, rest in (("venv/bin/python", "python", says), ("uv", "uv", '[ "${UV_FAILS:-}" = "" ]')):
        (tmp_path / file).write_text(INSTALL.format(name=name, rest=rest))
        (tmp_path / file).chmod(0o755)
    return tmp_path


def install(programs: Path, path: str, **env: str) -> tuple[list[str], list[str]]:
    """Run scripts/install with these programs; return what it called, and what it said."""
    calls = programs / "calls"
    done = subprocess.run(
        [str(REPOSITORY / "scripts" / "install"), str(programs / "venv"), "requirements/run.txt"],
        cwd=REPOSITORY,
        env={"PATH": path, "CALLS": str(calls), **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split()[0] for line in calls.read_text().splitlines()], done.stderr.splitlines()


def test_d12_it_is_installed_with_uv_where_uv_is(programs: Path) -> None:
    called, said = install(programs, f"{programs}:/usr/bin:/bin")
    assert called == ["uv", "uv"]
    assert len(said) == 1
    assert said[0].endswith("packages of requirements/run.txt with uv")


def test_d12_pip_takes_over_where_uv_fails_and_shows_how_far_it_is(programs: Path) -> None:
    called, said = install(programs, f"{programs}:/usr/bin:/bin", UV_FAILS="yes")
    assert called == ["uv", "python", "python"]
    assert said[1:3] == [
        "uv could not install them: pip tries it",
        said[0].replace("with uv", "with pip, which takes a minute the first time"),
    ]
    assert [line.split(" of ")[0].strip() for line in said[3:]] == ["10", "20", "30", "40", "50", "60"]


def test_d12_without_uv_it_is_pip(programs: Path, tmp_path: Path) -> None:
    (programs / "uv").unlink()
    called, said = install(programs, f"{programs}:/usr/bin:/bin")
    assert called == ["python", "python"]
    assert "with pip" in said[0]
