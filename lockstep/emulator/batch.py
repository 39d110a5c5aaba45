"""JSON batching: up to twenty requests in one. Each is a request of its own; a failed one does not undo another.

Knows no state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.permissions.needs import NOTHING
from lockstep.emulator.wire import InnerRequest, Request, Response, Routes

ROUTES = Routes()
MAX_REQUESTS = 20
_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


def _read(body: dict[str, Any]) -> list[InnerRequest]:
    """Return the steps in an order in which each comes after those it depends on."""
    entries = body.get("requests")
    if not isinstance(entries, list) or not entries:
        raise _wrong("Invalid batch payload format.")
    if len(entries) > MAX_REQUESTS:
        raise _wrong(f"Number of batch request steps ({len(entries)}) exceeds the maximum value of {MAX_REQUESTS}.")
    steps = [_step(entry) for entry in entries]
    names = [step.ident for step in steps]
    if len(set(names)) != len(names):
        raise _wrong("Request Id has to be unique in a batch.")
    for step in steps:
        for name in step.after:
            if name not in names or name == step.ident:
                raise _wrong(f"Dependent request id: {name} could not be found for request id: {step.ident}.")
    return _beside(_ordered(steps))


def _beside(steps: list[InnerRequest]) -> list[InnerRequest]:
    """Tell each step which earlier ones it does not wait for, not even by way of others."""
    waits: dict[str, set[str]] = {}
    told = []
    for place, step in enumerate(steps):
        waits[step.ident] = set(step.after).union(*(waits[name] for name in step.after))
        others = tuple(other for other in steps[:place] if other.ident not in waits[step.ident])
        told.append(replace(step, beside=others))
    return told


def _step(entry: Any) -> InnerRequest:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise _wrong("Request Id is required for each batch request step.")
    ident, method, url = entry["id"], str(entry.get("method", "")).upper(), entry.get("url")
    if method not in _METHODS or not isinstance(url, str) or not url or "://" in url.partition("?")[0]:
        raise _wrong(f"Invalid method or URL in request id: {ident}. URLs are relative to the version of Graph.")
    headers = entry.get("headers") or {}
    after = entry.get("dependsOn") or []
    if not isinstance(headers, dict) or not isinstance(after, list):
        raise _wrong(f"Invalid headers or dependsOn in request id: {ident}.")
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    if entry.get("body") is not None and "content-type" not in lowered:
        raise _wrong(f"Write request id : {ident} does not contain Content-Type header or body.")
    return InnerRequest(ident, method, url, lowered, entry.get("body"), tuple(map(str, after)))


def _ordered(steps: list[InnerRequest]) -> list[InnerRequest]:
    done: list[InnerRequest] = []
    waiting = list(steps)
    while waiting:
        names = {step.ident for step in done}
        ready = next((step for step in waiting if set(step.after) <= names), None)
        if ready is None:
            raise _wrong("The dependencies of the batch form a circle.")
        done.append(ready)
        waiting.remove(ready)
    return done


def _wrong(message: str) -> BadRequestError:
    """Return the refusal of a whole batch, of which nothing was done."""
    return BadRequestError(message, code="BadRequest")


@ROUTES.answer("POST", "/$batch", NOTHING, reads=True)
def _run(request: Request) -> Response:
    """Up to 20 requests in one, with dependsOn."""
    assert request.again is not None  # noqa: S101 - the door always gives it
    failed: set[str] = set()
    answers: list[dict[str, Any]] = []
    for step in _read(request.json()):
        if failed & set(step.after):
            error = {"code": "FailedDependency", "message": "A request that this one depends on has failed."}
            answer = Response(424, {"error": error})
        else:
            answer = request.again(step)
        if answer.status >= 400:
            failed.add(step.ident)
        entry: dict[str, Any] = {"id": step.ident, "status": answer.status, "headers": dict(answer.headers)}
        if answer.body is not None:
            entry["headers"]["Content-Type"] = "application/json"
            entry["body"] = answer.body
        answers.append(entry)
    return Response(200, {"responses": answers})
