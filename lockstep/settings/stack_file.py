"""Reads a stack file (`Pulumi.<stack>.yaml`) into the strings that Pulumi would hand to the program.

Keeps the line of every key for messages. Knows the form of a stack file and nothing of what its settings mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lockstep.errors import SettingError
from lockstep.settings.model import Settings
from lockstep.settings.project import Project, setting_text
from lockstep.settings.reading import NAMESPACE, read_settings
from lockstep.yaml_file import Node, read_yaml


@dataclass(frozen=True)
class StackFile:
    """The config of a stack file: strings by full key, and the line of each key and of each path inside one."""

    path: Path
    config: dict[str, str]
    lines: dict[str, int]
    namespace: str = NAMESPACE

    def settings(self) -> Settings:
        """Return the settings in the file; SettingError with file and line for the first thing wrong."""
        return read_settings(self.config, where=str(self.path), lines=self.lines, namespace=self.namespace)


def read_stack_file(path: Path, *, namespace: str = NAMESPACE) -> StackFile:
    """Return the config in a stack file; SettingError when it cannot be read or is not one.

    A secret makes its whole key secret, at any depth, as Pulumi has it: one of ours is refused, since no setting is a
    secret, and one of a provider's is passed over.
    """
    texts: dict[str, str] = {}
    lines: dict[str, int] = {}
    config = read_config(path)
    for name, value in config.fields.items():
        line = config.keys[name].line
        # Pulumi gives a key without a namespace the project's.
        key = name if ":" in name else f"{namespace}:{name}"
        if key in lines:
            raise SettingError(f"{path}:{line}: {key} stands twice, first in line {lines[key]}; keep one")
        lines |= _lines(key, line, value)
        secret = find_secret(key, config.keys[name], value)
        if secret is None:
            texts[key] = setting_text(value)
        elif key.startswith(f"{namespace}:"):
            place, inside = secret
            message = f"{inside} is encrypted, but no setting is a secret; set it in plain text"
            raise SettingError(f"{path}:{place.line}: {message}")
    return StackFile(path, texts, lines, namespace)


def read_stack(project: Project, path: Path) -> StackFile:
    """Return the config of a project's stack as Pulumi hands it to the program: with the defaults of Pulumi.yaml."""
    file = read_stack_file(path, namespace=project.name)
    return replace(file, config={**project.defaults, **file.config})


def _lines(path: str, line: int, value: Node) -> dict[str, int]:
    """Return the line of a setting and of everything inside it, by path."""
    lines = {path: line}
    for name, entry in value.fields.items():
        lines |= _lines(f"{path}.{name}", value.keys[name].line, entry)
    for number, item in enumerate(value.items):
        lines |= _lines(f"{path}[{number}]", item.line, item)
    return lines


def is_secret(value: Node) -> bool:
    """Tell whether a value of a stack file is one that Pulumi has encrypted: its cipher text under `secure`."""
    return list(value.fields) == ["secure"] and value.fields["secure"].kind not in ("map", "seq")


def find_secret(name: str, key: Node, value: Node) -> tuple[Node, str] | None:
    """Return the first `secure` value in a setting, by the node of its key and its path of names; None without any."""
    if is_secret(value):
        return key, name
    parts = [(f"{name}.{field}", value.keys[field], entry) for field, entry in value.fields.items()]
    parts += [(f"{name}[{number}]", entry, entry) for number, entry in enumerate(value.items)]
    return next((secret for part in parts if (secret := find_secret(*part)) is not None), None)


def read_config(path: Path) -> Node:
    """Return the object of settings in a stack file; SettingError when there is none."""
    if not path.exists():
        raise SettingError(f"{path}: there is no such stack file; Pulumi.prod.yaml.example shows one")
    root = read_yaml(path, error=SettingError)
    if root is None:
        raise SettingError(f"{path}: is empty; Pulumi.prod.yaml.example shows a stack file")
    if root.kind != "map":
        raise SettingError(f"{path}: is not a stack file: it must be an object with config")
    if "config" not in root.fields:
        raise SettingError(f"{path}: has no config; Pulumi.prod.yaml.example shows a stack file")
    config = root.fields["config"]
    if config.kind != "map":
        raise SettingError(f"{path}:{config.line}: config must be an object of settings")
    return config
