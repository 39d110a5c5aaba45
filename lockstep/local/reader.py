"""Reads a tenant through Graph with a plain HTTP client, so that what we check is not checked by what wrote it.

Only the read-back after `up` uses it. It uses neither `lockstep.directory` nor the provider, lists no whole tenant, and
waits a little where Graph is busy. Reads only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self
from urllib.parse import quote

import httpx

from lockstep.errors import GraphError, SignInError, TenantError

Object = dict[str, Any]
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between tries, where the answer names none
_LOST = 599  # no answer at all
_PASSING = (429, 500, 502, 503, 504, _LOST)


class Reader:
    """A signed-in plain client of Graph. `sleep` is how it waits."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        env: dict[str, str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._env = env
        self._sleep = sleep
        self._graph = ""

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        await self._sign_in()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.__aexit__(None, None, None)

    async def applications(self, expression: str) -> list[Object]:
        """Return the applications that a filter fits."""
        fields = "id,appId,displayName,requiredResourceAccess,api"
        return await self.pages(f"/applications?$filter={quote(expression)}&$select={fields}")

    async def principals(self, expression: str) -> list[Object]:
        """Return the service principals that a filter fits, without the lists of what they offer."""
        fields = "id,appId,displayName,accountEnabled"
        return await self.pages(f"/servicePrincipals?$filter={quote(expression)}&$select={fields}")

    async def app_id(self, principal: str) -> str:
        """Return the app id of a service principal, or the object id itself where the principal is not there."""
        try:
            return str((await self.get(f"/servicePrincipals/{principal}?$select=id,appId"))["appId"])
        except GraphError as error:
            if error.status != 404:
                raise
            return principal

    async def grants(self, principal: str) -> list[Object]:
        """Return the tenant-wide delegated grants of a service principal."""
        grants = await self.pages(f"/oauth2PermissionGrants?$filter=clientId eq '{principal}'")
        return [grant for grant in grants if grant["consentType"] == "AllPrincipals"]

    async def roles(self, principal: str) -> list[Object]:
        """Return the application roles that a service principal was given."""
        return await self.pages(f"/servicePrincipals/{principal}/appRoleAssignments")

    async def pages(self, path: str) -> list[Object]:
        """Return a whole collection."""
        values: list[Object] = []
        link: str | None = path
        while link:
            page = await self.get(link)
            values += page["value"]
            link = page.get("@odata.nextLink")
        return values

    async def get(self, path: str) -> Object:
        """Return one answer of Graph."""
        url = path if path.startswith("https://") else f"{self._graph}/v1.0{path}"
        answer, again = await self._ask(url), True
        for pause in _PAUSES:
            if answer.status_code == 401 and again:
                again = False
                await self._sign_in()  # the token has ended, or was taken back
            elif answer.status_code in _PASSING:
                seconds = answer.headers.get("Retry-After", "")
                await self._sleep(float(seconds) if seconds.isascii() and seconds.isdigit() else pause)
            else:
                break
            answer = await self._ask(url)
        if answer.status_code != 200:
            outcome = f"answered {answer.status_code}" if answer.status_code != _LOST else "gave no answer"
            raise GraphError(
                f"Graph {outcome} to GET {path.partition('?')[0]}; to fix: run again", status=answer.status_code
            )
        body: Object = answer.json()
        return body

    async def _ask(self, url: str) -> httpx.Response:
        """Send once; a connection that was lost on the way is an answer too."""
        try:
            return await self._client.get(url)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return httpx.Response(_LOST)

    async def _sign_in(self) -> None:
        env, client = self._env, self._client
        host = env["ARM_METADATA_HOSTNAME"]
        metadata = await client.get(f"https://{host}/metadata/endpoints?api-version=2022-09-01")
        if metadata.status_code != 200:
            raise TenantError(f"the metadata host {host} answered {metadata.status_code}")
        document = metadata.json()
        self._graph = str(document["microsoftGraphResourceId"]).rstrip("/")
        login = str(document["authentication"]["loginEndpoint"]).rstrip("/")
        form = {
            "grant_type": "client_credentials",
            "client_id": env["ARM_CLIENT_ID"],
            "client_secret": env["ARM_CLIENT_SECRET"],
            "scope": f"{self._graph}/.default",
        }
        answer = await client.post(f"{login}/{env['ARM_TENANT_ID']}/oauth2/v2.0/token", data=form)
        if answer.status_code != 200:
            raise SignInError(f"the emulator refused the sign-in of {env['ARM_CLIENT_ID']} ({answer.status_code})")
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
