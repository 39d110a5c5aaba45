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
from lockstep.errors import TenantError

# Otherwise Python's handler of last resort prints azure-identity's warnings on stderr.
logging.getLogger("azure").addHandler(logging.NullHandler())

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
    """Sends from azure-identity's thread on the loop that owns the HTTP client."""

    def __init__(self, http: httpx.AsyncClient, loop: asyncio.AbstractEventLoop, waiting: Waiting) -> None:
        self._http = http
        self._loop = loop
        self._waiting = waiting
        self.failure: TenantError | None = None

    def send(self, request: Any, **_: Any) -> _Answer:
        """Send one request; a token request may be repeated, since it changes nothing."""
        try:
            response = asyncio.run_coroutine_threadsafe(self._exchange(request), self._loop).result()
        except TenantError as error:
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
