"""Changes single settings in a stack file as text: comments, order and everything that is not ours stay as they are.

Knows YAML and no setting. The result is read again by whoever writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from lockstep.errors import SettingError


def set_values(text: str, values: Sequence[tuple[Sequence[str], Any]]) -> str:
    """Return `text` with each value at its path of keys, in block style; missing keys are added at the end."""
    text = text if text.endswith("\n") else text + "\n"
    for path, value in values:
        text = _set(text, list(path), value)
    return text


def config_keys(text: str) -> frozenset[str]:
    """Return the keys under `config` as they are written, with or without a namespace."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    config = next((value for key, value in pairs if key.value == "config"), None)
    return frozenset(str(key.value) for key, _ in config.value) if isinstance(config, yaml.MappingNode) else frozenset()


def _set(text: str, path: list[str], value: Any) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise SettingError("a stack file can be changed only where it is an object with config, one key a line")
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    node = root
    for depth, key in enumerate(path):
        pair = next(((k, v) for k, v in node.value if k.value == key), None)
        if pair is None:
            _insert(lines, node, _rendered(_nested(path[depth:], value), _column(node, depth)))
            break
        name, child = pair
        last = depth == len(path) - 1
        inside = isinstance(child, yaml.MappingNode) and not child.flow_style and bool(child.value)
        if last or not inside:
            new = value if last else {**(_plain(child) or {}), **_nested(path[depth + 1 :], value)}
            block = _rendered({str(name.value): new}, name.start_mark.column)
            lines[name.start_mark.line : _end(lines, child)] = block
            break
        node = child
    return newline.join(lines) + newline


def _insert(lines: list[str], node: yaml.MappingNode, block: list[str]) -> None:
    end = _end(lines, node.value[-1][1]) if node.value else node.start_mark.line + 1
    lines[end:end] = block


def _column(node: yaml.MappingNode, depth: int) -> int:
    return int(node.value[0][0].start_mark.column) if node.value else 2 * depth


def _end(lines: list[str], node: Any) -> int:
    """Return the line after a value. A block ends where the next thing begins, behind the comments in between."""
    block = node.style in ("|", ">") if isinstance(node, yaml.ScalarNode) else not node.flow_style
    end = int(node.end_mark.line) + (0 if block else 1)
    while end > node.start_mark.line + 1 and _empty(lines[end - 1] if end <= len(lines) else ""):
        end -= 1
    return end


def _empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    found: dict[str, Any] = value
    return found


def _plain(node: yaml.Node) -> Any:
    return yaml.safe_load(yaml.serialize(node))


def _rendered(value: dict[str, Any], column: int) -> list[str]:
    text = yaml.safe_dump(value, sort_keys=False, default_flow_style=False, allow_unicode=True, width=4096)
    return [" " * column + line for line in text.splitlines()]
