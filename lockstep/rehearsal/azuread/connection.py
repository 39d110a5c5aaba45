"""The azuread model's connection to Graph: sign-in by client secret, requests and waits. For the emulator only.

Sends again what the real provider sends again, and no more (go-azure-sdk v0.20260212): any request after 408, 424, 429
or a 5xx, a POST too, without looking whether it was done; none after a lost connection, and none after 401. Knows no
resource and no Pulumi.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx

from lockstep.directory.retry import Waiting
from lockstep.errors import DeadlineError, GraphError, SignInError, TenantError, WrongTenantError

_RETRIES = 16
_LONGEST_PAUSE = 61.0
_DEADLINE = 600.0  # seconds for one create or update
_RENEW_BEFORE = 300.0  # seconds before a token ends
_POLL = 1.0  # seconds between two looks for what was just made

Value = TypeVar("Value")
Again = Callable[[httpx.Response], bool]
"""Tells whether an answer is one that a resource of the provider repeats by its own rule."""


def never(response: httpx.Response) -> bool:
    """Repeat nothing by a rule of its own."""
    return False


def not_there_yet(response: httpx.Response) -> bool:
    """Repeat the first PATCH of a new application until it is there, and while something else changes it."""
    return response.status_code in (404, 409)


class Connection:
    """One signed-in line; opened at the first request, in the event loop that makes it."""

    def __init__(
        self, door: Callable[[], httpx.AsyncClient], env: Mapping[str, str], waiting: Waiting | None = None
    ) -> None:
        self._door = door
        self._env = env
        self._waiting = waiting or Waiting()
        self._renew_at = 0.0
        self._http: httpx.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._token = ""
        self._graph = ""
        self._tenant = ""
        self.tenant_id = ""
        self.client_id = ""
        self.object_id = ""

    async def sign_in(self, tenant_id: str) -> None:
        """Sign in once, and refuse a token of another tenant than the stack's."""
        async with self._lock:
            if self._token:
                return
            self._tenant = tenant_id or self._env.get("ARM_TENANT_ID", "")
            self._http = self._door()
            self._graph = await self._graph_address()
            token = await self._request_token()
            claims = _claims(token)
            self.tenant_id = str(claims.get("tid", ""))
            self.client_id = str(claims.get("appid") or claims.get("azp") or self._env.get("ARM_CLIENT_ID", ""))
            self.object_id = str(claims.get("oid", ""))
            if tenant_id and self.tenant_id.casefold() != tenant_id.casefold():
                raise WrongTenantError(
                    f"azuread signed in to tenant {self.tenant_id}, but azuread:tenantId is {tenant_id}; nothing was "
                    "read or written; check ARM_TENANT_ID"
                )
            self._token = token

    async def close(self) -> None:
        """Hang up; the next request signs in again."""
        if self._http is not None:
            await self._http.aclose()
        self._http, self._token = None, ""

    def directory_object(self, object_id: str) -> str:
        """Return the address by which Graph wants a directory object named."""
        return f"{self._graph}/v1.0/directoryObjects/{object_id}"

    async def get(self, path: str, **params: str) -> dict[str, Any] | None:
        """Return an object, or None when there is none."""
        query = "?" + urlencode({f"${key}": value for key, value in params.items()}) if params else ""
        response = await self._send("GET", path + query, None)
        if response.status_code == 404:
            return None
        return self._body(response, f"GET {path}")

    async def settled(self, path: str) -> dict[str, Any]:
        """Return an object that was just made, waiting until Graph knows it."""
        return await self.until(lambda: self.get(path), path)

    async def until(self, look: Callable[[], Awaitable[Value | None]], what: str) -> Value:
        """Look until something that was just written is there, and return it."""
        until = self._waiting.clock() + _DEADLINE
        while (value := await look()) is None:
            if self._waiting.clock() >= until:
                raise DeadlineError(f"{what} was written but Graph still does not show it")
            await self._waiting.sleep(_POLL)
        return value

    async def values(self, path: str, **params: str) -> list[dict[str, Any]]:
        """Return a collection, page by page."""
        records: list[dict[str, Any]] = []
        page = await self.get(path, **params)
        while page is not None:
            records += page.get("value", [])
            link = str(page.get("@odata.nextLink") or "")
            page = await self.get(link.removeprefix(self._graph)) if link else None
        return records

    async def send(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, again: Again = never
    ) -> dict[str, Any]:
        """Write, and return what Graph answers; `again` is the resource's own rule of what to repeat."""
        response = await self._send(method, path, body, again)
        return self._body(response, f"{method} {path}")

    async def _send(self, method: str, path: str, body: dict[str, Any] | None, again: Again = never) -> httpx.Response:
        until = self._waiting.clock() + _DEADLINE
        for attempt in range(_RETRIES + 1):
            await self._renew()
            headers = {"Authorization": f"Bearer {self._token}"}
            response = await self._raw(method, f"{self._graph}{path}", json=body, headers=headers)
            if not (_is_passing(response.status_code) or again(response)):
                break
            pause = _pause(response, attempt)
            if self._waiting.clock() + pause > until:
                break
            await self._waiting.sleep(pause)
        return response

    async def _renew(self) -> None:
        """Ask for another token when this one is about to end."""
        async with self._lock:
            if self._waiting.clock() >= self._renew_at:
                self._token = await self._request_token()

    async def _raw(self, method: str, url: str, **options: Any) -> httpx.Response:
        if self._http is None:
            raise TenantError("azuread is not signed in")
        try:
            return await self._http.request(method, url, **options)
        except httpx.HTTPError as error:
            raise TenantError(f"{method} {url} failed: {error or type(error).__name__}") from None

    async def _graph_address(self) -> str:
        response = await self._raw("GET", "/metadata/endpoints?api-version=2022-09-01")
        if response.status_code != 200:
            raise TenantError(f"the metadata endpoint answered {response.status_code}; is this the emulator?")
        metadata = response.json()
        self._login = str(metadata["authentication"]["loginEndpoint"]).rstrip("/")
        return str(metadata["microsoftGraphResourceId"]).rstrip("/")

    async def _request_token(self) -> str:
        tenant, now = self._tenant, self._waiting.clock()
        missing = [name for name in ("ARM_CLIENT_ID", "ARM_CLIENT_SECRET") if not self._env.get(name)]
        if missing or not tenant:
            raise SignInError(f"rehearsal signs in by client secret: set {', '.join(missing) or 'azuread:tenantId'}")
        response = await self._raw(
            "POST",
            f"{self._login}/{tenant}/oauth2/v2.0/token",
            data={
                "client_id": self._env["ARM_CLIENT_ID"],
                "client_secret": self._env["ARM_CLIENT_SECRET"],
                "grant_type": "client_credentials",
                "scope": f"{self._graph}/.default",
            },
        )
        answer = _json(response)
        if response.status_code != 200 or "access_token" not in answer:
            reason = str(answer.get("error_description") or answer.get("error") or response.status_code).splitlines()[0]
            raise SignInError(f"azuread could not sign in to tenant {tenant}: {reason}")
        life = float(answer.get("expires_in") or 0)
        self._renew_at = now + max(life - _RENEW_BEFORE, life / 2)
        return str(answer["access_token"])

    @staticmethod
    def _body(response: httpx.Response, what: str) -> dict[str, Any]:
        answer = _json(response)
        if response.is_success:
            return answer
        error = answer["error"] if isinstance(answer.get("error"), dict) else {}
        code, message = str(error.get("code", "")), str(error.get("message", ""))
        raise GraphError(
            f"{what}: unexpected status {response.status_code} with error: {code}: {message}",
            status=response.status_code,
            code=code,
        )


def _is_passing(status: int) -> bool:
    """Tell whether a status is one after which every request is sent again."""
    return status in (408, 424, 429) or (status >= 500 and status != 501)


def _pause(response: httpx.Response, attempt: int) -> float:
    """Return the seconds before the next try: what Retry-After says, else twice as long each time."""
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isascii() and told.isdigit() else min(2.0**attempt, _LONGEST_PAUSE)


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json() if response.content else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        raise SignInError("the sign-in answered with something that is not a token") from None
    return claims if isinstance(claims, dict) else {}
