"""Flexible federated identity credentials: an expression in place of a subject, in beta alone."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator.applications import expressions
from lockstep.emulator.exceptions import BadRequestError
from tests.emulator.client import Client

GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
ANY_BRANCH = {"languageVersion": 1, "value": "claims['sub'] matches 'repo:contoso/app:ref:refs/heads/*'"}
BOTH = "claims['sub'] eq 'a' and claims['job_workflow_ref'] matches 'b/*'"
FLEXIBLE = {"audiences": [AUDIENCE], "claimsMatchingExpression": ANY_BRANCH, "issuer": GITHUB, "name": "flexible"}


@pytest.fixture
def app(graph: Client) -> Any:
    principal = graph.principal("Pipeline")
    return graph.get(f"/applications(appId='{principal['appId']}')")


@pytest.mark.parametrize(
    ("version", "values", "status"),
    [
        ("beta", {}, 201),
        ("beta", {"subject": None}, 201),
        ("beta", {"subject": "x"}, 400),
        ("beta", {"claimsMatchingExpression": None}, 400),
        ("beta", {"claimsMatchingExpression": None, "subject": "x"}, 201),
        ("beta", {"claimsMatchingExpression": {"languageVersion": 2, "value": ANY_BRANCH["value"]}}, 400),
        ("beta", {"claimsMatchingExpression": {"value": ANY_BRANCH["value"]}}, 400),
        ("beta", {"claimsMatchingExpression": {"languageVersion": 1, "value": "claims.sub eq 'x'"}}, 400),
        ("beta", {"claimsMatchingExpression": {**ANY_BRANCH, "colour": "red"}}, 400),
        ("beta", {"claimsMatchingExpression": ANY_BRANCH["value"]}, 400),
        ("v1.0", {}, 400),
        ("v1.0", {"subject": "x"}, 400),
        ("v1.0", {"claimsMatchingExpression": None, "subject": "x"}, 400),
    ],
)
def test_e8_subject_and_expression_exclude_each_other_and_v1_knows_no_expression(
    graph: Client, app: Any, version: str, values: dict[str, Any], status: int
) -> None:
    path = f"/{version}/applications/{app['id']}/federatedIdentityCredentials"
    assert graph.send("POST", path, json={**FLEXIBLE, **values}).status_code == status


def test_e8_flexible_credential_is_read_changed_and_turned_into_an_ordinary_one(graph: Client, app: Any) -> None:
    path = f"/applications/{app['id']}/federatedIdentityCredentials"
    made = graph.post(f"/beta{path}", FLEXIBLE)
    assert (made["subject"], made["claimsMatchingExpression"]) == (None, ANY_BRANCH)
    stable = graph.get(f"{path}/{made['id']}")
    assert (stable["subject"], "claimsMatchingExpression" in stable) == (None, False)
    assert graph.status("GET", f"{path}?$select=claimsMatchingExpression") == (400, "BadRequest")
    assert graph.get(f"/beta{path}?$select=claimsMatchingExpression")["value"] == [
        {"claimsMatchingExpression": ANY_BRANCH}
    ]
    assert graph.status("PATCH", f"/beta{path}/{made['id']}", {"subject": "x"})[0] == 400
    ordinary = {"claimsMatchingExpression": None, "subject": "x"}
    assert graph.status("PATCH", f"/beta{path}/{made['id']}", ordinary) == (204, "")
    assert graph.get(f"{path}/{made['id']}")["subject"] == "x"


def test_e8_two_expressions_of_one_issuer_are_two_credentials(graph: Client, app: Any) -> None:
    path = f"/beta/applications/{app['id']}/federatedIdentityCredentials"
    graph.post(path, FLEXIBLE)
    other = {"languageVersion": 1, "value": "claims['sub'] eq 'repo:contoso/other:environment:production'"}
    graph.post(path, {**FLEXIBLE, "claimsMatchingExpression": other, "name": "other"})
    assert graph.status("POST", path, FLEXIBLE)[0] == 409


@pytest.mark.parametrize(
    ("subject", "signed_in"),
    [("repo:contoso/app:ref:refs/heads/main", True), ("repo:contoso/app:environment:production", False)],
)
def test_e8_pipeline_signs_in_as_far_as_the_expression_matches(
    graph: Client, app: Any, subject: str, signed_in: bool
) -> None:
    graph.post(f"/beta/applications/{app['id']}/federatedIdentityCredentials", FLEXIBLE)
    graph.emulator.trust_issuer(GITHUB)
    form = {
        "client_id": app["appId"],
        "client_secret": "",
        "client_assertion": graph.emulator.assertion(subject, issuer=GITHUB),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    answer = graph.sign_in(**form)
    assert (answer.status_code == 200) is signed_in
    if not signed_in:
        assert answer.json()["error_codes"] == [700213]


@pytest.mark.parametrize(
    ("value", "claims", "meant"),
    [
        ("claims['sub'] eq 'a*'", {"sub": "a*"}, True),
        ("claims['sub'] eq 'a*'", {"sub": "ab"}, False),
        ("claims['sub'] matches 'a?c'", {"sub": "abc"}, True),
        ("claims['sub'] matches 'a?c'", {"sub": "abbc"}, False),
        ("claims['sub'] matches 'a.c'", {"sub": "abc"}, False),
        ("claims['sub'] matches 'it''s *'", {"sub": "it's me"}, True),
        (BOTH, {"sub": "a", "job_workflow_ref": "b/c"}, True),
        (BOTH, {"sub": "a"}, False),
        ("claims['sub'] eq 'a'", {"sub": "a", "iss": "https://issuer.test"}, False),
        ("claims['job_workflow_ref'] eq 'a'", {"job_workflow_ref": "a", "iss": "https://gitlab.com"}, False),
        ("claims['sub'] eq 'a'", {"sub": "a", "iss": "https://app.eu.terraform.io"}, True),
        ("claims['sub'] matches '*'", {"sub": 7}, False),
    ],
)  # fmt: skip
def test_e8_expressions_match_as_microsoft_describes(value: str, claims: dict[str, Any], meant: bool) -> None:
    assert expressions.holds({"languageVersion": 1, "value": value}, {"iss": GITHUB, **claims}) is meant


@pytest.mark.parametrize(
    "value",
    ["", "claims['sub']  eq 'a'", "claims[sub] eq 'a'", "claims['sub'] like 'a'",
     "claims['sub'] eq 'a' or claims['sub'] eq 'b'", "claims['sub'] eq 'a' and ", "claims['sub'] eq 'a'.",
     "claims['sub'] eq 'it's'"],
)  # fmt: skip
def test_e8_expressions_that_cannot_be_read_are_refused(value: str) -> None:
    with pytest.raises(BadRequestError):
        expressions.terms({"languageVersion": 1, "value": value})
