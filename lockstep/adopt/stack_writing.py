"""Writes settings into a stack file, or beside the state for the rehearsal of a real stack. Reads back what it wrote.

The file is changed as text: comments, order and everything that is not ours stay as they are, and nothing but the given
settings may come out changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lockstep.errors import SettingError
from lockstep.local.workplace import Workplace, adopted_beside, relative
from lockstep.settings.stack_file import StackFile, read_stack_file
from lockstep.text_file import decoded, mark_of, read_bytes, write_bytes, write_text
from lockstep.yaml_file import Node, parse_yaml, yaml_text

_FILE = "the stack file"

Changes = Mapping[str, Mapping[str, Any]]
"""What is set for each app, by its key: names and values as they stand under `apps`."""


def write_settings(place: Workplace, changes: Changes) -> Path | None:
    """Write settings of apps; return the file, or None where nothing is new."""
    return _beside(place, changes) if place.rehearses else _into(place, changes)


def _beside(place: Workplace, changes: Changes) -> Path | None:
    """The objects are the emulator's: a real stack's file must not name them."""
    path = place.local.adopted
    before = adopted_beside(place.local)
    after = _merged(before, changes)
    if after == before:
        return None
    write_text(path, json.dumps(after, indent=1, ensure_ascii=False) + "\n")
    return path


def _into(place: Workplace, changes: Changes) -> Path | None:
    if not changes:
        return None
    namespace = place.project.name
    raw = read_bytes(place.path, error=SettingError)
    (mark, encoding), text = mark_of(raw), decoded(raw, str(place.path), error=SettingError)
    apps = "apps" if "apps" in config_keys(text) else f"{namespace}:apps"
    values = [
        (["config", apps, _as_written(place, key), name], value)
        for key, settings in changes.items()
        for name, value in settings.items()
    ]
    draft = place.path.with_name(place.path.name + ".new")
    write_bytes(draft, mark + set_values(text, values).encode(encoding))
    try:
        _check(place, draft, changes)
        draft.replace(place.path)
    finally:
        draft.unlink(missing_ok=True)
    return place.path


def _check(place: Workplace, draft: Path, changes: Changes) -> None:
    """Refuse an edit that did anything but what it was to do."""
    namespace = place.project.name
    before = read_stack_file(place.path, namespace=namespace)
    after = read_stack_file(draft, namespace=namespace)
    written = {_as_written(place, key): settings for key, settings in changes.items()}
    right = _merged(_apps(before), written)
    others = {key: value for key, value in before.config.items() if key != f"{namespace}:apps"}
    if _apps(after) != right or others != {k: v for k, v in after.config.items() if k != f"{namespace}:apps"}:
        raise SettingError(
            f"{relative(place.path)} could not be changed without changing something else, and was left as it is; to "
            f"fix: set it by hand: {namespace}:apps: {json.dumps(written, ensure_ascii=False)}"
        )
    after.settings()


def _apps(file: StackFile) -> dict[str, Any]:
    apps: dict[str, Any] = json.loads(file.config.get(f"{file.namespace}:apps") or "{}")
    return apps


def _merged(apps: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    return {**apps, **{key: {**apps.get(key, {}), **settings} for key, settings in changes.items()}}


def _as_written(place: Workplace, key: str) -> str:
    """Return an app's key as the stack file has it: by itself, or behind its vendor."""
    return next((written for written in place.settings.apps if written.rpartition("/")[2] == key), key)


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
            end = _end(lines, list(node.fields.values())[-1]) if node.fields else node.line
            column = next(iter(node.keys.values())).column - 1 if node.keys else 2 * depth
            lines[end:end] = _rendered(_nested(path[depth:], value), column)
            break
        child = node.fields[key]
        last = depth == len(path) - 1
        inside = bool(child.fields) and not child.inline
        if last or not inside:
            new = value if last else {**(child.value() or {}), **_nested(path[depth + 1 :], value)}
            lines[name.line - 1 : _end(lines, child)] = _rendered({key: new}, name.column - 1)
            break
        node = child
    return newline.join(lines) + newline


def _end(lines: list[str], node: Node) -> int:
    """Return the line after a value, without the comments behind it."""
    end = node.end
    while end > node.line and (end > len(lines) or lines[end - 1].lstrip()[:1] in ("", "#")):
        end -= 1
    return end


def _nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    return {path[0]: _nested(path[1:], value) if path[1:] else value}


def _rendered(value: dict[str, Any], column: int) -> list[str]:
    return [" " * column + line for line in yaml_text(value).splitlines()]
