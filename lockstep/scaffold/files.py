"""The reference project's files, and where a project's copies of them have come apart from this Lockstep.

In a wheel they stand inside this package (setup.py puts them there), in a checkout of Lockstep at its root.
"""

from __future__ import annotations

import os
from pathlib import Path

OWN = Path(__file__).parent / "own"
"""The files that only a private repository has."""

COPIES = (
    "plugins/entraconsent/PulumiPlugin.yaml",
    "plugins/entraconsent/__main__.py",
    "plugins/entraconsent/pulumi-resource-entraconsent",
    "policy/PulumiPolicy.yaml",
    "policy/__main__.py",
)
"""What Pulumi starts. A project has to have these files itself, and a newer Lockstep may need others."""


def reference_project() -> Path:
    """Return the folder that has the reference project."""
    packed = Path(__file__).parent / "project"
    return packed if packed.is_dir() else Path(__file__).parent.parent.parent


def copies_apart(project: Path) -> list[str]:
    """Return which of a project's own copies are not what this Lockstep would write, with what is different.

    A project that keeps plugin or pack elsewhere has no copy of it, and nothing to compare.
    """
    apart = []
    for name in COPIES:
        copy = project / name
        if not copy.parent.is_dir():
            continue
        if not copy.is_file():
            apart.append(f"{name} is missing")
        elif copy.read_text("utf-8-sig", "replace") != (reference_project() / name).read_text("utf-8"):
            apart.append(f"{name} is different")
        elif os.name == "posix" and os.access(reference_project() / name, os.X_OK) and not os.access(copy, os.X_OK):
            apart.append(f"{name} is not executable: run `chmod +x {name}`")
    return apart
