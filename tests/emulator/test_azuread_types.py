"""Every type of the installed azuread SDK is tried with the real provider, or known to be beyond the emulator."""

from __future__ import annotations

import inspect
from typing import Any

import pulumi
import pulumi_azuread
import pytest

from tests.cli.every_type.answered import NOT_ANSWERED, NOT_IMPORTABLE, REFUSED, declared
from tests.emulator.client import Client


def _types() -> set[str]:
    classes = inspect.getmembers(pulumi_azuread, inspect.isclass)
    return {name for name, kind in classes if issubclass(kind, pulumi.CustomResource)} - {"Provider"}


def test_every_type_is_in_the_program_or_has_its_reason() -> None:
    tried, reasoned = declared(), {*NOT_ANSWERED, *REFUSED}
    assert tried | reasoned == _types()
    assert not tried & reasoned
    assert set(NOT_IMPORTABLE) <= tried


@pytest.mark.parametrize(("kind", "operation"), NOT_ANSWERED.items(), ids=list(NOT_ANSWERED))
def test_what_the_other_types_need_is_not_answered(graph: Client, kind: str, operation: tuple[str, str]) -> None:
    method, path = operation
    sent: dict[str, Any] = {} if method == "GET" else {"json": {}}
    answer = graph.send(method, path, **sent)
    assert (answer.status_code, path.partition("?")[0] in answer.text) == (501, True), f"{kind} may work now: try it"


def test_flexible_federated_credentials_are_refused(graph: Client) -> None:
    body = {"name": "one", "issuer": "https://issuer.local.test", "audiences": ["api://AzureADTokenExchange"]}
    app = graph.application("Flexible")
    expression = {"value": "claims['sub'] matches 'x*'", "languageVersion": 1}
    path = f"/beta/applications/{app['id']}/federatedIdentityCredentials"
    answer = graph.send("POST", path, json={**body, "claimsMatchingExpression": expression})
    assert answer.status_code == 400
    property_name = REFUSED["ApplicationFlexibleFederatedIdentityCredential"]
    assert f"'{property_name}'" in answer.json()["error"]["message"]
