"""A wheel of this Lockstep, a Python that it is installed for, and a project that `lockstep init` wrote there.

Built once for all tests of a run, in whichever process asks first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import REPOSITORY
from tests.gate.pulls import git

_LEFT_OUT = ("tests/", "docs/", "benchmarks/")
HOSTILE = 'raise SystemExit("the customer\'s own types.py")\n'
"""A file that the customer has beside their program, and that Python itself would look for under this name."""


@dataclass(frozen=True)
class Installed:
    """A Python that has the wheel, and its packages from this one."""

    wheel: Path
    borrowed: Path
    """A wheel that lets a Python see the packages of this one: it stands for all that Lockstep depends on."""
    bin: Path

    def run(self, *words: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the installed `lockstep`."""
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | (env or {})
        command = [str(self.bin / "lockstep"), *words]
        return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)

    def lock(self, *wheels: Path) -> str:
        """Return a lock of these wheels, as files of the project."""
        return "".join(f"./wheels/{file.name} --hash=sha256:{_digest(file)}\n" for file in wheels)

    def changed_wheel(self, folder: Path, *changes: tuple[str, str, str]) -> Path:
        """Write the wheel once more, under the same name and with these texts replaced: file, old, new."""
        texts = {name: (old.encode(), new.encode()) for name, old, new in changes}
        target = folder / self.wheel.name
        with zipfile.ZipFile(self.wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as other:
            for name in source.namelist():
                content = source.read(name)
                if name in texts:
                    assert texts[name][0] in content, name
                    content = content.replace(*texts[name])
                if name.endswith(".dist-info/RECORD"):
                    rows = [row.split(",") for row in content.decode().splitlines()]
                    rows = [[row[0], "", ""] if row[0] in texts else row for row in rows]
                    content = "\n".join(",".join(row) for row in rows).encode()
                other.writestr(name, content)
        return target


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of this work tree, in a Python of its own."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared
    folder = shared / "installed"
    with FileLock(shared / "installed.lock"):
        if not (folder / "ready").is_file():
            _build(folder)
            (folder / "ready").touch()
    wheel, borrowed = (next((folder / "wheels").glob(f"{name}-*.whl")) for name in ("lockstep", "borrowed"))
    return Installed(wheel, borrowed, folder / "venv" / "bin")


@pytest.fixture(scope="session")
def written(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `lockstep init` writes, to be looked at."""
    folder = tmp_path_factory.mktemp("written") / "contoso-entra"
    done = installed.run("init", str(folder), "--wheel", str(installed.wheel), cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def private(installed: Installed, written: Path, tmp_path: Path) -> Iterator[Path]:
    """A private repository of a customer, with a lock that can be installed here and a hostile `types.py`."""
    project = Path(shutil.copytree(written, tmp_path / "contoso-entra"))
    (project / "types.py").write_text(HOSTILE, "utf-8")
    shutil.copy2(installed.borrowed, project / "wheels")
    (project / "requirements.txt").write_text(installed.lock(installed.wheel, installed.borrowed), "utf-8")
    (project / ".venv").symlink_to(installed.bin.parent)
    git(project, "init", "--quiet", "--initial-branch", "main")
    # A link, which .gitignore's `.venv/` does not speak of.
    (project / ".git" / "info" / "exclude").write_text(".venv\n", "utf-8")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "base")
    yield project
    if (project / ".lockstep").exists():
        installed.run("emulator", "stop", cwd=project)


def _build(folder: Path) -> None:
    # A copy without what is ignored: an old `build/` would put files into the wheel that are gone.
    source = folder / "source"
    for name in git(REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and not name.startswith(_LEFT_OUT) and (REPOSITORY / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    words = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder / "wheels")]
    subprocess.run([*pip, *words, str(source)], check=True, capture_output=True)
    borrowed = folder / "wheels" / "borrowed-1-py3-none-any.whl"
    with zipfile.ZipFile(borrowed, "w") as file:
        file.writestr("borrowed.pth", sysconfig.get_path("purelib") + "\n")
        file.writestr("borrowed-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: borrowed\nVersion: 1\n")
        file.writestr("borrowed-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("borrowed-1.dist-info/RECORD", "")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    wheels = [str(path) for path in sorted((folder / "wheels").glob("*.whl"))]
    install = [*pip, "--python", str(folder / "venv" / "bin" / "python"), "install", "--no-deps", "--no-index", *wheels]
    subprocess.run(install, check=True, capture_output=True)


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()
