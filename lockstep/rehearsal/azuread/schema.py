"""The description of a modelled type: its inputs, their defaults, and how two states of it differ.

From one description follow the answer to Check (with `__defaults`, as Pulumi's bridge writes them), the detailed
difference, and the inputs that a Read returns. Pure; knows neither Graph nor any type in particular.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lockstep.deployment import UNKNOWN, Properties
from lockstep.rehearsal.results import DiffKind
from lockstep.rehearsal.values import parse_path

_DEFAULTS = "__defaults"


@dataclass(frozen=True)
class Field:
    """One input property.

    `many` is a list; `key` makes it a set of objects with that identity; `unordered` makes it a set of words.
    `computed`: when the program is silent, whatever the directory has is right.
    """

    default: Any = None
    inner: Mapping[str, Field] | None = None
    many: bool = False
    key: str = ""
    unordered: bool = False
    required: bool = False
    computed: bool = False
    forces_new: bool = False


Schema = Mapping[str, Field]


@dataclass
class Changes:
    """The paths that differ."""

    paths: dict[str, DiffKind] = field(default_factory=dict)
    replaces: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        """Return the top-level properties that differ."""
        return sorted({str(parse_path(path)[0]) for path in self.paths})


def check(schema: Schema, news: Properties, path: str = "") -> tuple[Properties, list[tuple[str, str]]]:
    """Return inputs with defaults filled in, and (property, reason) for what is wrong."""
    failures = [
        (path + name, "rehearsal does not model this property; run it with the Pulumi CLI")
        for name in sorted(news.keys() - schema.keys() - {_DEFAULTS})
    ]
    failures += [
        (path + name, "Missing required property")
        for name, entry in schema.items()
        if entry.required and name not in news
    ]
    checked: Properties = {}
    defaulted = []
    for name, entry in schema.items():
        value = news.get(name)
        if value is None and entry.default is not None:
            checked[name] = entry.default
            defaulted.append(name)
        elif value is not None:
            checked[name], wrong = _check_value(entry, value, f"{path}{name}")
            failures += wrong
    return {_DEFAULTS: sorted(defaulted), **dict(sorted(checked.items()))}, failures


def _check_value(entry: Field, value: Any, path: str) -> tuple[Any, list[tuple[str, str]]]:
    if entry.inner is None or value == UNKNOWN:
        return value, []
    if not entry.many:
        return check(entry.inner, value, f"{path}.")
    pairs = [
        check(entry.inner, item, f"{path}[{index}].") if isinstance(item, dict) else (item, [])
        for index, item in enumerate(value)
    ]
    return [item for item, _ in pairs], [failure for _, wrong in pairs for failure in wrong]


def difference(schema: Schema, olds: Properties, news: Properties, ignored: list[str]) -> Changes:
    """Return how the wanted inputs `news` differ from the recorded outputs `olds`."""
    changes = Changes()
    for name, entry in schema.items():
        if entry.computed and name not in news:
            continue
        _compare(entry, olds.get(name), news.get(name), name, changes)
    skipped = [parse_path(path) for path in ignored]
    changes.paths = {path: kind for path, kind in changes.paths.items() if not _under(parse_path(path), skipped)}
    changes.replaces = [name for name in changes.keys if schema[name].forces_new]
    return changes


def _compare(entry: Field, old: Any, new: Any, path: str, changes: Changes) -> None:
    if _empty(old) and _empty(new):
        return
    if new is None and old == entry.default:
        return
    if entry.inner is not None and not entry.many and new != UNKNOWN:
        for name, inner in entry.inner.items():
            if not (inner.computed and name not in (new or {})):
                _compare(inner, (old or {}).get(name), (new or {}).get(name), f"{path}.{name}", changes)
    elif entry.many and new != UNKNOWN:
        _compare_many(entry, old or [], new or [], path, changes)
    elif old != new:
        changes.paths[path] = DiffKind.ADD if old is None else DiffKind.DELETE if new is None else DiffKind.UPDATE


def _compare_many(entry: Field, olds: list[Any], news: list[Any], path: str, changes: Changes) -> None:
    if entry.unordered:
        changes.paths |= {f"{path}[{index}]": DiffKind.DELETE for index, item in enumerate(olds) if item not in news}
        changes.paths |= {f"{path}[{index}]": DiffKind.ADD for index, item in enumerate(news) if item not in olds}
        return
    pairs = _by_key(entry.key, olds, news) if entry.key else _by_index(olds, news)
    for index, old, new in pairs:
        place = f"{path}[{index}]"
        if old is None or new is None:
            changes.paths[place] = DiffKind.ADD if old is None else DiffKind.DELETE
        elif entry.inner is not None and isinstance(new, dict):
            for name, inner in entry.inner.items():
                _compare(inner, old.get(name), new.get(name), f"{place}.{name}", changes)
        elif old != new:
            changes.paths[place] = DiffKind.UPDATE


def _by_index(olds: list[Any], news: list[Any]) -> list[tuple[int, Any, Any]]:
    longest = max(len(olds), len(news))
    return [
        (index, olds[index] if index < len(olds) else None, news[index] if index < len(news) else None)
        for index in range(longest)
    ]


def _by_key(key: str, olds: list[Any], news: list[Any]) -> list[tuple[int, Any, Any]]:
    before = {item.get(key): item for item in olds}
    kept = {item.get(key) for item in news}
    pairs = [(index, before.get(item.get(key)), item) for index, item in enumerate(news)]
    return pairs + [(index, item, None) for index, item in enumerate(olds) if item.get(key) not in kept]


def _under(path: list[str | int], prefixes: list[list[str | int]]) -> bool:
    return any(path[: len(prefix)] == prefix for prefix in prefixes)


def _empty(value: Any) -> bool:
    """Tell what counts as "not set": the bridge makes no difference between nothing, "", no and an empty list."""
    if isinstance(value, dict):
        return all(_empty(item) for name, item in value.items() if name != _DEFAULTS)
    return value in (None, "", False, 0) or value == []


def without_defaults(inputs: Properties) -> Properties:
    """Return inputs without the list of those that were filled in."""
    return {name: value for name, value in inputs.items() if name != _DEFAULTS}


def refreshed(old_inputs: Any, live: Any) -> Any:
    """Return the inputs that a refresh reports: those that were given, with the values that are there now."""
    if isinstance(old_inputs, dict) and isinstance(live, dict):
        return {
            name: value if name == _DEFAULTS else refreshed(value, live.get(name)) for name, value in old_inputs.items()
        }
    if isinstance(old_inputs, list) and isinstance(live, list):
        return [refreshed(old, new) for old, new in zip(old_inputs, live, strict=False)]
    return live


def imported(schema: Schema, outputs: Properties) -> Properties:
    """Return the inputs that an import reports: all that is set and not a default."""
    inputs: Properties = {_DEFAULTS: []}
    for name, entry in sorted(schema.items()):
        value = outputs.get(name)
        if value is None or _empty(value) or value == entry.default:
            continue
        if entry.inner is not None and entry.many:
            inputs[name] = [imported(entry.inner, item) for item in value]
        elif entry.inner is not None:
            inner = imported(entry.inner, value)
            if len(inner) > 1:
                inputs[name] = inner
        else:
            inputs[name] = value
    return inputs


def in_order(key: str, live: list[Any], declared: list[Any]) -> list[Any]:
    """Return a set's elements in the order in which the program names them; the others follow, sorted.

    `key` is the property by which objects are told apart; words are told apart by themselves.
    """

    def identity(item: Any) -> str:
        return str(item.get(key) if key and isinstance(item, dict) else item)

    places = {identity(item): index for index, item in enumerate(declared)}
    return sorted(live, key=lambda item: (places.get(identity(item), len(places)), identity(item)))
