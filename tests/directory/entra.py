"""A small Entra for sign-in: metadata, OpenID discovery, token endpoint and one Graph path, with real checks.

An ASGI application. `seen` holds every request; `answers` replace the token endpoint's, `graph_answers` Graph's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.directory.scripted import CLIENT, TENANT, jwt

SECRET = "the-right-secret"
ID_TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqb2IifQ.c2ln"


@dataclass
class Entra:
    """The server's state: its own origin, who may sign in, and what it saw."""

    origin: str = "https://entra.test"
    token_tenant: str = TENANT
    lifetime: int = 3600
    answers: list[Response] = field(default_factory=list)
    answers_to_claims: list[Response] = field(default_factory=list)
    graph_answers: list[Response] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    numbers: int = 0
    unknown_tenant: bool = False
    discovery_code: str = "AADSTS90002"

    @property
    def app(self) -> Starlette:
        routes = [
            Route("/metadata/endpoints", self._metadata),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._discovery),
            Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
            Route("/v1.0/organization", self._organization),
            Route("/github", self._github),
            Route("/pipeline", self._pipeline, methods=["POST"]),
            Route("/msi", self._machine),
        ]
        return Starlette(routes=routes)

    def _note(self, request: Request) -> None:
        self.seen.append((request.method, request.url.path))

    async def _metadata(self, request: Request) -> Response:
        self._note(request)
        return JSONResponse(
            {
                "name": "AzureCloud",
                "resourceManager": self.origin,
                "microsoftGraphResourceId": f"{self.origin}/",
                "authentication": {"loginEndpoint": f"{self.origin}/", "tenant": "common", "identityProvider": "AAD"},
            }
        )

    async def _discovery(self, request: Request) -> Response:
        self._note(request)
        if self.unknown_tenant:
            return denied(self.discovery_code, f"Tenant '{request.path_params['tenant']}' not found.", 400)
        base = f"{self.origin}/{request.path_params['tenant']}"
        return JSONResponse(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        )

    async def _token(self, request: Request) -> Response:
        self._note(request)
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        self.forms.append(form)
        if self.answers:
            return self.answers.pop(0)
        if "claims" in form and self.answers_to_claims:
            return self.answers_to_claims.pop(0)
        if form["client_id"] != CLIENT or ("client_assertion" not in form and form.get("client_secret") != SECRET):
            return denied("AADSTS7000215", f"Invalid client secret provided ({form.get('client_secret')}).")
        return JSONResponse(self._grant())

    def _grant(self) -> dict[str, Any]:
        self.numbers += 1
        token = jwt(tenant=self.token_tenant, number=self.numbers)
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}

    async def _organization(self, request: Request) -> Response:
        self._note(request)
        if self.graph_answers:
            return self.graph_answers.pop(0)
        return JSONResponse({"authorization": request.headers.get("authorization", "")})

    async def _github(self, request: Request) -> Response:
        self._note(request)
        assert request.headers["authorization"] == "Bearer job-token"
        assert dict(request.query_params) == {"api": "1", "audience": "api://AzureADTokenExchange"}
        return JSONResponse({"value": ID_TOKEN})

    async def _pipeline(self, request: Request) -> Response:
        self._note(request)
        assert request.query_params["serviceConnectionId"] == "connection"
        assert request.query_params["audience"] == "api://AzureADTokenExchange"
        return JSONResponse({"oidcToken": ID_TOKEN})

    async def _machine(self, request: Request) -> Response:
        self._note(request)
        assert request.headers["metadata"] == "true"
        assert request.query_params["resource"] == self.origin
        return JSONResponse({**self._grant(), "expires_in": str(self.lifetime), "expires_on": str(int(time.time()))})


def denied(code: str, text: str, status: int = 401) -> Response:
    """Return an answer of the token endpoint that refuses, in Entra's shape."""
    tail = "Trace ID: 1 Correlation ID: 2 Timestamp: 2026-07-01 10:00:00Z"
    return JSONResponse({"error": "invalid_client", "error_description": f"{code}: {text} {tail}"}, status)
