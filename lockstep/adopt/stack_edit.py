"""Changes single settings in a stack file as text: comments, order and everything that is not ours stay as they are.

Knows YAML and no setting. The result is read again by whoever writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lockstep.errors import SettingError
from lockstep.yaml_file import Node, parse_yaml, yaml_text

_FILE = "the stack file"


def set_values(text: str, values: Sequence[tuple[Sequence[str], Any]]) -> str:
    """Return `text` with each value at its path of keys, in block style; missing keys are added at the end."""
    text = text if text.endswith("\n") else text + "\n"
    for path, value in values:
        text = _set(text, list(path), value)
    return text


def config_keys(text: str) -> frozenset[str]:
    """Return the keys under `config` as they are written, with or without a namespace."""
    root = parse_yaml(text, _FILE, error=SettingError)
    config = root.fields.get("config") if root else None
    return frozenset(config.fields) if config else frozenset()


def _set(text: str, path: list[str], value: Any) -> str:
    root = parse_yaml(text, _FILE, error=SettingError)
    if root is None or root.kind != "map" or root.inline:
        raise SettingError("a stack file can be changed only where it is an object with config, one key a line")
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    node = root
    for depth, key in enumerate(path):
        name = node.keys.get(key)
        if name is None:
            _insert(lines, node, _rendered(_nested(path[depth:], value), _column(node, depth)))
            break
        child = node.fields[key]
        last = depth == len(path) - 1
        inside = bool(child.fields) and not child.inline
        if last or not inside:
            new = value if last else {**(child.value() or {}), **_nested(path[depth + 1 :], value)}
            block = _rendered({key: new}, name.column - 1)
            lines[name.line - 1 : _end(lines, child)] = block
            break
        node = child
    return newline.join(lines) + newline


def _insert(lines: list[str], node: Node, block: list[str]) -> None:
    end = _end(lines, list(node.fields.values())[-1]) if node.fields else node.line
    lines[end:end] = block


def _column(node: Node, depth: int) -> int:
    return next(iter(node.keys.values())).column - 1 if node.keys else 2 * depth


def _end(lines: list[str], node: Node) -> int:
    """Return the line after a value, without the comments behind it."""
    end = node.end
    while end > node.line and _empty(lines[end - 1] if end <= len(lines) else ""):
        end -= 1
    return end


def _empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    found: dict[str, Any] = value
    return found


def _rendered(value: dict[str, Any], column: int) -> list[str]:
    return [" " * column + line for line in yaml_text(value).splitlines()]
