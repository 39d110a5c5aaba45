"""The ASGI application: it turns HTTP requests into calls and answers into HTTP, the same in process and over TLS."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lockstep.emulator.dispatch import Call, Dispatcher
from lockstep.emulator.exceptions import ConnectionLostError
from lockstep.emulator.objects import request_id

_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def make_app(dispatcher: Dispatcher, door: str) -> ASGIApp:
    """Return the application whose requests a dispatcher answers.

    `door` is the name by which log and faults know these requests: `process`, `tls`, or one that a test chooses.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        request = Request(scope, receive)
        call = await _call(request, door)
        try:
            with dispatcher.under_way(call) as arrived:
                control = arrived.path.startswith("/_emulator")
                pause = 0.0 if control else dispatcher.faults.pause(call.method, call.path)
                if pause:
                    await dispatcher.clock.sleep(pause)
                answer = dispatcher.answer(arrived)
        except ConnectionLostError:
            await _hang_up(door, send)
            return
        headers = {"request-id": request_id(), **answer.headers}
        if call.headers.get("client-request-id"):
            headers["client-request-id"] = call.headers["client-request-id"]
        content = b"" if answer.body is None else json.dumps(answer.body, separators=(",", ":")).encode()
        content = content if answer.content is None else answer.content
        media = None if answer.body is None else _JSON
        response = HttpResponse(content, status_code=answer.status, headers=headers, media_type=media)
        await response(scope, receive, send)

    return app


async def _call(request: Request, door: str) -> Call:
    scope = request.scope
    raw = scope.get("raw_path") or scope["path"].encode()
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(
        method=request.method,
        path=raw.decode("latin-1").partition("?")[0],
        query=scope.get("query_string", b"").decode("latin-1"),
        base=f"{scope.get('scheme', 'https')}://{headers.get('host', 'localhost')}",
        headers=headers,
        raw=await request.body(),
        door=door,
    )


async def _hang_up(door: str, send: Send) -> None:
    """Lose the connection in the middle of an answer: over TLS really, in process as the client would see it."""
    if door != "tls":
        import httpx

        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
