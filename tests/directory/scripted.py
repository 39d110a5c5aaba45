"""A scripted server and a scripted clock, so that every wait and every lost connection is a row in a test.

The server is an ASGI application behind the real HTTP client; nothing is patched.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from lockstep.directory import AccessToken, Graph
from lockstep.directory.challenge import Challenge
from lockstep.directory.retry import Waiting

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT = "99999999-9999-4999-8999-999999999999"
CLIENT = "22222222-2222-4222-8222-222222222222"
OBJECT = "33333333-3333-4333-8333-333333333333"
BASE = "https://graph.test"

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run one coroutine to its end."""
    return asyncio.run(work)


def jwt(*, tenant: str = TENANT, number: int = 0) -> str:
    """Return an unsigned token; `number` makes tokens differ."""
    claims = {"tid": tenant, "appid": CLIENT, "oid": OBJECT, "n": number}
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)
    )
    return f"{head}.{body}.c2ln"


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Tokens:
    """A credential that gives numbered tokens."""

    tenant: str = TENANT
    given: int = 0
    challenges: list[Challenge] = field(default_factory=list)

    async def token(self, *, fresh: bool = False, challenge: Challenge | None = None) -> AccessToken:
        if challenge is not None:
            self.challenges.append(challenge)
        if fresh or not self.given:
            self.given += 1
        return AccessToken(jwt(tenant=self.tenant, number=self.given), 4e9)


@dataclass(frozen=True)
class Call:
    """One request as the server saw it."""

    method: str
    path: str
    query: str
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer of the script: a status with JSON, or with raw text."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None


Step = Reply | Exception | Callable[[Call], Reply]


class Server:
    """Answers from a script, in order; the last step repeats when `repeat` is set."""

    def __init__(self, *steps: Step, repeat: bool = False) -> None:
        self.calls: list[Call] = []
        self._steps = list(steps)
        self._repeat = repeat

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        content = b""
        more = True
        while more:
            message = await receive()
            content += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {key.decode().lower(): value.decode() for key, value in scope["headers"]}
        query = scope["query_string"].decode()
        call = Call(scope["method"], scope["path"], query, _json(content), headers)
        self.calls.append(call)
        step = self._next()
        if isinstance(step, Exception):
            raise step
        reply = step if isinstance(step, Reply) else step(call)
        await self._answer(reply, send)

    def _next(self) -> Step:
        assert self._steps, f"the script has no step for {self.calls[-1]}"
        return self._steps[0] if self._repeat and len(self._steps) == 1 else self._steps.pop(0)

    async def _answer(self, reply: Reply, send: Any) -> None:
        text = reply.text if reply.text is not None else ("" if reply.body is None else json.dumps(reply.body))
        kind = "text/html" if reply.text is not None else "application/json"
        headers = {"content-type": kind, **reply.headers}
        raw = [(key.encode(), value.encode()) for key, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": text.encode()})


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode()


def client(server: Any) -> httpx.AsyncClient:
    """Return an HTTP client whose every request goes to `server`."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=server))


@dataclass
class Bench:
    """A Graph client over a script, with what the tests look at."""

    server: Server
    tokens: Tokens = field(default_factory=Tokens)
    clock: Clock = field(default_factory=Clock)
    told: list[str] = field(default_factory=list)
    deadline: float = 300.0
    ends: float = math.inf

    @property
    def graph(self) -> Graph:
        return Graph(
            client(self.server),
            BASE,
            self.tokens,
            tenant_id=TENANT,
            waiting=Waiting(self.deadline, self.clock, self.clock.sleep, self.told.append, ends=self.ends),
        )


def refused(status: int, code: str = "", message: str = "", **headers: str) -> Reply:
    """Return an answer in Graph's error shape; header names are written with underscores."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Reply(status, {"error": {"code": code, "message": message}}, named)
