"""Reads a stack file (`Pulumi.<stack>.yaml`) into the strings that Pulumi would hand to the program.

Keeps the line of every key for messages. Knows the form of a stack file and nothing of what its settings mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lockstep.errors import SettingError
from lockstep.settings.model import NAMESPACE, Settings

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class StackFile:
    """The config of a stack file: strings by full key, and the line of each key."""

    path: Path
    config: dict[str, str]
    lines: dict[str, int]
    namespace: str = NAMESPACE

    def settings(self) -> Settings:
        """Return the settings in the file; SettingError with file and line for the first thing wrong."""
        return Settings.read(self.config, where=str(self.path), lines=self.lines, namespace=self.namespace)


def read_stack_file(path: Path, *, namespace: str = NAMESPACE) -> StackFile:
    """Return the config in a stack file; SettingError when it cannot be read or is not one."""
    config: dict[str, str] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in _config_pairs(path):
        line = key_node.start_mark.line + 1
        # Pulumi gives a key without a namespace the project's.
        key = str(key_node.value) if ":" in str(key_node.value) else f"{namespace}:{key_node.value}"
        if key in config:
            raise SettingError(f"{path}:{line}: {key} stands twice, first in line {lines[key]}; keep one")
        lines[key] = line
        if _is_secret(value_node):
            if key.startswith(f"{namespace}:"):
                raise SettingError(
                    f"{path}:{line}: {key} is encrypted, but no setting is a secret; set it in plain text"
                )
            continue
        config[key] = _text(value_node, f"{path}:{line}: {key}")
    return StackFile(path, config, lines, namespace)


def _config_pairs(path: Path) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=_Loader)
    except FileNotFoundError:
        raise SettingError(f"{path}: there is no such stack file; Pulumi.prod.yaml.example shows one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SettingError(f"{path}{line}: is not YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise SettingError(f"{path}: is not YAML") from None
    if root is None:
        raise SettingError(f"{path}: is empty; Pulumi.prod.yaml.example shows a stack file")
    config = _child(root, "config", path)
    if not isinstance(config, yaml.MappingNode):
        raise SettingError(f"{path}:{config.start_mark.line + 1}: config must be an object of settings")
    yield from config.value


def _child(root: yaml.Node, name: str, path: Path) -> yaml.Node:
    if not isinstance(root, yaml.MappingNode):
        raise SettingError(f"{path}: is not a stack file: it must be an object with config")
    for key, value in root.value:
        if key.value == name:
            found: yaml.Node = value
            return found
    raise SettingError(f"{path}: has no {name}; Pulumi.prod.yaml.example shows a stack file")


def _is_secret(node: yaml.Node) -> bool:
    return (
        isinstance(node, yaml.MappingNode)
        and [key.value for key, _ in node.value] == ["secure"]
        and isinstance(node.value[0][1], yaml.ScalarNode)
    )


def _text(node: yaml.Node, where: str) -> str:
    if isinstance(node, yaml.ScalarNode):
        if node.tag == "tag:yaml.org,2002:null":
            return ""
        # What was written, not what YAML makes of it: a date stays a date, and `yes` is no flag to Pulumi either.
        return node.value.lower() if node.value in ("True", "TRUE", "False", "FALSE") else str(node.value)
    try:
        return json.dumps(_plain(node))
    except yaml.YAMLError:
        raise SettingError(f"{where} holds something that is not plain YAML") from None


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each) for each in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if node.tag == "tag:yaml.org,2002:bool" and node.value.lower() in ("true", "false"):
        return node.value.lower() == "true"
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:null"):
        return yaml.safe_load(node.value)
    return node.value
