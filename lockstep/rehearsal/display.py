"""What a rehearsal shows on a screen, as lines of text: progress, and the changes of each step by name.

Pure functions over `model`; prints nothing, knows no colour and no terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockstep.deployment import Properties
from lockstep.rehearsal.model import DiffKind, Event, Op, Result, Step
from lockstep.rehearsal.urns import package_of, qualified_type
from lockstep.rehearsal.values import UNKNOWN, has_unknown, parse_path

SIGNS = {
    Op.CREATE: "+",
    Op.UPDATE: "~",
    Op.DELETE: "-",
    Op.REPLACE: "+-",
    Op.DELETE_REPLACED: "--",
    Op.SAME: " ",
    Op.IMPORT: "=",
    Op.REFRESH: "~",
    Op.READ: ">",
    Op.DISCARD: "-",
}
_KIND_SIGNS = {
    DiffKind.ADD: "+",
    DiffKind.ADD_REPLACE: "+",
    DiffKind.DELETE: "-",
    DiffKind.DELETE_REPLACE: "-",
    DiffKind.UPDATE: "~",
    DiffKind.UPDATE_REPLACE: "~",
}
_DONE = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.DELETE: "deleted",
    Op.REPLACE: "replaced",
    Op.DELETE_REPLACED: "deleted the replaced",
    Op.IMPORT: "imported",
    Op.REFRESH: "refreshed",
    Op.READ: "read",
    Op.DISCARD: "forgotten",
}
_WILL = {
    Op.CREATE: "to create",
    Op.UPDATE: "to update",
    Op.DELETE: "to delete",
    Op.REPLACE: "to replace",
    Op.IMPORT: "to import",
    Op.DISCARD: "to forget",
    Op.SAME: "unchanged",
    Op.READ: "read",
}
_QUIET = (Op.SAME, Op.READ)
_VALUE_LIMIT = 60  # characters of a value shown in a change
_PERMISSIONS = "permissions"


def kind_of(step: Step) -> str:
    """Return the short name of a step's type, such as `Application` or `AdminConsent`."""
    return step.type.rpartition(":")[2]


def step_lines(step: Step, *, indent: str = "") -> list[str]:
    """Return a step as one line, and below it one line for each thing that changes."""
    lines = [f"{indent}{SIGNS[step.op]:>2} {kind_of(step)} {step.name}"]
    inner = f"{indent}     "
    lines += [f"{inner}{line}" for line in change_lines(step)]
    lines += [f"{inner}! {reason}" for reason in step.init_errors]
    if step.error and not step.init_errors:
        lines.append(f"{inner}! {step.error}")
    return lines


def change_lines(step: Step) -> list[str]:
    """Return what changes in a step: consents by name, everything else by property."""
    if step.op in (Op.CREATE, Op.REPLACE) and _PERMISSIONS in step.new_inputs:
        paths = dict.fromkeys(_permission_paths(step.new_inputs[_PERMISSIONS]), DiffKind.ADD)
    else:
        paths = step.detailed_diff
    lines = []
    for path, kind in paths.items():
        place = parse_path(path)
        lines.append(_permission_line(place, kind) or _property_line(step, path, place, kind))
    return sorted(set(lines), key=lambda line: (line[1:], line[0]))


def progress_lines(event: Event) -> list[str]:
    """Return what to print when an event happens: finished steps that changed something, and messages."""
    if event.kind == "done" and event.step is not None:
        step = event.step
        if step.failed:
            return [f" ! {kind_of(step)} {step.name} failed: {step.error}"]
        quiet = step.op in _QUIET or (step.op is Op.REFRESH and step.outcome == "same")
        return [] if quiet else [f"{SIGNS[step.op]:>2} {kind_of(step)} {step.name} {_DONE[step.op]}"]
    if event.kind == "diagnostic" and event.diagnostic is not None:
        entry = event.diagnostic
        shown = entry.severity in ("warning", "error") and not (entry.severity == "error" and entry.urn)
        return [f"{entry.severity}: {entry.message}"] if shown else []
    if event.kind == "violation" and event.violation is not None:
        found = event.violation
        return [f"policy ({found.level}): {found.policy}: {' '.join(found.message.split())}"]
    return []


def result_lines(result: Result, *, changes_only: bool = True) -> list[str]:
    """Return the steps of a result with their changes, and a last line that counts them."""
    lines: list[str] = []
    for step in in_tree_order(result.steps):
        if changes_only and not step.failed and not _shows(step):
            continue
        lines += step_lines(step, indent="  " * _depth(step))
    return [*lines, summary_line(result)]


def summary_line(result: Result) -> str:
    """Return the one line that counts: `27 created`, `2 to update, 25 unchanged`, `no changes`."""
    if not result.changed and result.exit_code == 0:
        return "no changes"
    if result.operation == "refresh":
        words = {"same": "unchanged", "update": "changed", "delete": "gone"}
        return ", ".join(f"{count} {words[found]}" for found, count in sorted(result.changes.items()))
    verbs = _WILL if result.operation == "preview" else {**_DONE, Op.SAME: "unchanged"}
    parts = [f"{result.changes[str(op)]} {verbs[op]}" for op in Op if result.changes.get(str(op)) and op in verbs]
    failed = sum(1 for step in result.steps if step.failed)
    return ", ".join([*parts, *([f"{failed} failed"] if failed else [])]) or "nothing was done"


def in_tree_order(steps: Iterable[Step]) -> list[Step]:
    """Return steps with each component's children below it, whatever the order in which they ran."""
    return sorted(steps, key=lambda step: (step.op is Op.REFRESH, _family(step), _depth(step)))


def _family(step: Step) -> tuple[int, str]:
    rank = 0 if package_of(step.type) == "pulumi" else 1
    return rank, step.name


def _depth(step: Step) -> int:
    return qualified_type(step.urn).count("$")


def _shows(step: Step) -> bool:
    if step.op is Op.REFRESH:
        return step.outcome == "delete" or bool(step.detailed_diff)
    return step.op not in _QUIET


def _permission_paths(permissions: Properties) -> list[str]:
    return [
        f'{_PERMISSIONS}["{api}"].{type_}["{name}"]'
        for api, types in permissions.items()
        for type_, names in types.items()
        for name in names
    ]


def _permission_line(place: Sequence[str | int], kind: DiffKind) -> str | None:
    if len(place) < 4 or place[0] != _PERMISSIONS:
        return None
    return f"{_KIND_SIGNS[kind]} {place[1]} · {place[2]} · {place[3]}"


def _property_line(step: Step, path: str, place: Sequence[str | int], kind: DiffKind) -> str:
    sign = _KIND_SIGNS[kind]
    old, new = _at(step.old_outputs, place), _at(step.new_inputs, place)
    old = _at(step.old_inputs, place) if old is None else old
    if step.op is Op.REFRESH:
        old, new = _at(step.old_outputs, place), _at(step.outputs, place)
    if kind in (DiffKind.ADD, DiffKind.ADD_REPLACE):
        return f"{sign} {path}: {_short(new)}"
    if kind in (DiffKind.DELETE, DiffKind.DELETE_REPLACE):
        return f"{sign} {path}: {_short(old)}"
    return f"{sign} {path}: {_short(old)} => {_short(new)}"


def _at(value: object, place: Sequence[str | int]) -> object:
    for key in place:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def _short(value: object) -> str:
    if has_unknown(value):
        return "(known after up)" if value == UNKNOWN else "(partly known after up)"
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _VALUE_LIMIT else f"{text[: _VALUE_LIMIT - 1]}…"
