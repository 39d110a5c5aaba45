"""A claims challenge is read, tried where the sign-in can, and said in words where that is not enough."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

from lockstep.directory import AccessToken, BatchItem
from lockstep.directory.challenge import Challenge, challenge_of
from lockstep.emulator import Emulator
from lockstep.errors import SignInError
from tests.directory.entra import Entra, denied
from tests.directory.scripted import TENANT, Bench, Reply, Server, Tokens, jwt, refused, run
from tests.directory.test_sign_in import HOST, WITH_SECRET, sign_in
from tests.provider.harness import ADMIN_CONSENT, Provider, Tenant, exact_inputs, names_of

LOCATION = {"nbf": {"essential": True, "value": "1752041837"}, "xms_rp_ipaddr": {"value": "185.7.197.178"}}
REVOKED = {"nbf": {"essential": True, "value": "1752041837"}}
CONTEXT = {"acrs": {"essential": True, "value": "c25"}}
SAID = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: Location"


def header(demands: dict[str, Any], said: str = SAID) -> str:
    """Return WWW-Authenticate as Graph sends it: a challenge for bearer tokens, and one for another kind of token."""
    claims = base64.b64encode(json.dumps({"access_token": demands}).encode()).decode()
    return (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        f'client_id="00000003-0000-0000-c000-000000000000", error_description="{said}", error="insufficient_claims", '
        f'claims="{claims}", PoP realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    )


def challenging(demands: dict[str, Any], status: int = 401) -> Reply:
    return refused(status, "InvalidAuthenticationToken", SAID, WWW_Authenticate=header(demands))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_b9_a_challenge_is_answered_with_a_token_that_has_its_claims(method: str, status: int) -> None:
    bench = Bench(Server(challenging(LOCATION, status), Reply(200, {"id": "x"})))
    assert run(bench.graph.send(method, "/x")) == {"id": "x"}
    assert [json.loads(each.claims) for each in bench.tokens.challenges] == [{"access_token": LOCATION}]
    assert bench.server.calls[1].headers["authorization"] == f"Bearer {jwt(number=2)}"


def inner(demands: dict[str, Any] | None, *statuses: int) -> Reply:
    headers = {} if demands is None else {"WWW-Authenticate": header(demands)}
    entries = [
        {"id": str(index), "status": status, "headers": headers if status == 401 else {}, "body": {"id": "x"}}
        for index, status in enumerate(statuses)
    ]
    return Reply(200, {"responses": entries})


def test_b9_an_item_of_a_batch_that_is_challenged_is_sent_again_and_what_was_done_is_not() -> None:
    second = Reply(200, {"responses": [{"id": "1", "status": 204, "headers": {}, "body": None}]})
    bench = Bench(Server(inner(LOCATION, 204, 401), second))
    items = [BatchItem("DELETE", "/a"), BatchItem("DELETE", "/b")]
    answers = run(bench.graph.batch(items))
    assert [answer.status for answer in answers] == [204, 204]
    assert [request["url"] for request in bench.server.calls[1].body["requests"]] == ["/b"]
    assert len(bench.tokens.challenges) == 1
    assert bench.clock.slept == []


def test_b9_a_batch_that_may_be_sent_once_gets_the_token_and_leaves_the_rest_to_the_caller() -> None:
    bench = Bench(Server(inner(LOCATION, 204, 401)))
    answers = run(bench.graph.batch([BatchItem("DELETE", "/a"), BatchItem("DELETE", "/b")], once=True))
    assert [answer.status for answer in answers] == [204, 401]
    assert len(bench.tokens.challenges) == len(bench.server.calls) == 1


class NoToken(Tokens):
    async def token(self, *, fresh: bool = False, challenge: Challenge | None = None) -> AccessToken:
        if challenge is not None:
            raise SignInError("sign-in failed: AADSTS53003: blocked; to fix: ask")
        return await super().token(fresh=fresh)


@pytest.mark.parametrize("once", [False, True])
def test_b9_what_a_batch_did_before_its_challenge_is_not_forgotten_where_no_token_is_to_be_had(once: bool) -> None:
    bench = Bench(Server(inner(LOCATION, 201, 401)), tokens=NoToken())
    first, second = run(bench.graph.batch([BatchItem("POST", "/a"), BatchItem("POST", "/b")], once=once))
    assert first.ok
    assert str(second.error()) == "sign-in failed: AADSTS53003: blocked; to fix: ask"


def test_b9_the_provider_goes_on_after_a_challenge_in_the_middle_of_its_writes() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        inputs = exact_inputs("provisioning", principal)
        rule = provider.emulator.faults.add(
            method="POST",
            path=f"/v1.0/servicePrincipals/{principal['id']}/appRoleAssignments",
            status=401,
            code="InvalidAuthenticationToken",
            headers={"WWW-Authenticate": header(LOCATION)},
            skip=1,
        )
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        assert rule.times == 0
        assert await tenant.consents(principal["id"]) == names_of(inputs["permissions"])
        assert len(consent.outputs["added"]) == len(names_of(inputs["permissions"]))

    emulator = Emulator.open(profile="fresh")
    asyncio.run(scenario(Provider(emulator), Tenant(emulator)))


@pytest.mark.parametrize(
    ("demands", "problem", "fix"),
    [
        (
            LOCATION,
            "a location policy does not hold for the address that Graph sees (185.7.197.178)",
            "location policy",
        ),
        (REVOKED, "wants one issued after 2025-07-09 06:17 UTC", "sign in again"),
        (CONTEXT, "it wants the authentication context c25", "which Conditional Access policy"),
        ({"polids": {"essential": True, "values": ["p1", "p2"]}}, "the policies are p1, p2", "sign in again"),
        ({"deviceid": {"essential": True}}, "it wants deviceid", "sign in again"),
        ({}, "it wants what it does not name", "sign in again"),
    ],
)
def test_b9_a_challenge_that_stays_says_which_policy_it_is(demands: dict[str, Any], problem: str, fix: str) -> None:
    single = Bench(Server(challenging(demands), repeat=True))
    with pytest.raises(SignInError) as caught:
        run(single.graph.get("/x"))
    batch = Bench(Server(inner(demands, 401), repeat=True))
    (answer,) = run(batch.graph.batch([BatchItem("GET", "/x")]))
    for text in (str(caught.value), str(answer.error())):
        said, _, advice = text.partition("; to fix: ")
        assert problem in said
        assert SAID in said
        assert fix in advice
        assert "this cloud" not in advice
    assert len(single.server.calls) == len(batch.server.calls) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        'Bearer realm=""',
        'Bearer error="insufficient_claims", claims=""',
        'Bearer claims="%%%"',
        'Bearer claims="' + base64.b64encode(b"no json").decode() + '"',
        'Bearer claims="' + base64.b64encode(b"[1]").decode() + '"',
        'Bearer claims="' + base64.b64encode(b"\xff\xfe").decode() + '"',
    ],
)
def test_b9_what_is_no_challenge_gets_one_fresh_token_as_before(text: str) -> None:
    assert challenge_of(401, {"www-authenticate": text}) is None
    bench = Bench(
        Server(refused(401, "InvalidAuthenticationToken", "x", WWW_Authenticate=text), Reply(200, {"id": "x"}))
    )
    assert run(bench.graph.get("/x")) == {"id": "x"}
    assert bench.tokens.challenges == []


@pytest.mark.parametrize("shape", ['{"access_token": 5}', '{"access_token": {"nbf": {"value": "1e999"}}}', '{"x": []}'])
def test_b9_a_challenge_of_an_odd_shape_still_gives_one_line(shape: str) -> None:
    text = f'Bearer claims="{base64.urlsafe_b64encode(shape.encode()).decode().rstrip("=")}"'
    challenge = challenge_of(401, {"WWW-Authenticate": text})
    assert challenge is not None
    assert "\n" not in challenge.words


def challenged(entra: Entra) -> Entra:
    """Have the first answer of Graph be a challenge."""
    entra.graph_answers.append(
        JSONResponse(
            {"error": {"code": "InvalidAuthenticationToken", "message": SAID}},
            401,
            {"WWW-Authenticate": header(LOCATION)},
        )
    )
    return entra


def test_b9_a_secret_signs_in_again_with_the_claims_and_says_that_it_understands_challenges() -> None:
    entra = challenged(Entra())
    assert sign_in(WITH_SECRET, entra) == {"authorization": f"Bearer {jwt(number=2)}"}
    first, second = entra.forms
    assert "claims" not in first
    asked = json.loads(second["claims"])["access_token"]
    assert asked["xms_rp_ipaddr"] == LOCATION["xms_rp_ipaddr"]
    assert asked["xms_cc"] == {"values": ["CP1"]}


def test_b9_a_sign_in_that_the_policy_refuses_with_the_claims_says_its_code() -> None:
    entra = challenged(Entra())
    entra.answers_to_claims.append(denied("AADSTS53003", "Access has been blocked by Conditional Access policies."))
    with pytest.raises(SignInError, match=r"AADSTS53003: .*; to fix: ask the tenant's administrator"):
        sign_in(WITH_SECRET, entra)


def test_b9_the_azure_cli_cannot_answer_a_challenge_and_the_command_that_can_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = tmp_path / "az"
    cli.write_text(f'#!/bin/sh\necho \'{{"accessToken": "{jwt()}", "expires_on": 4000000000}}\'\n')
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(SignInError) as caught:
        sign_in(HOST, challenged(Entra()))
    problem, _, fix = str(caught.value).partition("; to fix: ")
    assert "a location policy does not hold for the address that Graph sees (185.7.197.178)" in problem
    encoded = fix.split("--claims-challenge ")[1].split("`")[0]
    assert json.loads(base64.b64decode(encoded)) == {"access_token": LOCATION}
    assert f"az login --tenant {TENANT}" in fix
