"""Writes a new project of one's own, or takes a project to this Lockstep. All of its files are there, or none.

The files are those of the reference project, with the project's own name in place of `lockstep` in its settings.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from lockstep.errors import UsageError
from lockstep.scaffold.files import COPIES, OWN, reference_project
from lockstep.scaffold.lock import check_wheel, compose, download_wheel

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
# Pulumi hands the settings of a project to the plugin of that name.
_TAKEN = ("azuread", "entraconsent", "pulumi")
_SETTINGS = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml.example")
_FOLDERS = ("components", "plugins", "policy", "stacks")
_DECISIONS = ("policy/approvals.yaml", "policy/exceptions.yaml")
HOSTS = {"github": ".github/workflows", "azure-devops": "pipelines"}
"""Where the pipelines of each host stand in a repository."""


def create_project(directory: Path, name: str, *, host: str, wheel: Path | None, reviewers: str) -> list[str]:
    """Write a new project; return its files. UsageError when the folder has files, or the name cannot be one."""
    directory = directory.resolve()
    name = name or directory.name
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise UsageError(
            f"{name!r} cannot be a project's name: Pulumi takes letters, digits, `_`, `.` and `-`, at most 100, and"
            f" {', '.join(_TAKEN)} are names of plugins; give another with --name"
        )
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is a file")
    entries = sorted(path.name for path in directory.iterdir() if path.name != ".git") if directory.is_dir() else []
    if entries:
        shown = ", ".join(entries[:5]) + (f" and {len(entries) - 5} more" if len(entries) > 5 else "")
        raise UsageError(f"{directory} has files already: {shown}; give an empty folder, or a new one")
    with tempfile.TemporaryDirectory(prefix="lockstep-init-") as folder:
        draft = Path(folder) / "draft"
        _write_project(draft, name, host, reviewers)
        _write_lock(draft, wheel)
        files = sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())
        _put(draft, directory)
    return files


def update_project(directory: Path, *, wheel: Path | None) -> list[str]:
    """Take a project to this Lockstep: its lock, and its copies of plugin and pack; return what is changed."""
    directory = directory.resolve()
    if not (directory / "Pulumi.yaml").is_file():
        raise UsageError(f"there is no Pulumi.yaml in {directory}; --update takes the folder of a project")
    with tempfile.TemporaryDirectory(prefix="lockstep-init-") as folder:
        draft = Path(folder) / "draft"
        for name in COPIES:
            _copy(reference_project() / name, draft / name)
        _write_lock(draft, wheel)
        new = sorted(path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
        changed = [path for path in new if not _same(draft / path, directory / path)]
        for path in changed:
            _copy(draft / path, directory / path)
        gone = [path for path in directory.glob("wheels/lockstep-*.whl") if not (draft / "wheels" / path.name).exists()]
        for path in gone:
            path.unlink()
    return [*(path.as_posix() for path in changed), *(f"wheels/{path.name} (removed)" for path in gone)]


def _write_project(draft: Path, name: str, host: str, reviewers: str) -> None:
    source = reference_project()
    for folder in _FOLDERS:
        shutil.copytree(source / folder, draft / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    shutil.copy2(source / "__main__.py", draft / "__main__.py")
    shutil.copytree(source / "pipelines" / host, draft / HOSTS[host])
    _copy(source / "pipelines" / "upgrade.py", draft / "pipelines" / "upgrade.py")
    for file in _SETTINGS:
        (draft / file).write_text(_renamed((source / file).read_text("utf-8"), name), "utf-8")
    for file in _DECISIONS:
        # What the reference project allows itself is no decision of another one.
        text = (draft / file).read_text("utf-8")
        (draft / file).write_text("".join(line for line in text.splitlines(True) if line.startswith("#")), "utf-8")
    _copy(OWN / "Makefile", draft / "Makefile")
    _copy(OWN / "gitignore", draft / ".gitignore")
    _copy(OWN / "test_stacks.py", draft / "tests" / "test_stacks.py")
    (draft / "tests" / "__init__.py").touch()
    owners = (OWN / "CODEOWNERS").read_text("utf-8")
    if not reviewers:
        owners = re.sub(r"^/", "# /", owners.replace("{reviewers}", "@your-organisation/your-team"), flags=re.MULTILINE)
    (draft / "CODEOWNERS").write_text(owners.replace("{reviewers}", reviewers), "utf-8")


def _renamed(text: str, name: str) -> str:
    """Return a file of settings under another project's name."""
    text = re.sub(r"^name: lockstep$", f"name: {name}", text, flags=re.MULTILINE)
    text = re.sub(r"\blockstep:(?=[A-Za-z])", f"{name}:", text)
    return text.replace("# docs/", "# Lockstep's docs/")


def _write_lock(draft: Path, wheel: Path | None) -> None:
    """Write the lock; the wheel itself beside it where it is a file that no index has."""
    with tempfile.TemporaryDirectory(prefix="lockstep-wheel-") as folder:
        file = wheel or download_wheel(Path(folder))
        check_wheel(file)
        named = f"lockstep=={file.name.split('-')[1]}"
        if wheel:
            named = f"./wheels/{file.name}"
            _copy(file, draft / "wheels" / file.name)
        (draft / "requirements.txt").write_text(compose(file, named), "utf-8")


def _put(draft: Path, directory: Path) -> None:
    """Move everything into its folder; nothing stays there when that cannot be done."""
    new = not directory.exists()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for entry in sorted(draft.iterdir()):
            shutil.move(entry, directory / entry.name)
    except OSError as error:
        for entry in directory.iterdir() if directory.is_dir() else ():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if new and directory.is_dir():
            directory.rmdir()
        raise UsageError(f"{directory} cannot be written: {error.strerror}") from None


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()
