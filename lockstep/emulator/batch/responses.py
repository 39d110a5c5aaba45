"""JSON batching: wire in, wire out. Each step is a request of its own; a failed one does not undo another."""

from __future__ import annotations

from typing import Any

from lockstep.emulator.batch.models import read
from lockstep.emulator.wire import Request, Response


def run(request: Request) -> Response:
    """POST /$batch."""
    assert request.again is not None  # noqa: S101 - the door always gives it
    failed: set[str] = set()
    answers: list[dict[str, Any]] = []
    for step in read(request.json()):
        if failed & set(step.after):
            error = {"code": "FailedDependency", "message": "A request that this one depends on has failed."}
            answer = Response(424, {"error": error})
        else:
            answer = request.again(step.request)
        if answer.status >= 400:
            failed.add(step.ident)
        entry: dict[str, Any] = {"id": step.ident, "status": answer.status, "headers": dict(answer.headers)}
        if answer.body is not None:
            entry["headers"]["Content-Type"] = "application/json"
            entry["body"] = answer.body
        answers.append(entry)
    return Response(200, {"responses": answers})
