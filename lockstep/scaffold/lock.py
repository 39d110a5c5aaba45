"""The lock of a project: which packages it runs on, each by one version and by hash, and Lockstep among them.

Written for a new project, and read by the gate, which installs what a pull request changes in it. What is read here may
come from a stranger: everything is refused that could run code while it is installed, or fetch from somewhere else.
"""

from __future__ import annotations

import email
import importlib.metadata
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lockstep import __version__
from lockstep.errors import UsageError
from lockstep.scaffold.files import reference_project
from lockstep.text_file import read_text

NAMES = ("requirements.txt", "requirements/run.txt")
"""Where a lock is: in a private project, and in Lockstep's own repository."""

_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[\w,.-]+\])?==(?P<version>\w[\w.!+]*)(?: *;[\w .,*<>=!'\"()]+)?"
)
_WHEEL = re.compile(r"(?:\./)?(?:\w[\w.+-]*/)*(?P<name>\w[\w.]*)-(?P<version>\w[\w.!+]*)(?:-[\w.]+){3,4}\.whl")
_HASH = re.compile(r" +--hash=sha256:[0-9a-f]{64}(?= |$)")
_LONGEST = 500  # of what names a package, without its hashes
_HEAD = """\
# What this project runs on. `lockstep init` wrote it; `lockstep init --update` of a newer Lockstep writes it anew.
# Install it with: python -m pip install --require-hashes --only-binary :all: -r requirements.txt
"""


class LockError(UsageError):
    """A lock that cannot be used, with its file and line."""

    def __init__(self, file: str, line: int, text: str) -> None:
        super().__init__(f"{file}:{line}: {text}")
        self.file, self.line, self.text = file, line, text


@dataclass(frozen=True)
class Pin:
    """One package of a lock. `file` is the path of its wheel, where the lock names one in the project."""

    name: str
    version: str
    text: str
    file: str = ""

    def requirement(self, project: Path) -> str:
        """Return what pip is to read, from wherever it runs."""
        if not self.file:
            return self.text
        return f"{(project / self.file).absolute().as_uri()}{self.text.removeprefix(self.file)}"


def find_lock(project: Path) -> Path | None:
    """Return the lock of a project, if it has one."""
    return next((project / name for name in NAMES if (project / name).is_file()), None)


def read_lock(path: Path, where: str) -> list[Pin]:
    """Return the packages of a lock; LockError for a line that names no wheel by version or file, and by hash."""
    pins = []
    try:
        text = read_text(path, where)
    except UsageError as error:
        raise LockError(where, 1, str(error).removeprefix(f"{where}: ")) from None
    for number, line in _lines(text):
        package = _HASH.sub("", line)
        # The patterns take long for a long text, which names no package.
        match = (_PINNED.fullmatch(package) or _WHEEL.fullmatch(package)) if len(package) <= _LONGEST else None
        if match is None or package == line:
            raise LockError(
                where,
                number,
                f"{package[:_LONGEST]!r} is nothing that a lock may name: it has `name==version`, or the path of a"
                " wheel in this project, each with --hash=sha256:..., and no options",
            )
        pins.append(
            Pin(match["name"].replace("_", "-").lower(), match["version"], line, package if match.re is _WHEEL else "")
        )
    return pins


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that says something, with the number of its first; lines that end in a backslash are one."""
    begun, first = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if begun else number
        begun += re.sub(r"(^|\s)#.*", "", line)
        if begun.endswith("\\"):
            begun = begun[:-1]
            continue
        if begun.strip():
            yield first, " ".join(begun.split())
        begun = ""
    if begun.strip():
        yield first, " ".join(begun.split())


def compose(wheel: Path, named: str) -> str:
    """Return the lock of a project that runs on this wheel of Lockstep, which pip is to find as `named`."""
    digest = sha256(wheel.read_bytes()).hexdigest()
    dependencies = (reference_project() / "requirements" / "run.txt").read_text("utf-8")
    return f"{_HEAD}{named} \\\n    --hash=sha256:{digest}\n" + re.sub(r"\A(?:#.*\n)+", "", dependencies)


def check_wheel(path: Path) -> None:
    """Refuse a file that is not the wheel of the Lockstep that runs: what a project is made by is what it runs on."""
    try:
        with zipfile.ZipFile(path) as wheel:
            named = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
            metadata = email.message_from_bytes(wheel.read(named[0]))
            record = wheel.read(named[0].replace("METADATA", "RECORD")).decode()
    except (OSError, zipfile.BadZipFile, IndexError, KeyError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a wheel: {error}") from None
    name, version = metadata["Name"], metadata["Version"]
    if (name, version) != ("lockstep", __version__):
        raise UsageError(f"{path.name} is the wheel of {name} {version}, and this is lockstep {__version__}")
    files = {row for row in record.splitlines() if row and not row.startswith(f"lockstep-{version}.dist-info/")}
    different = sorted(files - _installed_files() if _installed_files() else ())
    if different:
        text = f"{path.name} is another lockstep {version} than the one that runs: {different[0].partition(',')[0]}"
        raise UsageError(f"{text} is not the same")


def _installed_files() -> set[str]:
    """Return the files of the Lockstep that runs, with their hashes; none of a checkout that is installed in place."""
    rows = (importlib.metadata.distribution("lockstep").read_text("RECORD") or "").splitlines()
    return {row for row in rows if row.startswith("lockstep/")}


def download_wheel(folder: Path) -> Path:
    """Fetch the wheel of the Lockstep that runs from the index that pip is configured with; return its file."""
    if not _installed_files():
        raise UsageError(
            "this Lockstep is a checkout, which no index has: build its wheel, and give it with --wheel FILE"
        )
    words = ["download", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), f"lockstep=={__version__}"]
    done = subprocess.run(  # noqa: S603 (our own interpreter and words)
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    files = list(folder.glob("*.whl"))
    if done.returncode or not files:
        raise UsageError(
            f"pip's index has no wheel of lockstep {__version__}: name the file that this Lockstep was installed from,"
            " --wheel FILE, and it becomes part of the project"
        )
    return files[0]
