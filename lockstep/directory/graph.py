"""The Graph client: get, pages, send, batch and read-back, for one tenant.

Knows no consents and no Pulumi. Refuses plain http and other hosts, and asks and changes nothing before the
token has been seen to belong to the target tenant.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx

from lockstep.directory.batch import BatchAnswer, BatchItem, BatchRun
from lockstep.directory.challenge import Challenge, challenge_of
from lockstep.directory.cloud import PUBLIC
from lockstep.directory.credential import Credential, Identity, identity_of, require_tenant
from lockstep.directory.retry import Patience, Waiting, exchange, outcome_unknown
from lockstep.directory.wording import GRAPH, IN_BETWEEN, error_of, json_object, not_from, one_line, origin, refusal
from lockstep.errors import GraphError, SignInError, TenantError

__all__ = ["BatchAnswer", "BatchItem", "Graph", "address", "literal"]

_ODATA = ("count", "expand", "filter", "orderby", "search", "select", "top")
_LONGEST_PROBE_PAUSE = 5.0
Value = TypeVar("Value")


def literal(text: str) -> str:
    """Return text as an OData string literal, for a filter."""
    return "'" + text.replace("'", "''") + "'"


def address(path: str, **params: str | int | Sequence[str]) -> str:
    """Return a path with its query. OData's own parameters are given without their dollar: `select=("id", "tags")`."""
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"{path!r} is not a path of Graph: it has to start with one slash")
    pairs = {
        f"${name}" if name in _ODATA else name: value if isinstance(value, str | int) else ",".join(value)
        for name, value in params.items()
    }
    return f"{path}?{urlencode(pairs, quote_via=quote, safe='$,()/')}" if pairs else path


