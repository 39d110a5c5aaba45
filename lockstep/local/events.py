"""Reads the event log of the Pulumi engine into what a run did. Knows the format, starts nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lockstep.local.runs import Run, StepRecord

Event = dict[str, Any]
_OPS = {"create-replacement": "replace", "import-replacement": "import", "read-replacement": "read"}
_HALVES = ("replace", "delete-replaced", "discard-replaced")


def read_run(path: Path, operation: str) -> Run:
    """Return what the event log at `path` says; an operation that never started has none."""
    run = Run(operation)
    steps: dict[tuple[str, str], StepRecord] = {}
    for event in _events(path):
        if "resourcePreEvent" in event:
            _begin(event["resourcePreEvent"]["metadata"], steps)
        elif "resOutputsEvent" in event:
            _finish(event["resOutputsEvent"]["metadata"], steps, operation)
        elif "resOpFailedEvent" in event:
            _fail(event["resOpFailedEvent"]["metadata"], steps)
        elif "diagnosticEvent" in event:
            _say(event["diagnosticEvent"], run)
        elif "policyEvent" in event:
            run.violations.append(_violation(event["policyEvent"]))
    run.steps = [step for step in steps.values() if not step.type.startswith("pulumi:providers:")]
    run.violations.sort(key=lambda entry: (entry["urn"], entry["policy"], entry["message"]))
    return run


def _events(path: Path) -> Iterator[Event]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # a killed engine leaves half a line at the end
            return


def _begin(metadata: Event, steps: dict[tuple[str, str], StepRecord]) -> None:
    op = str(metadata["op"])
    if op in _HALVES and op != "delete-replaced":
        return
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    urn = str(metadata["urn"])
    steps[op, urn] = StepRecord(
        op=_OPS.get(op, op),
        urn=urn,
        type=str(metadata["type"]),
        name=urn.split("::", 3)[3],
        old=old.get("outputs") or {},
        inputs=new.get("inputs") or {},
        outputs=new.get("outputs") or {},
        diffs=sorted(metadata.get("detailedDiff") or {}) or list(metadata.get("diffs") or []),
    )


def _finish(metadata: Event, steps: dict[tuple[str, str], StepRecord], operation: str) -> None:
    key = str(metadata["op"]), str(metadata["urn"])
    if key not in steps:
        # A refresh of something that turns out gone or changed ends as another operation than it began.
        begun = next((other for other in steps if other[1] == key[1]), None)
        if operation == "refresh" and begun is not None:
            key = begun
        else:
            _begin(metadata, steps)
    step = steps.get(key)
    if step is None:
        return
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    step.inputs = new.get("inputs") or step.inputs
    step.outputs = new.get("outputs") or step.outputs
    if operation == "refresh":
        step.op = "refresh"
        gone = not metadata.get("new")
        same = (old.get("outputs") or {}) == (new.get("outputs") or {})
        step.outcome = "delete" if gone else "same" if same else "update"


def _fail(metadata: Event, steps: dict[tuple[str, str], StepRecord]) -> None:
    key = str(metadata["op"]), str(metadata["urn"])
    if key not in steps:
        _begin(metadata, steps)
    if key in steps:
        steps[key].error = "failed"


def _say(event: Event, run: Run) -> None:
    severity = str(event.get("severity", "info")).removeprefix("info#")
    if severity == "debug" or event.get("ephemeral"):
        return
    message = " ".join(str(event.get("message", "")).split())
    severity = {"err": "error"}.get(severity, severity)
    if message:
        run.diagnostics.append({"severity": severity, "message": message, "urn": str(event.get("urn", ""))})


def _violation(event: Event) -> dict[str, str]:
    return {
        "pack": str(event.get("policyPackName", "")),
        "policy": str(event.get("policyName", "")),
        "level": str(event.get("enforcementLevel", "")),
        # Line by line as the pack wrote it; only the ends are the engine's.
        "message": "\n".join(line.strip() for line in str(event.get("message", "")).strip().splitlines()),
        "urn": str(event.get("resourceUrn", "")),
    }
