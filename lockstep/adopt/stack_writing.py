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
from lockstep.settings.stack_file import read_stack_file


def write_settings(place: Workplace, adopted: Mapping[str, Mapping[str, Any]], *, claim: bool) -> Path | None:
    """Write the settings of adopted apps, and `claim` where it is asked for; return the file, None for nothing new."""
    if place.rehearses:
        return _beside(place, adopted, claim=claim)
    return _into(place, adopted, claim=claim)


def _beside(place: Workplace, adopted: Mapping[str, Mapping[str, Any]], *, claim: bool) -> Path | None:
    """The objects are the emulator's: a real stack's file must not name them."""
    path = place.local.adopted
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    after = {"adopted": {**before.get("adopted", {}), **adopted}, "claim": bool(before.get("claim")) or claim}
    if after == before or not (adopted or claim):
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(after, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _into(place: Workplace, adopted: Mapping[str, Mapping[str, Any]], *, claim: bool) -> Path | None:
    namespace = place.project.name
    raw = place.path.read_bytes().decode("utf-8")
    mark, text = ("\ufeff", raw[1:]) if raw.startswith("\ufeff") else ("", raw)
    keys = config_keys(text)

    def key(name: str) -> str:
        return name if name in keys else f"{namespace}:{name}"

    values: list[tuple[list[str], Any]] = [
        (["config", key("adopted"), app], dict(entry)) for app, entry in adopted.items()
    ]
    if claim and not place.settings.claim:
        values.append((["config", key("claim")], True))
    if not values:
        return None
    draft = place.path.with_name(place.path.name + ".new")
    draft.write_bytes((mark + set_values(text, values)).encode("utf-8"))
    try:
        _check(place, draft, adopted)
        draft.replace(place.path)
    finally:
        draft.unlink(missing_ok=True)
    return place.path


def _check(place: Workplace, draft: Path, adopted: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse an edit that did anything but what it was to do."""
    namespace = place.project.name
    before = read_stack_file(place.path, namespace=namespace)
    after = read_stack_file(draft, namespace=namespace)
    ours = {f"{namespace}:adopted", f"{namespace}:claim"}
    others = {key: value for key, value in before.config.items() if key not in ours}
    settings = after.settings()
    written = {key: json.loads(after.config[f"{namespace}:adopted"])[key] for key in adopted} if adopted else {}
    if others != {key: value for key, value in after.config.items() if key not in ours} or written != dict(adopted):
        raise SettingError(
            f"{relative(place.path)} could not be changed without changing something else, and was left as it is; to "
            f"fix: set it by hand: {namespace}:adopted: {json.dumps(dict(adopted), ensure_ascii=False)}"
        )
    assert set(adopted) <= set(settings.adopted)  # noqa: S101  (the settings have been read from the same text)
