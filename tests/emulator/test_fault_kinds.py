"""Each kind of fault: what it does to whom, and that it can be had again by its seed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from lockstep.emulator import Clock, Emulator
from lockstep.emulator.faults.kind import RequestFacts
from lockstep.emulator.faults.plan import FaultPlan, Latency
from lockstep.emulator.faults.reading import read_plan
from lockstep.emulator.faults.throttling import cost
from tests.emulator.client import BASE, Client
from tests.emulator.doors import in_process, transport

Statuses = list[int]


@pytest.fixture
def slow() -> Iterator[Client]:
    """The deployer, over an emulator whose clock moves only when somebody waits."""
    with Emulator.open(clock=Clock(lambda: 1.7e9, stopped=True)) as emulator, Client(emulator) as client:
        yield client


def set_faults(client: Client, **plan: Any) -> None:
    client.emulator.faults.replace({"stopped_clock": True, **plan})


def grant(client: Client, name: str = "A client", scope: str = "User.Read") -> tuple[str, str]:
    """Consent a new client to a scope of Graph; return the client's and the grant's id."""
    principal = client.principal(name)["id"]
    body = {"clientId": principal, "consentType": "AllPrincipals", "resourceId": client.api()["id"], "scope": scope}
    return principal, client.post("/oauth2PermissionGrants", body)["id"]


# Throttling


@pytest.mark.parametrize(
    ("method", "path", "query", "units"),
    [
        ("GET", "/v1.0/applications", "", 2),
        ("GET", "/v1.0/applications/x", "", 2),
        ("GET", "/v1.0/servicePrincipals/x", "", 1),
        ("GET", "/v1.0/servicePrincipals/x/appRoleAssignments", "", 2),
        ("GET", "/v1.0/oauth2PermissionGrants", "$filter=clientId%20eq%20'x'", 2),
        ("GET", "/v1.0/oauth2PermissionGrants", "$select=id", 1),
        ("GET", "/v1.0/applications", "$select=id&$top=5", 1),
        ("GET", "/v1.0/applications", "$top=5", 1),
        ("GET", "/v1.0/applications", "$top=999", 2),
        ("GET", "/v1.0/applications", "$expand=owners", 3),
        ("POST", "/v1.0/applications", "", 1),
    ],
)
def test_cost_of_a_request_in_resource_units(method: str, path: str, query: str, units: int) -> None:
    assert cost(RequestFacts(method, path, query)) == units


def test_units_run_out_and_come_back_when_the_window_ends(slow: Client) -> None:
    set_faults(slow, throttling={"units": 5, "per": 10})
    answers = [slow.send("GET", "/servicePrincipals?$top=1") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert [answer.headers["x-ms-resource-unit"] for answer in answers] == ["1"] * 5
    shares = [answer.headers.get("x-ms-throttle-limit-percentage") for answer in answers]
    assert shares == [None, None, None, "0.80", "1.00"]
    refused = slow.send("GET", "/servicePrincipals?$top=1")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    assert refused.json()["error"]["code"] == "TooManyRequests"
    scope = refused.headers["x-ms-throttle-scope"].split("/")
    assert scope[:2] == ["Tenant_Application", "ReadWrite"]
    assert refused.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    slow.emulator.clock.advance(10)
    assert slow.status("GET", "/servicePrincipals?$top=1") == (200, "")


def test_writes_have_a_limit_of_their_own(slow: Client) -> None:
    set_faults(slow, throttling={"writes": 2, "writes_per": 150})
    body = {"displayName": "An app"}
    assert [slow.status("POST", "/applications", body)[0] for _ in range(3)] == [201, 201, 429]
    refused = slow.send("POST", "/applications", json=body)
    assert refused.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert slow.status("GET", "/domains") == (200, "")


def test_who_waits_as_asked_is_served_and_who_does_not_waits_longer(slow: Client) -> None:
    def wait_after(pauses: list[float]) -> list[int]:
        slow.emulator.clock.advance(1000)
        set_faults(slow, throttling={"units": 1, "per": 10, "penalty": 10})
        numbers = [slow.send("GET", "/domains").status_code]
        for pause in pauses:
            answer = slow.send("GET", "/domains")
            numbers.append(int(answer.headers.get("retry-after", 0)))
            slow.emulator.clock.advance(pause)
        return [*numbers, slow.send("GET", "/domains").status_code]

    assert wait_after([10]) == [200, 10, 200]
    assert wait_after([3, 3, 3]) == [200, 10, 17, 24, 429]
    assert wait_after([0.1, 10]) == [200, 10, 10, 200], "what was under way when the answer came costs nothing"


def test_each_step_of_a_batch_is_charged_alone_and_the_batch_is_not(slow: Client) -> None:
    set_faults(slow, throttling={"units": 2})
    steps = [{"id": str(number), "method": "GET", "url": "/domains"} for number in range(3)]
    answer = slow.send("POST", "/$batch", json={"requests": steps})
    assert answer.status_code == 200
    assert [step["status"] for step in answer.json()["responses"]] == [200, 200, 429]
    assert answer.json()["responses"][2]["headers"]["Retry-After"] == "10"


def test_sign_in_is_not_throttled(slow: Client) -> None:
    set_faults(slow, throttling={"units": 1})
    slow.get("/domains")
    assert slow.sign_in().status_code == 200


# Errors and connections


def statuses(client: Client, count: int = 60) -> Statuses:
    return [client.send("GET", "/domains").status_code for _ in range(count)]


def test_errors_come_in_their_share_and_again_by_the_same_seed(slow: Client) -> None:
    runs = {}
    for seed in (1, 2):
        set_faults(slow, seed=seed, errors={"share": 0.3})
        runs[seed] = statuses(slow)
    set_faults(slow, seed=1, errors={"share": 0.3})
    assert statuses(slow) == runs[1] != runs[2]
    assert 5 < sum(status != 200 for status in runs[1]) < 35
    assert set(runs[1]) == {200, 500, 502, 503, 504}


@pytest.mark.parametrize(("done", "created"), [(0.0, False), (1.0, True)])
def test_error_before_the_work_or_after_it(slow: Client, done: float, created: bool) -> None:
    set_faults(slow, errors={"share": 1, "done": done, "statuses": [502]})
    assert slow.status("POST", "/applications", {"displayName": "An app"}) == (502, "BadGateway")
    assert any(app["displayName"] == "An app" for app in slow.emulator.snapshot()["applications"]) is created
    assert list(slow.emulator.log)[-1]["fault"] == "errors"


@pytest.mark.parametrize(("done", "created"), [(0.0, False), (1.0, True)])
def test_connection_lost_before_the_work_or_in_the_middle_of_the_answer(
    slow: Client, done: float, created: bool
) -> None:
    set_faults(slow, connections={"share": 1, "done": done})
    with pytest.raises(httpx.RemoteProtocolError):
        slow.send("POST", "/applications", json={"displayName": "An app"})
    assert any(app["displayName"] == "An app" for app in slow.emulator.snapshot()["applications"]) is created
    entry = list(slow.emulator.log)[-1]
    assert (entry["status"], entry["fault"]) == (0, "connections")


# Replication and absence


def test_what_was_made_is_there_and_not_there_until_it_settles(slow: Client) -> None:
    set_faults(slow, seed=3, replication={"delay": [5, 5]})
    ident = slow.application("Late")["id"]
    statuses = [slow.status("GET", f"/applications/{ident}")[0] for _ in range(30)]
    assert set(statuses) == {200, 404}
    assert [404, 200, 404] in [statuses[place : place + 3] for place in range(28)], "it went back and forth"
    slow.emulator.clock.advance(5)
    assert {slow.status("GET", f"/applications/{ident}")[0] for _ in range(30)} == {200}


def test_change_and_deletion_are_seen_late_too(slow: Client) -> None:
    client, ident = grant(slow)
    other = slow.application("Going")["id"]
    set_faults(slow, replication={"delay": [5, 5]})
    slow.send("PATCH", f"/oauth2PermissionGrants/{ident}", json={"scope": "Mail.Read"})
    slow.send("DELETE", f"/applications/{other}")
    where = f"/oauth2PermissionGrants?$filter=clientId eq '{client}'"
    scopes = {slow.get(where)["value"][0]["scope"] for _ in range(30)}
    assert scopes == {"User.Read", "Mail.Read"}
    assert {slow.status("GET", f"/applications/{other}")[0] for _ in range(30)} == {200, 404}
    slow.emulator.clock.advance(5)
    assert {slow.get(where)["value"][0]["scope"] for _ in range(9)} == {"Mail.Read"}
    assert {slow.status("GET", f"/applications/{other}")[0] for _ in range(9)} == {404}


def test_write_that_names_a_new_object_is_refused_as_if_it_were_unknown(slow: Client) -> None:
    app_id = slow.application("Late")["appId"]
    set_faults(slow, replication={"delay": [5, 5], "stale": 1.0})
    other = slow.application("Later")
    before = slow.emulator.snapshot()
    assert slow.status("POST", "/servicePrincipals", {"appId": other["appId"]})[0] == 400
    assert slow.status("PATCH", f"/applications/{other['id']}", {"notes": "x"})[0] == 404
    assert slow.emulator.snapshot() == before
    assert slow.status("POST", "/servicePrincipals", {"appId": app_id})[0] == 201
    slow.emulator.clock.advance(5)
    assert slow.status("POST", "/servicePrincipals", {"appId": other["appId"]})[0] == 201


def test_replication_can_be_kept_from_ids_and_writes(slow: Client) -> None:
    set_faults(slow, replication={"delay": [5, 5], "stale": 1.0, "by_id": False, "writes": False})
    app = slow.application("Late")
    assert slow.status("GET", f"/applications/{app['id']}")[0] == 200
    assert slow.get(f"/applications?$filter=appId eq '{app['appId']}'")["value"] == []
    assert slow.status("POST", "/servicePrincipals", {"appId": app["appId"]})[0] == 201


def test_stale_reads_leave_the_tenant_and_its_order_alone(slow: Client) -> None:
    for number in range(5):
        slow.application(f"App {number}")
    idents = [app["id"] for app in slow.get("/applications")["value"]]
    set_faults(slow, replication={"delay": [60, 60]})
    for ident in idents[1:4]:
        slow.send("PATCH", f"/applications/{ident}", json={"notes": "changed"})
    slow.send("DELETE", f"/applications/{idents[2]}")
    kept = slow.emulator.snapshot()
    for _ in range(20):
        slow.get("/applications")
    assert slow.emulator.snapshot() == kept
    slow.emulator.clock.advance(60)
    assert [app["id"] for app in slow.get("/applications")["value"]] == [i for i in idents if i != idents[2]]


def test_one_stale_not_found_for_a_thing_that_is_there(slow: Client) -> None:
    principal, _grant = grant(slow)
    set_faults(slow, absent={"share": 1.0})
    where = f"/oauth2PermissionGrants?$filter=clientId eq '{principal}'"
    assert [len(slow.get(where)["value"]) for _ in range(3)] == [0, 1, 1]
    assert [slow.status("GET", f"/servicePrincipals/{principal}")[0] for _ in range(3)] == [200, 200, 200]
    api = slow.emulator.tenant.principals.find("00000003-0000-0000-c000-000000000000", "appId")
    assert api is not None
    assert [slow.status("GET", f"/servicePrincipals(appId='{api['appId']}')")[0] for _ in range(3)] == [404, 200, 200]


# Conflicts


async def _both(emulator: Emulator, token: str, requests: list[tuple[str, str, Any]]) -> Statuses:
    async with httpx.AsyncClient(transport=transport(emulator), base_url=f"{BASE}/v1.0/", timeout=60) as http:
        headers = {"authorization": f"Bearer {token}"}
        tasks = [http.request(method, path, json=body, headers=headers) for method, path, body in requests]
        return [answer.status_code for answer in await asyncio.gather(*tasks)]


@in_process("over TLS the handshakes decide whether two requests overlap")
def test_parallel_writes_to_one_principal_conflict_and_one_after_the_other_do_not(slow: Client) -> None:
    one, other = slow.principal("One")["id"], slow.principal("Other")["id"]
    set_faults(slow, latency=0.05, conflicts={})
    patches = [("PATCH", f"servicePrincipals/{ident}", {"notes": "x"}) for ident in (one, one, other)]
    assert slow.token is not None
    first, second, elsewhere = asyncio.run(_both(slow.emulator, slow.token, patches))
    assert sorted((first, second)) == [204, 409]
    assert elsewhere == 204
    assert [slow.status("PATCH", f"/servicePrincipals/{one}", {"notes": "x"})[0] for _ in range(2)] == [204, 204]
    reads = [("GET", f"servicePrincipals/{one}", None)] * 2
    assert asyncio.run(_both(slow.emulator, slow.token, reads)) == [200, 200]


def test_steps_of_a_batch_conflict_unless_each_waits_for_the_one_before(slow: Client) -> None:
    principal, resource = slow.principal("Client")["id"], slow.api()
    set_faults(slow, conflicts={})

    def batch(*, chained: bool, roles: list[str]) -> Statuses:
        url = f"/servicePrincipals/{principal}/appRoleAssignments"
        steps: list[dict[str, Any]] = [
            {
                "id": str(number),
                "method": "POST",
                "url": url,
                "headers": {"Content-Type": "application/json"},
                "body": {"principalId": principal, "resourceId": resource["id"], "appRoleId": role},
                **({"dependsOn": [str(number - 1)]} if chained and number else {}),
            }
            for number, role in enumerate(roles)
        ]
        return [step["status"] for step in slow.post("/$batch", {"requests": steps})["responses"]]

    roles = [role["id"] for role in resource["appRoles"][:6]]
    assert batch(chained=True, roles=roles[:3]) == [201, 201, 201]
    assert batch(chained=False, roles=roles[3:]) == [201, 409, 409]


# Tokens, another writer, latency, clock


def test_token_ends_after_its_requests_and_a_new_one_works(slow: Client) -> None:
    set_faults(slow, tokens={"requests": 2})
    assert [slow.status("GET", "/domains") for _ in range(3)] == [
        (200, ""),
        (200, ""),
        (401, "InvalidAuthenticationToken"),
    ]
    slow.emulator.clock.advance(1)  # a token of the same second would be the same token
    slow.token = str(slow.sign_in().json()["access_token"])
    assert slow.status("GET", "/domains") == (200, "")


def test_token_with_a_shorter_life_says_so_and_ends(slow: Client) -> None:
    set_faults(slow, tokens={"lifetime": 60})
    slow.emulator.clock.advance(1)
    told = slow.sign_in().json()
    assert (told["expires_in"], told["ext_expires_in"]) == (60, 60)
    slow.token = told["access_token"]
    assert slow.status("GET", "/domains") == (200, "")
    slow.emulator.clock.advance(60)
    assert slow.status("GET", "/domains") == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(("when", "left"), [("before", "User.Read Mail.Read"), ("after", "User.Read Calendars.Read")])
def test_another_writer_edits_the_same_grant(slow: Client, when: str, left: str) -> None:
    _client, ident = grant(slow)
    set_faults(slow, writer={"when": when})
    slow.send("PATCH", f"/oauth2PermissionGrants/{ident}", json={"scope": "User.Read Mail.Read"})
    assert slow.get(f"/oauth2PermissionGrants/{ident}")["scope"] == left
    slow.send("PATCH", f"/oauth2PermissionGrants/{ident}", json={"scope": "User.Read"})
    assert slow.get(f"/oauth2PermissionGrants/{ident}")["scope"] == "User.Read", "once for each grant"


def test_latency_is_drawn_around_its_median(slow: Client) -> None:
    set_faults(slow, latency={"median": 0.1, "p99": 1.0})
    start = slow.emulator.clock()
    taken = []
    for _ in range(200):
        before = slow.emulator.clock()
        slow.get("/domains")
        taken.append(slow.emulator.clock() - before)
    assert 0.07 < sorted(taken)[100] < 0.14
    assert 0.5 < sorted(taken)[-1] < 5
    assert slow.emulator.clock() - start == pytest.approx(sum(taken))
    assert Latency(0.2, 0.2).draw(slow.emulator.faults._dice) == 0.2


def test_clock_over_http(slow: Client) -> None:
    now = slow.get("/_emulator/clock")["now"]
    assert slow.post("/_emulator/clock", {"advance": 90}) == {"now": now + 90, "stopped": True}
    assert slow.post("/_emulator/clock", {"stopped": False})["stopped"] is False
    wrong: object
    for wrong in ({"advance": -1}, {"advance": True}, {"advance": 1e99}, {"forward": 1}, [], {"stopped": 1}):
        assert slow.send("POST", "/_emulator/clock", json=wrong).status_code == 400
    slow.emulator.clock.stop()


def test_clock_goes_on_from_where_it_was_moved_to() -> None:
    machine = iter(range(1000, 2000))
    clock = Clock(lambda: next(machine))
    clock.advance(500)
    assert clock() == 1500
    clock.stop()
    stood = clock()
    assert clock() == stood
    asyncio.run(clock.sleep(7))
    assert clock() == stood + 7
    clock.go()
    assert stood + 7 <= clock() <= stood + 10
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


# Plans


def test_plan_comes_over_http_and_is_described_as_it_can_be_set_again(slow: Client) -> None:
    plan = {
        "seed": 7,
        "stopped_clock": True,
        "replication": {"delay": [1, 2]},
        "throttling": {"units": 100},
        "rules": [{"method": "GET", "path": "/v1.0/domains", "status": 500}],
    }
    assert slow.send("PUT", "/_emulator/faults", json=plan).status_code == 200
    described = slow.get("/_emulator/faults")
    assert read_plan(described) == read_plan({**plan, "latency": {}})
    assert slow.send("PUT", "/_emulator/faults", json=described).json() == described
    told = slow.send("PUT", "/_emulator/faults", json={"throttling": {"unit": 1}})
    assert told.status_code == 400
    assert "throttling.unit: there is no such field; allowed: units," in told.json()["error"]["message"]
    assert "did you mean 'units'?" in told.json()["error"]["message"]
    assert slow.get("/_emulator/faults") == described, "what was refused has changed nothing"


def test_clearing_ends_every_kind_and_lets_go_of_the_store(slow: Client) -> None:
    set_faults(slow, replication={}, absent={}, errors={"share": 1.0})
    slow.emulator.faults.clear()
    assert slow.emulator.tenant.store.watchers == []
    assert slow.emulator.faults.plan == FaultPlan(stopped_clock=True)
    assert statuses(slow, 5) == [200] * 5


@pytest.mark.entra(faults={"errors": {"share": 1.0, "statuses": [503]}})
def test_marker_sets_faults(entra: Emulator) -> None:
    with Client(entra) as client:
        assert client.status("GET", "/domains") == (503, "ServiceUnavailable")
