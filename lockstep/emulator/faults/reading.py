"""Reads a plan of faults: the JSON of a request, a YAML or JSON file, or the keywords of a test's marker.

One schema for all of them; a file's mistake is named with its line. Imports pydantic, so nothing imports this module
before a plan is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from lockstep.emulator.faults.plan import FaultPlan
from lockstep.errors import UsageError, nearest
from lockstep.text_file import read_text
from lockstep.yaml_file import Node, parse_yaml

_PLAN = TypeAdapter(FaultPlan)
Step = str | int


class PlanError(UsageError):
    """A plan of faults is not one. `where` are the field names and list places on the way to the mistake."""

    def __init__(self, where: tuple[Step, ...], message: str) -> None:
        name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).lstrip(".")
        super().__init__(f"faults{': ' + name if name else ''}: {message}")
        self.where = where


def read_plan(values: object) -> FaultPlan:
    """Return the plan that JSON values say; PlanError names the field that is wrong."""
    if isinstance(values, Mapping) and isinstance(values.get("latency"), int | float):
        seconds = values["latency"]
        values = {**values, "latency": {"median": seconds, "p99": seconds} if seconds else None}
    try:
        text = json.dumps(values)
    except (TypeError, ValueError):
        raise PlanError((), "only text, numbers, true, false, null, lists and mappings are allowed") from None
    try:
        return _PLAN.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = tuple(step for step in first["loc"] if not str(step).startswith("constrained"))
        raise PlanError(where, _message(first["type"], first["msg"], where)) from None


def read_plan_file(path: Path) -> FaultPlan:
    """Return the plan of a YAML or JSON file; UsageError names file and line."""
    root = parse_yaml(read_text(path, f"--faults {path}"), str(path))
    values = root.value() if root else {}
    try:
        return read_plan({} if values is None else values)
    except PlanError as error:
        raise UsageError(f"{path}:{_line(root, error.where)}: {error}") from None


def _message(kind: str, text: str, where: tuple[Step, ...]) -> str:
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        allowed = _fields_at(where[:-1])
        return f"there is no such field; allowed: {', '.join(allowed)}{nearest(str(where[-1]), allowed)}"
    return text[:1].lower() + text[1:]


def _fields_at(where: tuple[Step, ...]) -> list[str]:
    """Return the fields of the settings at a place of the plan."""
    kind: Any = FaultPlan
    for step in where:
        if isinstance(step, str) and is_dataclass(kind):
            hint = get_type_hints(kind)[step]
            kind = next((part for part in get_args(hint) if is_dataclass(part)), None)
    return [entry.name for entry in fields(kind) if entry.name != "when"] if is_dataclass(kind) else []


def _line(node: Node | None, where: tuple[Step, ...]) -> int:
    """Return the line of a place in a file, counted from 1; the nearest one that is there."""
    line = node.line if node else 1
    for step in where:
        if node is not None and isinstance(step, str) and step in node.fields:
            line, node = node.keys[step].line, node.fields[step]
        elif node is not None and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            line = node.line
        else:
            break
    return line
