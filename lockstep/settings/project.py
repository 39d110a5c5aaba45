"""A Pulumi project on disk: its name, its entry point, the settings it declares. Reads YAML, nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lockstep.errors import UsageError
from lockstep.yaml_file import Node, read_yaml

_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class Project:
    """What Pulumi.yaml says."""

    directory: Path
    name: str
    entry: Path
    defaults: dict[str, str] = field(default_factory=dict)

    def stack_name(self, word: str) -> str:
        """Return a stack's own name, for a word as Pulumi takes it: `stack`, `org/stack` or `org/project/stack`.

        UsageError for another project's stack, and for what is no name of a stack.
        """
        *before, name = word.split("/")
        if len(before) > 2 or not all(map(_NAME.fullmatch, (*before, name))):
            raise UsageError(
                f"--stack {word!r} is not a stack's name: letters, digits, - _ and . only, or the whole name as Pulumi"
                " writes it, ORG/PROJECT/STACK"
            )
        if len(before) == 2 and before[1] != self.name:
            raise UsageError(
                f"--stack {word}: is a stack of the project {before[1]}, and this project is {self.name}; to fix: go to"
                f" the folder of {before[1]}, or name a stack of this one"
            )
        return name

    @classmethod
    def load(cls, directory: Path) -> Project:
        """Read `Pulumi.yaml` in `directory`."""
        path = directory / "Pulumi.yaml"
        if not path.exists():
            raise UsageError(f"{path} does not exist")
        root = read_yaml(path)
        if root is not None and root.kind != "map":
            raise root.refuse("a project file must hold an object with a name")
        fields = root.fields if root else {}
        name = fields.get("name")
        if name is None or name.kind != "str":
            raise UsageError(f"{path} gives no project name")
        main = directory / (fields["main"].text if "main" in fields else ".")
        entry = main if main.suffix == ".py" else main / "__main__.py"
        return cls(directory, name.text, entry, _declared(name.text, fields.get("config")))


def find_project(cwd: Path) -> Path:
    """Return the nearest folder, from `cwd` upwards, that has a Pulumi.yaml."""
    start = cwd.resolve()
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    raise UsageError(f"there is no Pulumi.yaml in {start} or above it; go to your project's folder, or give --cwd")


def project_at(cwd: Path) -> Path | None:
    """Return the folder of the project at `cwd`, or None where there is none."""
    try:
        return find_project(cwd)
    except (UsageError, OSError):
        return None


def setting_text(value: Node) -> str:
    """Return one setting as the engine hands it to the program: text, and lists and objects as JSON."""
    if value.kind in ("map", "seq"):
        return json.dumps(_inside(value))
    if value.kind == "null":
        return ""
    # What was written, not what YAML makes of it: a date stays a date, and `yes` is no flag to Pulumi either.
    return value.text.lower() if value.text in ("True", "TRUE", "False", "FALSE") else value.text


def _inside(node: Node) -> Any:
    """Return what stands inside a list or an object, as Pulumi hands it on: a date becomes a moment there."""
    if node.kind == "map":
        return {name: _inside(entry) for name, entry in node.fields.items()}
    if node.kind == "seq":
        return [_inside(item) for item in node.items]
    return f"{node.text} 00:00:00 +0000 UTC" if node.kind == "timestamp" else node.value()


def _declared(project: str, config: Node | None) -> dict[str, str]:
    defaults = {}
    for key, entry in config.fields.items() if config else ():
        value = entry.fields.get("default", entry.fields.get("value")) if entry.kind == "map" else entry
        if value is not None and value.kind != "null":
            defaults[key if ":" in key else f"{project}:{key}"] = setting_text(value)
    return defaults
