"""Load on the emulator: many clients that create, consent and read back, and single requests in a large tenant.

Over TLS with real sockets, each client a thread. Figures are printed, and looked at; what is wrong is listed.
"""

from __future__ import annotations

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, Emulator
from lockstep.emulator.testing import running

PRINCIPALS, CLIENTS = 1000, 16
LARGE, GRANTS_EACH = 10_000, 10
_SCOPE = "User.Read"


@dataclass
class Figures:
    """Seconds of each request, sorted, and what was not as it had to be."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    wall: float = 0.0

    def line(self) -> str:
        """Return the figures as one line."""
        taken = sorted(self.seconds)
        p99 = taken[int(len(taken) * 0.99)] * 1000
        rate = len(taken) / self.wall if self.wall else 0.0
        return (
            f"{len(taken)} requests, {rate:.0f} a second, median {median(taken) * 1000:.1f} ms, "
            f"p99 {p99:.1f} ms, {len(self.wrong)} errors or lost writes"
        )


def create_and_consent(url: str, ca: str, *, principals: int, clients: int) -> Figures:
    """Create principals, consent each to a scope and a role of Graph, and read all of it back, with many clients."""
    figures, trust = Figures(), ssl.create_default_context(cafile=ca)
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        parts = [range(number, principals, clients) for number in range(clients)]
        for seconds, wrong in pool.map(lambda part: _client(url, trust, part), parts):
            figures.seconds += seconds
            figures.wrong += wrong
    figures.wall = time.perf_counter() - begun
    return figures


def _client(url: str, trust: ssl.SSLContext, numbers: range) -> tuple[list[float], list[str]]:
    seconds: list[float] = []
    wrong: list[str] = []
    with httpx.Client(base_url=f"{url}/v1.0", verify=trust, timeout=60, trust_env=False) as http:
        http.headers["authorization"] = f"Bearer {_token(http, url)}"

        def ask(method: str, path: str, status: int, body: Any = None) -> Any:
            begun = time.perf_counter()
            answer = http.request(method, path, json=body)
            seconds.append(time.perf_counter() - begun)
            if answer.status_code != status:
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
                return {}
            return answer.json()

        graph = ask("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id,appRoles", 200)
        roles = [role["id"] for role in graph["appRoles"] if role["isEnabled"]]
        for number in numbers:
            app = ask("POST", "/applications", 201, {"displayName": f"Load {number}"})
            client = ask("POST", "/servicePrincipals", 201, {"appId": app.get("appId")}).get("id")
            consent = {"clientId": client, "consentType": "AllPrincipals", "resourceId": graph["id"], "scope": _SCOPE}
            ask("POST", "/oauth2PermissionGrants", 201, consent)
            role = roles[number % len(roles)]
            assignment = {"principalId": client, "resourceId": graph["id"], "appRoleId": role}
            ask("POST", f"/servicePrincipals/{client}/appRoleAssignments", 201, assignment)
            grants = ask("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{client}'", 200).get("value", [])
            held = ask("GET", f"/servicePrincipals/{client}/appRoleAssignments", 200).get("value", [])
            if [grant["scope"] for grant in grants] != [_SCOPE] or [row["appRoleId"] for row in held] != [role]:
                wrong.append(f"Load {number}: {grants} {held}")
    return seconds, wrong


def _token(http: httpx.Client, url: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": DEPLOYER_CLIENT_ID,
        "client_secret": DEPLOYER_SECRET,
        "scope": f"{url}/.default",
    }
    return str(http.post(f"{url}/{TENANT_ID}/oauth2/v2.0/token", data=form).json()["access_token"])


def fill(emulator: Emulator, principals: int, grants_each: int) -> list[str]:
    """Fill a tenant with principals and grants; return the principals' ids."""
    tenant, filled = emulator.tenant, []
    resources = list(tenant.store["servicePrincipals"].rows)[:3]
    with tenant.store.transaction():
        while len(resources) < grants_each:
            api = tenant.applications.create({"displayName": f"API {len(resources)}"})
            resources.append(tenant.principals.create({"appId": api["appId"]})["id"])
        for number in range(principals):
            app = tenant.applications.create({"displayName": f"App {number}"})
            filled.append(tenant.principals.create({"appId": app["appId"]})["id"])
            for resource in resources[:grants_each]:
                tenant.grants.consent(filled[-1], resource, _SCOPE)
    return filled


def large_tenant(
    folder: Path, *, principals: int = LARGE, grants_each: int = GRANTS_EACH, rounds: int = 200
) -> Figures:
    """Measure single requests in a large tenant, reads and writes, one after the other over one connection."""
    figures = Figures()
    with running(folder / "large.sqlite") as server:
        idents = fill(server.emulator, principals, grants_each)
        trust = ssl.create_default_context(cafile=server.ca)
        with httpx.Client(base_url=f"{server.url}/v1.0", verify=trust, timeout=60, trust_env=False) as http:
            http.headers["authorization"] = f"Bearer {_token(http, server.url)}"
            begun = time.perf_counter()
            for number in range(rounds):
                ident = idents[number * 37 % len(idents)]
                grants = f"/oauth2PermissionGrants?$filter=clientId eq '{ident}'"
                for path in (
                    f"/servicePrincipals/{ident}",
                    f"/servicePrincipals?$filter=displayName eq 'App {number}'",
                    grants,
                    f"/servicePrincipals/{ident}/appRoleAssignments",
                    "/applications?$top=20",
                ):
                    _timed(http, figures, "GET", path, 200)
                grant = http.get(grants).json()["value"][0]["id"]
                _timed(
                    http, figures, "PATCH", f"/oauth2PermissionGrants/{grant}", 204, {"scope": f"{_SCOPE} Mail.Read"}
                )
                _timed(http, figures, "POST", "/applications", 201, {"displayName": f"New {number}"})
            figures.wall = time.perf_counter() - begun
    return figures


def _timed(http: httpx.Client, figures: Figures, method: str, path: str, status: int, body: Any = None) -> None:
    begun = time.perf_counter()
    answer = http.request(method, path, json=body)
    figures.seconds.append(time.perf_counter() - begun)
    if answer.status_code != status:
        figures.wrong.append(f"{method} {path}: {answer.status_code}")


def measure(folder: Path) -> list[str]:
    """Return the lines of both measurements; a restart in between has to keep everything."""
    with running(folder / "load.sqlite") as server:
        many = create_and_consent(server.url, server.ca, principals=PRINCIPALS, clients=CLIENTS)
        before = server.emulator.snapshot()
    with Emulator.open(folder / "load.sqlite") as again:
        kept = "kept everything" if again.snapshot() == before else "LOST SOMETHING"
    large = large_tenant(folder)
    return [
        f"emulator, {PRINCIPALS} principals created, consented and read back by {CLIENTS} clients: {many.line()}; "
        f"a restart {kept}",
        f"emulator, single requests with {LARGE} principals and {LARGE * GRANTS_EACH} grants: {large.line()}",
    ]
