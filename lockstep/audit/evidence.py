"""What an audit was made under: the project's commit, the exceptions and approvals that it has. Reads files only."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from pathlib import Path
from typing import Any

from lockstep.errors import UsageError
from lockstep.yaml_file import read_yaml

_FILES = {"exceptions": "policy/exceptions.yaml", "approvals": "policy/approvals.yaml"}


def evidence(project: Path | None, today: datetime.date) -> dict[str, Any]:
    """Return the commit and the lists, as they are written; without a project, or without the files, they are empty.

    Each entry says in `inForce` whether it has not expired.
    """
    lists: dict[str, Any] = {"commit": _commit(project)}
    for name, file in _FILES.items():
        entries = _entries(project / file, name) if project is not None else []
        lists[name] = [
            {**entry, "inForce": str(entry.get("expires", "9999")) >= today.isoformat()} for entry in entries
        ]
    return lists


def _entries(path: Path, name: str) -> list[dict[str, Any]]:
    try:
        root = read_yaml(path) if path.exists() else None
        document = root.value() if root else None
    except UsageError as error:
        raise UsageError(f"{error}: an audit says what is in force") from None
    entries = document.get(name) if isinstance(document, dict) else document
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _commit(project: Path | None) -> str | None:
    git = shutil.which("git")
    if project is None or git is None:
        return None
    words = [git, "-C", str(project), "rev-parse", "--verify", "--quiet", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    return done.stdout.strip() or None if done.returncode == 0 else None
