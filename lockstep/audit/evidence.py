"""What an audit was made under: the project's commit, the exceptions and approvals that it has. Reads files only."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from lockstep.errors import UsageError

_FILES = {"exceptions": "policy/exceptions.yaml", "approvals": "policy/approvals.yaml"}


def evidence(project: Path | None, today: datetime.date) -> dict[str, Any]:
    """Return the commit and the lists, as they are written; without a project, or without the files, they are empty.

    Each entry says in `inForce` whether it has not expired.
    """
    found: dict[str, Any] = {"commit": _commit(project)}
    for name, file in _FILES.items():
        entries = _entries(project / file, name) if project is not None else []
        found[name] = [
            {**entry, "inForce": str(entry.get("expires", "9999")) >= today.isoformat()} for entry in entries
        ]
    return found


def _entries(path: Path, name: str) -> list[dict[str, Any]]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Dates)  # noqa: S506  (a safe loader)
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        first = " ".join(str(error).split())
        raise UsageError(f"{path}: cannot be read ({first}); correct it: an audit says what is in force") from None
    entries = document.get(name) if isinstance(document, dict) else document
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


class _Dates(yaml.SafeLoader):
    """Leaves dates as they are written, which JSON can hold."""


_Dates.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _commit(project: Path | None) -> str | None:
    git = shutil.which("git")
    if project is None or git is None:
        return None
    words = [git, "-C", str(project), "rev-parse", "--verify", "--quiet", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    return done.stdout.strip() or None if done.returncode == 0 else None
