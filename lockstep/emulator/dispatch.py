"""From a request to its answer: who calls, which faults strike, which service answers, what is logged.

Requests are served one at a time: a service runs to its end before the next one starts. Knows no server.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from lockstep.emulator.control import ROUTES as CONTROL
from lockstep.emulator.exceptions import (
    BadRequestError,
    ConnectionLostError,
    NotSupportedError,
    ServiceError,
    UnauthorizedError,
)
from lockstep.emulator.faults import RequestFacts, Trouble, Write
from lockstep.emulator.faults.conflicts import Overlap, subject
from lockstep.emulator.faults.kind import CODES
from lockstep.emulator.log import cleaned, cleaned_text
from lockstep.emulator.objects import request_id
from lockstep.emulator.permissions.check import check_caller
from lockstep.emulator.routes import DOORSTEP, GRAPH
from lockstep.emulator.signin.keys import verify
from lockstep.emulator.signin.model import is_for_graph
from lockstep.emulator.signin.refusals import WRONG_METHOD, SignInRefusedError, plain_body
from lockstep.emulator.state import EmulatorState
from lockstep.emulator.statefile import StateFile
from lockstep.emulator.wire import InnerRequest, Ref, Request, Response, Route, Router, split
from lockstep.errors import UsageError

_VERSIONS = ("v1.0", "beta")
_SIGN_IN = ("oauth2", "discovery", "v2.0", ".well-known", "userrealm")
"""What follows the tenant in an address of the sign-in. Every other error is written as Graph writes it."""
_BINARY = ("image/", "application/octet-stream")


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    query: str
    base: str
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    door: str = "process"
    batch: bool = False
    caller: Mapping[str, Any] | None = None
    body: Any = None
    token: str = ""
    """Which access token was used: not the token itself."""
    contended: bool = False
    """Whether another write to the same principal is under way."""


class Dispatcher(EmulatorState):
    """Answers requests over the state of one emulator."""

    def __init__(self, file: StateFile | None, clock: Callable[[], float]) -> None:
        super().__init__(file, clock)
        self.writes = 0
        self._graph, self._doorstep = Router(GRAPH), Router(DOORSTEP)
        self._lock = threading.RLock()
        self._overlap = Overlap(self.tenant)
        self._tokens: dict[str, dict[str, Any]] = {}

    def answer(self, call: Call) -> Response:
        """Return the answer to a request; ConnectionLostError when a fault takes the connection."""
        with self._lock:
            segments = split(call.path)
            if segments[:1] == ["_emulator"]:
                return self._control(call, segments)
            entry = {"status": 0, "write": False, "client": (call.caller or {}).get("appid")}
            try:
                response = self._answer(call, segments, entry)
                entry["status"] = response.status
                return response
            finally:
                self._log(call, entry)

    @contextmanager
    def under_way(self, call: Call) -> Iterator[Call]:
        """Keep a request on the list of those that overlap; return it, and in it whether another was there first."""
        if self.faults.plan.conflicts is None:
            yield call
            return
        with self._overlap.entered(call.method, call.path, call.raw) as contended:
            yield replace(call, contended=contended)

    def _answer(self, call: Call, segments: list[str | Ref], entry: dict[str, Any]) -> Response:
        path = "/" + "/".join(part if isinstance(part, str) else part.value for part in segments)
        trouble = self.faults.ruled(call.method, path)
        if trouble is not None and not trouble.done:
            return self._fail(call, trouble, entry)
        try:
            response = self._serve(call, segments, entry)
        except ServiceError as error:
            response = self._error(call, error)
        return response if trouble is None else self._fail(call, trouble, entry)

    def _serve(self, call: Call, segments: list[str | Ref], entry: dict[str, Any]) -> Response:
        version = segments[0] if segments else ""
        graph = version in _VERSIONS
        caller: Mapping[str, Any] = {}
        if graph:
            caller = call.caller or self._caller(call)
            entry["client"] = caller.get("appid")
        match = (self._graph if graph else self._doorstep).find(call.method, segments[1:] if graph else segments)
        if match is None and not graph and self._doorstep.find("POST", segments):
            raise WRONG_METHOD.of(allowed="POST", method=call.method)
        if match is None:
            raise NotSupportedError(f"'{call.method} {call.path}'")
        route, refs = match
        token = call.token or sha256(call.headers.get("authorization", "").encode()).hexdigest()[:16]
        request = Request(
            tenant=self.tenant,
            method=call.method,
            path=call.path,
            version=str(version) if graph else "",
            base=call.base,
            query=dict(parse_qsl(call.query, keep_blank_values=True)),
            headers=call.headers,
            body=_body(call, graph),
            caller=caller,
            refs=refs,
            again=lambda inner: self._inner(replace(call, caller=caller, token=token), str(version), inner),
        )
        entry["write"] = route.writes
        entry["operation"] = route.key
        if graph and self.enforce_permissions:
            check_caller(route, request)
        facts = RequestFacts(
            call.method, call.path, call.query, request.body, graph=graph, writes=route.writes, batch=call.batch,
            caller=str(caller.get("appid", "")), token=token, contended=call.contended, door=call.door,
        )  # fmt: skip
        return self._meet(facts, route, request, entry)

    def _meet(self, facts: RequestFacts, route: Route, request: Request, entry: dict[str, Any]) -> Response:
        """Answer a request, unless a fault is in the way; a fault may also change the answer."""
        trouble = self.faults.strike(facts)
        if trouble is not None and not trouble.done:
            return self._fail(request, trouble, entry)
        try:
            response = self._run(facts, route, request, entry)
        except ServiceError as error:
            response = self._error(request, error)
        response = self.faults.finish(facts, response)
        return response if trouble is None else self._fail(request, trouble, entry)

    def _run(self, facts: RequestFacts, route: Route, request: Request, entry: dict[str, Any]) -> Response:
        faults, store = self.faults, self.tenant.store
        past = faults.past(facts)
        if past:
            with store.as_it_was(past):
                response = route.handler(request)
            if not route.writes:
                return response
            # A replica that lacks what the write names has refused it by now; this one does not.
        if not route.writes:
            return route.handler(request)
        self.writes += 1
        number = self.writes
        self._tell(Write("before", number, request.method, request.path))
        with faults.around(facts):
            with store.transaction():
                response = route.handler(request)
                self.tenant.audits.note(request.caller, request.headers.get("client-request-id", ""))
            entry["status"] = response.status
        self._tell(Write("after", number, request.method, request.path))
        return response

    def _tell(self, write: Write) -> None:
        for callback in list(self.on_write):
            callback(write)

    def _inner(self, call: Call, version: str, inner: InnerRequest) -> Response:
        path, _, query = inner.url.partition("?")
        if path.strip("/") == "$batch":
            return self._error(call, BadRequestError("A batch cannot hold a batch.", code="BadRequest"))
        path = f"/{version}/{path.lstrip('/')}"
        return self.answer(
            replace(
                call, method=inner.method, path=path, query=query, headers=inner.headers, raw=b"", batch=True,
                body=inner.body, contended=self._is_contended(call, inner, path),
            )
        )  # fmt: skip

    def _is_contended(self, call: Call, inner: InnerRequest, path: str) -> bool:
        """Tell whether another write to what a step writes to is under way, beside its batch or in it."""
        if self.faults.plan.conflicts is None:
            return False
        own = subject(self.tenant, inner.method, path, inner.body)
        others = (subject(self.tenant, other.method, other.url, other.body) for other in inner.beside)
        return bool(own) and (call.contended or own in others)

    def _caller(self, call: Call) -> dict[str, Any]:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise UnauthorizedError("Access token is empty.")
        claims = self._tokens.get(token)
        if claims is None:
            claims = verify(self.tenant, token.strip())
            if claims is None:
                raise UnauthorizedError("CompactToken parsing failed with error code: 80049217.")
            if len(self._tokens) > 1000:
                self._tokens.clear()
            self._tokens[token] = claims
        if claims["exp"] <= self.tenant.clock():
            raise UnauthorizedError("Lifetime validation failed, the token is expired.")
        if not is_for_graph(self.tenant, str(claims["aud"]), call.base):
            raise UnauthorizedError("Access token validation failure. Invalid audience.")
        return claims

    def _control(self, call: Call, segments: list[str | Ref]) -> Response:
        name = "/".join(part if isinstance(part, str) else part.value for part in segments[1:])
        try:
            if (call.method, name) not in CONTROL:
                raise NotSupportedError(f"'{call.method} {call.path}'")
            _, handler = CONTROL[call.method, name]
            body = handler(self, json.loads(call.raw) if call.raw else None)
        except ValueError:
            return self._error(call, BadRequestError("The body is no JSON."))
        except UsageError as error:
            return self._error(call, BadRequestError(str(error)))
        except ServiceError as error:
            return self._error(call, error)
        return Response(204 if body is None else 200, body)

    def _fail(self, call: Call | Request, trouble: Trouble, entry: dict[str, Any]) -> Response:
        entry["fault"] = trouble.kind
        if trouble.drop:
            entry["status"] = 0
            raise ConnectionLostError
        code = trouble.code or CODES.get(trouble.status, "UnknownError")
        return Response(trouble.status, self._body(call, trouble.status, code, trouble.message), trouble.headers)

    def _error(self, call: Call | Request, error: ServiceError) -> Response:
        if isinstance(error, SignInRefusedError):
            return Response(error.status, error.body(self.tenant.now(), request_id()))
        return Response(error.status, self._body(call, error.status, error.code, error.message))

    def _body(self, call: Call | Request, status: int, code: str, message: str) -> dict[str, Any]:
        """Return the body of an error as the door that was asked writes it: Graph, or the sign-in."""
        ident = request_id()
        first, *rest = call.path.strip("/").lower().split("/")
        if first not in _VERSIONS and rest and rest[0] in _SIGN_IN:
            return plain_body(status, message, self.tenant.now(), ident)
        inner = {
            "client-request-id": call.headers.get("client-request-id", ident),
            "date": self.tenant.now().rstrip("Z"),
            "request-id": ident,
        }
        return {"error": {"code": code, "innerError": inner, "message": message}}

    def _log(self, call: Call, entry: Mapping[str, Any]) -> None:
        self.log.add(
            time=self.tenant.now(),
            door=call.door,
            method=call.method,
            path=call.path,
            query=call.query,
            body=cleaned(call.body) if call.batch else cleaned_text(call.raw, call.headers.get("content-type", "")),
            batch=call.batch,
            **entry,
        )


def _body(call: Call, graph: bool) -> Any:
    if call.batch:
        return call.body
    if not graph:
        return call.raw.decode("utf-8", "replace")
    if call.headers.get("content-type", "").startswith(_BINARY):
        return call.raw
    if not call.raw:
        return None
    try:
        return json.loads(call.raw)
    except (ValueError, RecursionError):
        raise BadRequestError("Unable to read JSON request payload.", code="BadRequest") from None
