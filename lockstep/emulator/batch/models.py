"""The steps of a batch: read, checked and put in order. Knows no state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lockstep.emulator.batch.exceptions import MAX_REQUESTS, BatchError, too_many
from lockstep.emulator.wire import Inner

_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True)
class Step:
    """One step, and those that have to succeed first."""

    ident: str
    request: Inner
    after: tuple[str, ...]


def read(body: dict[str, Any]) -> list[Step]:
    """Return the steps in an order in which each comes after those it depends on."""
    entries = body.get("requests")
    if not isinstance(entries, list) or not entries:
        raise BatchError("Invalid batch payload format.")
    if len(entries) > MAX_REQUESTS:
        raise too_many(len(entries))
    steps = [_step(entry) for entry in entries]
    names = [step.ident for step in steps]
    if len(set(names)) != len(names):
        raise BatchError("Request Id has to be unique in a batch.")
    for step in steps:
        for name in step.after:
            if name not in names or name == step.ident:
                raise BatchError(f"Dependent request id: {name} could not be found for request id: {step.ident}.")
    return _beside(_ordered(steps))


def _beside(steps: list[Step]) -> list[Step]:
    """Tell each step which earlier ones it does not wait for, not even by way of others."""
    waits: dict[str, set[str]] = {}
    found = []
    for place, step in enumerate(steps):
        waits[step.ident] = set(step.after).union(*(waits[name] for name in step.after))
        others = tuple(each.request for each in steps[:place] if each.ident not in waits[step.ident])
        found.append(replace(step, request=replace(step.request, beside=others)))
    return found


def _step(entry: Any) -> Step:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise BatchError("Request Id is required for each batch request step.")
    ident, method, url = entry["id"], str(entry.get("method", "")).upper(), entry.get("url")
    if method not in _METHODS or not isinstance(url, str) or not url or "://" in url.partition("?")[0]:
        raise BatchError(f"Invalid method or URL in request id: {ident}. URLs are relative to the version of Graph.")
    headers = entry.get("headers") or {}
    after = entry.get("dependsOn") or []
    if not isinstance(headers, dict) or not isinstance(after, list):
        raise BatchError(f"Invalid headers or dependsOn in request id: {ident}.")
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    if entry.get("body") is not None and "content-type" not in lowered:
        raise BatchError(f"Write request id : {ident} does not contain Content-Type header or body.")
    return Step(ident, Inner(method, url, lowered, entry.get("body")), tuple(map(str, after)))


def _ordered(steps: list[Step]) -> list[Step]:
    done: list[Step] = []
    waiting = list(steps)
    while waiting:
        names = {step.ident for step in done}
        ready = next((step for step in waiting if set(step.after) <= names), None)
        if ready is None:
            raise BatchError("The dependencies of the batch form a circle.")
        done.append(ready)
        waiting.remove(ready)
    return done
