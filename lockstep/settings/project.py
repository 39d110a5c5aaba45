"""A Pulumi project on disk: its name, its entry point, the settings it declares. Reads YAML, nothing else."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lockstep.errors import SettingError, UsageError


@dataclass(frozen=True)
class Project:
    """What Pulumi.yaml says."""

    directory: Path
    name: str
    entry: Path
    defaults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, directory: Path) -> Project:
        """Read `Pulumi.yaml` in `directory`."""
        path = directory / "Pulumi.yaml"
        document = _read(path)
        name = document.get("name")
        if not isinstance(name, str):
            raise UsageError(f"{path} gives no project name")
        main = directory / str(document.get("main") or ".")
        entry = main if main.suffix == ".py" else main / "__main__.py"
        return cls(directory, name, entry, _declared(name, document.get("config") or {}))

    def stack_config(self, stack: str) -> dict[str, str]:
        """Return the settings of `Pulumi.<stack>.yaml` as the engine passes them: text, lists and objects as JSON."""
        path = self.directory / f"Pulumi.{stack}.yaml"
        config = _read(path).get("config") or {}
        for key, value in config.items():
            if isinstance(value, dict) and set(value) == {"secure"}:
                raise SettingError(
                    f"{path}: {key} is encrypted; rehearsal has no secrets: run this stack with the Pulumi CLI"
                )
        return {key: setting_text(value) for key, value in config.items()}


def setting_text(value: Any) -> str:
    """Return one setting as the engine hands it to the program."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S +0000 UTC")
    if isinstance(value, datetime.date):
        return f"{value.isoformat()} 00:00:00 +0000 UTC"
    if isinstance(value, dict | list):
        return json.dumps(value, default=setting_text)
    return "" if value is None else str(value)


def _declared(project: str, config: dict[str, Any]) -> dict[str, str]:
    found = {}
    for key, entry in config.items():
        full = key if ":" in key else f"{project}:{key}"
        value = entry.get("default", entry.get("value")) if isinstance(entry, dict) else entry
        if value is not None:
            found[full] = setting_text(value)
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist") from None
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UsageError(f"{path} must hold a mapping, not {type(document).__name__}")
    return document
