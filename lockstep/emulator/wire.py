"""Requests, answers and routes: what an operation is given, what it returns, and how a service declares it.

Knows no state and no server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.permissions.needs import Needs
from lockstep.emulator.tenant import Tenant

_KEY = re.compile(r"^(?P<name>[A-Za-z][\w.]*)\((?P<keys>.*)\)$")
_NO_KEY = ("$", "microsoft.graph.", "delta")
_PAIR = re.compile(r"\s*(?P<name>\w+)\s*=\s*'(?P<value>(?:[^']|'')*)'\s*$")


@dataclass(frozen=True)
class Ref:
    """What a path names an object by: its id, or an alternate key such as `appId`."""

    value: str
    key: str = "id"


@dataclass(frozen=True)
class InnerRequest:
    """One request inside a batch, and the names of those that have to succeed first.

    `beside` are earlier ones that it does not wait for, so that they run together.
    """

    ident: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    after: tuple[str, ...] = ()
    beside: tuple[InnerRequest, ...] = ()


@dataclass
class Request:
    """One request to a service."""

    tenant: Tenant
    method: str
    path: str
    version: str
    base: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    caller: Mapping[str, Any] = field(default_factory=dict)
    refs: Mapping[str, Ref] = field(default_factory=dict)
    """What each placeholder of the path stands for."""
    again: Callable[[InnerRequest], Response] | None = None
    """Answers another request in the name of this one's caller: for a batch."""

    def json(self) -> dict[str, Any]:
        """Return the body, which has to be a JSON object."""
        if not isinstance(self.body, dict):
            raise BadRequestError(
                "Unable to read JSON request payload. Please ensure Content-Type header is set.", code="BadRequest"
            )
        return self.body

    @property
    def creates_if_missing(self) -> bool:
        """Whether a PATCH may create what it names."""
        return "create-if-missing" in self.headers.get("prefer", "").lower()

    @property
    def eventual(self) -> bool:
        """Whether the caller accepts eventual consistency, which advanced queries need."""
        return self.headers.get("consistencylevel", "").lower() == "eventual"

    def context(self, what: str) -> str:
        """Return the `@odata.context` of an answer."""
        return f"{self.base}/{self.version}/$metadata#{what}"

    @property
    def collection(self) -> str:
        """The first word of the path after the version, in lower case: `applications`."""
        return self.path.strip("/").split("/")[1].partition("(")[0].lower()


@dataclass
class Response:
    """One answer: JSON unless the body is None."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    """What is sent in place of a body; its type is among the headers."""


Handler = Callable[[Request], Response]


Need = Needs | Mapping[str, Needs] | None
"""Permissions that an operation needs: none outside Graph; for a deleted item they depend on the table it came from."""


@dataclass(frozen=True)
class Route:
    """One operation: method, path template, who answers it, whether it changes state, and what it needs."""

    method: str
    template: str
    handler: Handler
    summary: str
    writes: bool
    needs: Need

    @property
    def key(self) -> str:
        """`METHOD template`, by which a route is known."""
        return f"{self.method} {self.template}"


class Routes(list[Route]):
    """The operations of one service.

        ROUTES = Routes()

        @ROUTES.answer("GET", "/me", ME)
        def _me(request: Request) -> Response:
            ...

    What a handler's docstring says goes into docs/emulator-coverage.md.
    """

    def answer(
        self, method: str, template: str, needs: Need = None, *, reads: bool = False
    ) -> Callable[[Handler], Handler]:
        """Let a function answer an operation; everything but GET is a write unless it only `reads`."""

        def declare(handler: Handler) -> Handler:
            summary = str(handler.__doc__).partition("\n")[0].rstrip(".")
            self.add(method, template, handler, summary, needs, reads=reads)
            return handler

        return declare

    def add(
        self, method: str, template: str, handler: Handler, summary: str, needs: Need, *, reads: bool = False
    ) -> None:
        """Declare one operation."""
        writes = method != "GET" and not reads
        self.append(Route(method, template, handler, summary, writes, needs))


def split(path: str) -> list[str | Ref]:
    """Return the segments of a path; `name(key='value')` becomes a name and a Ref; repeated slashes count once."""
    segments: list[str | Ref] = []
    for raw in path.split("/"):
        if not raw:
            continue
        segment = unquote(raw)
        if segment.lower().startswith("graph."):
            segment = f"microsoft.{segment}"  # the short name of the same namespace
        keyed = _KEY.match(segment)
        if keyed is None:
            segments.append(segment)
            continue
        text = keyed["keys"]
        pair = _PAIR.match(text)
        ref = Ref(pair["value"].replace("''", "'"), pair["name"]) if pair else Ref(text.strip().strip("'"))
        segments += [keyed["name"], ref]
    return segments


class Router:
    """Find the route of a request."""

    def __init__(self, routes: list[Route]) -> None:
        self._places: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        for entry in routes:
            parts = [part for part in entry.template.split("/") if part]
            self._places.setdefault((entry.method, len(parts)), []).append((parts, entry))

    def find(self, method: str, segments: list[str | Ref]) -> tuple[Route, dict[str, Ref]] | None:
        """Return the route and what its placeholders stand for, or None."""
        for parts, entry in self._places.get((method, len(segments)), ()):
            refs = _match(parts, segments)
            if refs is not None:
                return entry, refs
        return None


def _match(parts: list[str], segments: list[str | Ref]) -> dict[str, Ref] | None:
    refs: dict[str, Ref] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part[0] == "{":
            if isinstance(segment, str) and segment.lower().startswith(_NO_KEY):
                return None
            refs[part[1:-1]] = segment if isinstance(segment, Ref) else Ref(segment)
        elif not isinstance(segment, str) or segment.lower() != part.lower():
            return None
    return refs
