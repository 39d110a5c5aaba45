"""Carries azure-identity's requests over our own HTTP client.

So that sign-in and Graph share one set of certificates, one proxy, one retry rule, and, in process, one door.
azure-identity is synchronous: it runs in a thread and its requests come back to the event loop.
Imports azure-core, so nothing imports this module before a real sign-in.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import urlencode

import httpx
from azure.core.pipeline.transport import HttpResponse, HttpTransport

from lockstep.directory.retry import Waiting, exchange
from lockstep.directory.wording import json_object, not_from
from lockstep.errors import LockstepError, SignInError

# Otherwise Python's handler of last resort prints their warnings, and tracebacks, on stderr.
for library in ("azure", "msal"):
    logging.getLogger(library).addHandler(logging.NullHandler())

# What an answer of Entra's sign-in holds at least: discovery of an instance, of a tenant, a token, a refusal.
_SHAPES = (
    {"tenant_discovery_endpoint"},
    {"authorization_endpoint", "token_endpoint"},
    {"access_token", "expires_in"},
    {"error"},
)

AzureTransport = HttpTransport[Any, Any]


class _Answer(HttpResponse):
    """An httpx answer as azure-core reads it."""

    def __init__(self, request: Any, response: httpx.Response) -> None:
        super().__init__(request, response)
        self.status_code = response.status_code
        self.headers = response.headers
        self.reason = response.reason_phrase
        self.content_type = response.headers.get("content-type")

    def body(self) -> bytes:
        """Return the whole body."""
        content: bytes = self.internal_response.content
        return content


class LoopTransport(AzureTransport):
    """Sends from azure-identity's thread on the loop that owns the HTTP client.

    `refusal` is the last answer in which Entra refused: the libraries do not always pass its words on. `failure` is
    what kept Entra from answering at all, or somebody else's answer in its place.
    """

    def __init__(self, http: httpx.AsyncClient, loop: asyncio.AbstractEventLoop, waiting: Waiting) -> None:
        self._http = http
        self._loop = loop
        self._waiting = waiting
        self.failure: LockstepError | None = None
        self.refusal: dict[str, Any] | None = None

    def send(self, request: Any, **_: Any) -> _Answer:
        """Send one request; a token request may be repeated, since it changes nothing."""
        self.failure, self.refusal = None, None
        try:
            response = asyncio.run_coroutine_threadsafe(self._exchange(request), self._loop).result()
            body = json_object(response)
            if body is None or not any(shape <= body.keys() for shape in _SHAPES):
                where = f"{request.method} {request.url.partition('?')[0]}"
                raise SignInError(f"sign-in failed: {not_from('Entra', where, response)}")
            self.refusal = body if "error" in body else None
        except LockstepError as error:
            # azure-core would turn it into an error of its own; `SignIn` raises this one instead.
            self.failure = error
            raise
        return _Answer(request, response)

    async def _exchange(self, request: Any) -> httpx.Response:
        content = request.content if hasattr(request, "content") else request.body
        if isinstance(content, dict):
            content = urlencode(content).encode()
        headers = {key: value for key, value in request.headers.items() if key.casefold() != "content-length"}
        return await exchange(
            lambda: self._http.request(request.method, request.url, content=content, headers=headers),
            request.url,
            safe=True,
            patience=self._waiting.start("sign-in"),
        )

    def open(self) -> None:
        """The HTTP client is open already."""

    def close(self) -> None:
        """The HTTP client belongs to the one who made it."""

    def __enter__(self) -> LoopTransport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
