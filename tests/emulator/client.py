"""A plain synchronous Graph client through the door that the suite goes through. Not Lockstep's own."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

import httpx

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, Emulator
from tests.emulator.doors import transport

BASE = "https://localhost:8443"


class Client:
    """Sends requests one at a time, signed in as the deployer unless told otherwise."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._loop = asyncio.new_event_loop()
        self._http = httpx.AsyncClient(transport=transport(emulator), base_url=BASE, timeout=60)
        self.token: str | None = None

    def __enter__(self) -> Self:
        self.token = str(self.sign_in().json()["access_token"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self._http.aclose())
        self._loop.close()

    def sign_in(self, tenant: str = TENANT_ID, **form: str) -> httpx.Response:
        """Ask for a token."""
        fields = {
            "client_id": DEPLOYER_CLIENT_ID,
            "client_secret": DEPLOYER_SECRET,
            "grant_type": "client_credentials",
            "scope": f"{BASE}/.default",
            **form,
        }
        sent = {name: value for name, value in fields.items() if value}
        return self.send("POST", f"{BASE}/{tenant}/oauth2/v2.0/token", data=sent)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request; a path without a version is one of v1.0."""
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("authorization", f"Bearer {self.token}")
        whole = ("/v1.0", "/beta", "/_emulator", "https://", "/metadata", "/common")
        url = path if path.startswith(whole) else f"/v1.0{path}"
        return self._loop.run_until_complete(self._http.request(method, url, headers=headers, **options))

    def get(self, path: str, **headers: str) -> Any:
        """GET what has to be there."""
        answer = self.send("GET", path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        """POST what has to work."""
        answer = self.send("POST", path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def status(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Return the status of a request and its error code, if any."""
        options = {} if body is None else {"json": body}
        answer = self.send(method, path, headers=headers, **options)
        error = answer.json().get("error", "") if answer.content else ""
        return answer.status_code, error["code"] if isinstance(error, dict) else str(error)

    def application(self, name: str = "An app", **values: Any) -> Any:
        """Create an application."""
        return self.post("/applications", {"displayName": name, "signInAudience": "AzureADMyOrg", **values})

    def principal(self, name: str = "An app", **values: Any) -> Any:
        """Create an application and its service principal."""
        return self.post("/servicePrincipals", {"appId": self.application(name, **values)["appId"]})

    def api(self, name: str = "Microsoft Graph") -> Any:
        """Return the service principal of an API."""
        return self.get(f"/servicePrincipals?$filter=displayName eq '{name}'")["value"][0]