class Graph:
    """An async client of Microsoft Graph for one tenant.

    `base` is the cloud's Graph address; without a version, `/v1.0` is meant. `login` is the cloud's sign-in, for
    addresses that a person opens. The deadline of `waiting` holds for each call, waits included; no wait goes past its
    end. An exception from a call with writes says nothing of what was done: read back.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        base: str,
        credential: Credential,
        *,
        tenant_id: str,
        waiting: Waiting | None = None,
        owns_http: bool = False,
        login: str = PUBLIC.login,
    ) -> None:
        if not base.startswith("https://"):
            raise TenantError(
                f"{one_line(base)} is not https; a token goes over https only; to fix: correct the address of Graph"
            )
        self.tenant_id = tenant_id
        self.login = login
        self.base = base.rstrip("/") if urlsplit(base).path.strip("/") else f"{origin(base)}/v1.0"
        self.count = 0
        self._http = http
        self._credential = credential
        self._waiting = waiting or Waiting()
        self._owns_http = owns_http
        self._identity: Identity | None = None
        self._checked = ""

    def __repr__(self) -> str:
        return f"Graph({self.base!r}, tenant_id={self.tenant_id!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the HTTP client, if it was made for this one."""
        if self._owns_http:
            await self._http.aclose()

    async def identity(self) -> Identity:
        """Return who is signed in; WrongTenantError when that is in another tenant."""
        await self._token()
        if self._identity is None:  # pragma: no cover - _token sets it or raises
            raise SignInError("not signed in")
        return self._identity

    async def get(self, path: str, **params: str | int | Sequence[str]) -> dict[str, Any]:
        """Return one object, or one page; GraphError for any refusal, 404 included."""
        return await self._call("GET", address(path, **params), None)

    async def find(self, path: str, **params: str | int | Sequence[str]) -> dict[str, Any] | None:
        """Return one object, or None where there is none."""
        try:
            return await self.get(path, **params)
        except GraphError as error:
            if error.gone:
                return None
            raise

    async def pages(self, path: str, **params: str | int | Sequence[str]) -> list[dict[str, Any]]:
        """Return the values of all pages; `path` may be a nextLink that a batch answered with."""
        listed: list[dict[str, Any]] = []
        url, visited = path if path.startswith("https://") else address(path, **params), set[str]()
        while url:
            if url in visited:
                raise TenantError(
                    f"Microsoft Graph answered GET {path} with a page that leads to itself; to fix: run again later"
                )
            visited.add(url)
            page = await self._call("GET", url, None)
            values = page.get("value")
            if not isinstance(values, list):
                raise TenantError(
                    f"Microsoft Graph answered GET {path} with something else than a list; to fix: {IN_BETWEEN}"
                )
            listed.extend(values)
            url = page.get("@odata.nextLink") or ""
        return listed

    async def send(self, method: str, path: str, json: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Write once. OutcomeUnknownError when nobody knows whether it was done: look before sending it again."""
        return await self._call(method, address(path), json)

    async def batch(self, requests: Sequence[BatchItem], *, once: bool = False) -> list[BatchAnswer]:
        """Send many requests, 20 at a time, and return an answer for each, in their order.

        A refusal of one item is in its answer, not raised. Throttled items are sent again, those already done are not.
        With `once` nothing is sent a second time, for writes whose bodies grow stale while one waits: a throttled
        item has its 429 for an answer, and BusyError says that the whole request was turned away.
        """
        for item in requests:
            address(item.url.partition("?")[0])
        run, patience = BatchRun(requests), self._waiting.start(f"a batch of {len(requests)}")
        while chunk := run.chunk():
            safe = run.safe(chunk)
            body = await self._call("POST", "/$batch", run.payload(chunk), safe=safe, patience=patience, once=once)
            if not isinstance(body.get("responses"), list):
                if not safe:
                    raise outcome_unknown(patience.what, "the answer holds none for its requests", 200)
                raise GraphError(
                    f"{patience.what} was answered without an answer for each; to fix: {IN_BETWEEN}", status=0
                )
            hold = run.take(chunk, body)
            if hold is None:
                continue
            if hold.challenge is not None:
                try:
                    await self._token(fresh=True, challenge=hold.challenge)
                except SignInError as error:
                    run.stop(error)  # what was done before is done, and is said
                    break
                if not once:
                    continue
            self._waiting.shut(hold.throttled)
            if once:
                run.stop()
                break
            if not hold.fault:
                await patience.busy(hold.reason, hold.seconds, by_graph=hold.throttled is not None)
            elif not await patience.faulty(hold.reason):
                run.give_up()
        return run.answers

    async def until(self, probe: Callable[[], Awaitable[Value]], agreed: Callable[[Value], bool], what: str) -> Value:
        """Read until the directory agrees with what was written; DeadlineError when it does not in time."""
        patience, pause = self._waiting.start(what), 0.25
        while not agreed(value := await probe()):
            await patience.busy("the directory does not show it yet", pause)
            pause = min(pause * 2, _LONGEST_PROBE_PAUSE)
        return value

    async def sleep(self, seconds: float) -> None:
        """Wait by this client's clock."""
        await self._waiting.sleep(seconds)

    async def wait(self, seconds: float, reason: str, what: str, *, by_graph: bool = False) -> None:
        """Wait, and say so; DeadlineError past the end of the run. `by_graph`: Graph itself has named the seconds."""
        await self._waiting.pause(seconds, reason, what, by_graph=by_graph)

    def on_wait(self, tell: Callable[[str], None]) -> None:
        """Have somebody else told why we wait, and how long."""
        self._waiting = replace(self._waiting, on_wait=tell)

    async def _call(
        self,
        method: str,
        url: str,
        json: Mapping[str, Any] | None,
        *,
        safe: bool = False,
        patience: Patience | None = None,
        once: bool = False,
    ) -> dict[str, Any]:
        safe = safe or method == "GET"
        target = self._absolute(url)
        what = f"{method} {urlsplit(target).path}"
        patience = patience or self._waiting.start(what)

        async def attempt() -> httpx.Response:
            # Asked for on each attempt: a token may end while we wait.
            token = await self._token()
            self.count += 1
            return await self._http.request(method, target, json=json, headers={"Authorization": f"Bearer {token}"})

        response = await exchange(attempt, target, safe=safe, patience=patience, once=once)
        challenge = challenge_of(response.status_code, response.headers)
        if response.status_code == 401 or challenge is not None:
            # Not done, so that a write may follow too.
            await self._token(fresh=True, challenge=challenge)
            response = await exchange(attempt, target, safe=safe, patience=patience, once=once)
        return _read(what, response, safe=safe)

    async def _token(self, *, fresh: bool = False, challenge: Challenge | None = None) -> str:
        more = {} if challenge is None else {"challenge": challenge}
        token = (await self._credential.token(fresh=fresh, **more)).text
        if token != self._checked:
            identity = identity_of(token)
            require_tenant(identity, self.tenant_id)
            self._identity, self._checked = identity, token
        return token

    def _absolute(self, url: str) -> str:
        if url.startswith("/"):
            return self.base + url
        if origin(url) != origin(self.base):
            raise TenantError(
                f"Microsoft Graph pointed to another host, {one_line(origin(url) or url)}, for the next page; "
                "the token was not sent there; to fix: check ARM_METADATA_HOSTNAME and the proxy"
            )
        return url


def _read(what: str, response: httpx.Response, *, safe: bool) -> dict[str, Any]:
    """Return the JSON object of an answer, or raise what the answer means."""
    empty = response.is_success and not response.content
    body = {} if empty else json_object(response)
    if response.is_success and body is not None:
        return body
    if response.is_success and not safe:
        raise outcome_unknown(what, "the answer was no JSON object", response.status_code)
    if body is None or not error_of(body):
        raise GraphError(str(not_from(GRAPH, what, response)), status=0)
    refused = response.status_code == 401
    challenge = challenge_of(response.status_code, response.headers)
    error = refusal(what, response.status_code, body, challenge, note=", with a fresh token too" if refused else "")
    raise SignInError(str(error)) if refused else error
