"""A project whose program registers nothing: what an engine costs before it does anything."""

from __future__ import annotations

import sys
from pathlib import Path


def write_empty_project(folder: Path) -> None:
    """Write the project; it runs with this interpreter's environment."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"{{toolchain: pip, virtualenv: {Path(sys.prefix).as_posix()}}}"
    (folder / "Pulumi.yaml").write_text(f"name: empty\nruntime: {{name: python, options: {options}}}\n", "utf-8")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n", "utf-8")
    (folder / "__main__.py").write_text("import pulumi\n", "utf-8")
