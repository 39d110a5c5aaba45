"""Bad input: whatever is sent, the answer is one of Graph's, never a 500 and never a traceback.

LOCKSTEP_SOAK=1 (`make soak`) tries many times as much. Each test prints how much it tried; pytest -s shows it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from lockstep.emulator import DEPLOYER_CLIENT_ID, Emulator
from lockstep.emulator.routes import GRAPH
from tests.emulator.client import Client
from tests.emulator.openapi import openapi

TIMES = 40 if os.environ.get("LOCKSTEP_SOAK") == "1" else 1
QUIET: dict[str, Any] = {
    "deadline": None,
    "derandomize": TIMES == 1,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate),
    "database": None,
}

# The plugin takes a second to load, which only this module needs (see pyproject.toml).
pytest_plugins = ("schemathesis.pytest.plugin",)
SCHEMA = schemathesis.openapi.from_dict(openapi())
SEEN: Counter[int] = Counter()


@pytest.fixture(scope="module")
def graph() -> Any:
    """One tenant for all of it: what one input has spoilt, another may meet."""
    with Emulator.open(profile="both-spfx") as emulator, Client(emulator) as client:
        client.principal("A victim")
        yield client
        print(f"\n{sum(SEEN.values())} requests: {dict(sorted(SEEN.items()))}")


def check(client: Client, method: str, path: str, **options: Any) -> None:
    """Send it, and hold the answer to what every answer of Graph is."""
    answer = client.send(method, path, **options)
    SEEN[answer.status_code] += 1
    assert answer.status_code < 500 or answer.status_code == 501, (method, path, options, answer.text)
    assert "Traceback" not in answer.text
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert error["code"]
        assert isinstance(error["message"], str)


def test_document_has_every_operation() -> None:
    document = openapi()
    operations = {(method.upper(), path) for path, entry in document["paths"].items() for method in entry}
    assert operations == {(route.method, f"/v1.0{route.template}") for route in GRAPH}


@SCHEMA.parametrize()
@settings(max_examples=2 * TIMES, **{**QUIET, "phases": (Phase.explicit, Phase.generate)[TIMES == 1 :]})
def test_every_operation_of_our_own_openapi(case: Any, graph: Client) -> None:
    path = case.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace("{" + name + "}", quote(str(value), safe=""))
    options: dict[str, Any] = {"params": {str(k): str(v) for k, v in (case.query or {}).items()}}
    if case.body is not None and not isinstance(case.body, type(schemathesis)) and case.method in ("POST", "PATCH"):
        try:
            options["content"] = json.dumps(case.body)
        except (TypeError, ValueError):
            options["content"] = repr(case.body)
        options["headers"] = {"content-type": "application/json"}
    check(graph, case.method, path, **options)


WORDS = st.sampled_from(
    ["displayName", "appId", "tags", "tags/any(t:", "identifierUris/any(u:u", "eq", "ne", "in", "and", "or", "not", "(",
     ")", ",", "'", "''", "'a'", "null", "true", "startsWith(", "endsWith(", "contains(", "2025-01-01T00:00:00Z", "-1",
     "11111111-1111-4111-8111-111111111111", "t eq 'x'", "/", "$it", "owners/any", "createdDateTime", "ge", "\x00", "é"]
)  # fmt: skip
FILTERS = st.one_of(st.lists(WORDS, max_size=9).map(" ".join), st.text(max_size=40))
PLACES = (
    "/applications",
    "/servicePrincipals",
    "/oauth2PermissionGrants",
    "/users",
    "/groups",
    "/auditLogs/directoryAudits",
)


@given(place=st.sampled_from(PLACES), text=FILTERS, eventual=st.booleans())
@example(place="/applications", text="(" * 500 + "displayName eq 'x'", eventual=False)
@example(place="/applications", text="not " * 500 + "displayName eq 'x'", eventual=True)
@settings(max_examples=150 * TIMES, **QUIET)
def test_filters(place: str, text: str, eventual: bool, graph: Client) -> None:
    headers = {"ConsistencyLevel": "eventual"} if eventual else {}
    check(graph, "GET", place, params={"$filter": text, "$count": "true"}, headers=headers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = """displayName appId api web spa appRoles requiredResourceAccess identifierUris tags scope clientId resourceId
