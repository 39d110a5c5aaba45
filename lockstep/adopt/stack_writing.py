"""Writes settings into a stack file, or beside the state for the rehearsal of a real stack. Reads back what it wrote.

The stack file keeps its comments and its order; nothing but the given settings may come out changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockstep.adopt.stack_edit import config_keys, set_values
from lockstep.errors import SettingError
from lockstep.local.workplace import Workplace, relative
from lockstep.settings.stack_file import StackFile, read_stack_file

Changes = Mapping[str, Mapping[str, Any]]
"""What is set for each app, by its key: names and values as they stand under `apps`."""


def write_settings(place: Workplace, changes: Changes) -> Path | None:
    """Write settings of apps; return the file, or None where nothing is new."""
    return _beside(place, changes) if place.rehearses else _into(place, changes)


def _beside(place: Workplace, changes: Changes) -> Path | None:
    """The objects are the emulator's: a real stack's file must not name them."""
    path = place.local.adopted
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    after = _merged(before, changes)
    if after == before:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(after, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _into(place: Workplace, changes: Changes) -> Path | None:
    if not changes:
        return None
    namespace = place.project.name
    raw = place.path.read_bytes().decode("utf-8")
    mark, text = ("\ufeff", raw[1:]) if raw.startswith("\ufeff") else ("", raw)
    apps = "apps" if "apps" in config_keys(text) else f"{namespace}:apps"
    values = [
        (["config", apps, _as_written(place, key), name], value)
        for key, settings in changes.items()
        for name, value in settings.items()
    ]
    draft = place.path.with_name(place.path.name + ".new")
    draft.write_bytes((mark + set_values(text, values)).encode("utf-8"))
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