principalId consentType appRoleId keyCredentials passwordCredentials owners@odata.bind @odata.id info ids types
signInAudience optionalClaims requests audiences issuer subject name passwordCredential keyId mailNickname
roleDefinitionId"""
NAMES = st.sampled_from(_NAMES.split())
BODIES = st.dictionaries(NAMES, JSON, max_size=5) | JSON
WRITES = [route for route in GRAPH if route.method in ("POST", "PATCH", "PUT")]


@given(route=st.sampled_from(WRITES), body=BODIES)
@settings(max_examples=200 * TIMES, **QUIET)
def test_json_bodies(route: Any, body: Any, graph: Client) -> None:
    victim = graph.get("/servicePrincipals?$filter=displayName eq 'A victim'")["value"]
    ident = victim[0]["id"] if victim else DEPLOYER_CLIENT_ID
    parts = [part if not part.startswith("{") else ident for part in route.template.split("/")]
    check(graph, route.method, "/".join(parts), json=body)


@given(raw=st.binary(max_size=60))
@example(raw=b"[" * 100_000)
@example(raw=b'{"a":' * 5_000)
@settings(max_examples=50 * TIMES, **QUIET)
def test_bodies_that_are_no_json(raw: bytes, graph: Client) -> None:
    check(graph, "POST", "/applications", content=raw, headers={"content-type": "application/json"})
    check(graph, "POST", "/$batch", content=raw, headers={"content-type": "application/json"})


@given(scope=st.text(max_size=80))
@example(scope="https://graph.microsoft.com/.default offline_access")
@example(scope="[/.default")
@settings(max_examples=60 * TIMES, **QUIET)
def test_scope_strings_of_a_sign_in(scope: str, graph: Client) -> None:
    answer = graph.sign_in(scope=scope.encode("utf-8", "replace").decode())
    SEEN[answer.status_code] += 1
    assert answer.status_code in (200, 400, 401), answer.text
    assert "Traceback" not in answer.text


@given(scope=JSON | st.text(max_size=60))
@settings(max_examples=50 * TIMES, **QUIET)
def test_scope_strings_of_a_grant(scope: Any, graph: Client) -> None:
    client, resource = graph.emulator.snapshot()["servicePrincipals"][:2]
    body = {"clientId": client["id"], "consentType": "AllPrincipals", "resourceId": resource["id"], "scope": scope}
    check(graph, "POST", "/oauth2PermissionGrants", json=body)
    for grant in graph.get(f"/oauth2PermissionGrants?$filter=clientId eq '{client['id']}'")["value"]:
        check(graph, "PATCH", f"/oauth2PermissionGrants/{grant['id']}", json={"scope": scope})


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["app", "principal", "grant", "role", "delete app", "delete principal", "look", "batch", "wait"]
        ),
        st.integers(0, 3),
    ),
    max_size=25,
)


@given(steps=STEPS, seed=st.integers(0, 1000))
@settings(max_examples=12 * TIMES, **QUIET)
def test_histories_seen_through_late_replicas(steps: list[tuple[str, int]], seed: int) -> None:
    """What a stale replica shows may hang together badly; the answers are still Graph's."""
    with Emulator.open() as emulator, Client(emulator) as graph:
        api = graph.api()
        plan = {"stopped_clock": True, "seed": seed, "replication": {"delay": [5, 60]}, "absent": {"times": 99}}
        emulator.faults.replace(plan)
        for what, number in steps:
            for method, path, body in _step(emulator, api, what, number):
                check(graph, method, path, **({} if body is None else {"json": body}))
            if what == "wait":
                emulator.clock.advance(10)


def _step(emulator: Emulator, api: Any, what: str, number: int) -> list[tuple[str, str, Any]]:
    snapshot = emulator.snapshot()
    apps, principals = snapshot["applications"], snapshot["servicePrincipals"]
    app, principal = apps[number % len(apps)], principals[number % len(principals)]
    ident = principal["id"]
    consent = {"clientId": ident, "consentType": "AllPrincipals", "resourceId": api["id"], "scope": "User.Read"}
    role = {"principalId": ident, "resourceId": api["id"], "appRoleId": api["appRoles"][number]["id"]}
    looks = ["/applications", f"/applications/{app['id']}/owners", f"/servicePrincipals/{ident}/owners",
             f"/servicePrincipals/{ident}/appRoleAssignments", f"/servicePrincipals/{ident}/appRoleAssignedTo",
             f"/oauth2PermissionGrants?$filter=clientId eq '{ident}'", f"/directoryObjects/{ident}",
             "/directory/deletedItems/microsoft.graph.application", "/auditLogs/directoryAudits"]  # fmt: skip
    steps: dict[str, list[tuple[str, str, Any]]] = {
        "app": [("POST", "/applications", {"displayName": f"App {number}"})],
        "principal": [("POST", "/servicePrincipals", {"appId": app["appId"]})],
        "grant": [("POST", "/oauth2PermissionGrants", consent)],
        "role": [("POST", f"/servicePrincipals/{ident}/appRoleAssignments", role)],
        "delete app": [("DELETE", f"/applications/{app['id']}", None)] if len(apps) > 1 and number else [],
        "delete principal": [("DELETE", f"/servicePrincipals/{ident}", None)] if ident != api["id"] and number else [],
        "look": [("GET", path, None) for path in looks],
        "wait": [],
    }
    inner = [{"id": str(place), "method": "GET", "url": path} for place, path in enumerate(looks)]
    return [("POST", "/$batch", {"requests": inner})] if what == "batch" else steps[what]
