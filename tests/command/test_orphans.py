"""What a killed run left is told from what only looks like it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lockstep.directory import BatchAnswer
from lockstep.directory.identification import is_left_over
from lockstep.directory.records import ApplicationRecord
from lockstep.errors import FindingError
from lockstep.local.orphans import _asked, find_orphan
from lockstep.local.repair import settle
from lockstep.resource_types import APPLICATION, FEDERATED, SERVICE_PRINCIPAL

GRAPH, ROLE, SCOPE = "00000003-0000-0000-c000-000000000000", "role", "scope"
INPUTS: dict[str, Any] = {
    "displayName": "Atlas.ConneX API",
    "requiredResourceAccesses": [{"resourceAppId": GRAPH, "resourceAccesses": [{"id": ROLE, "type": "Role"}]}],
    "api": {"oauth2PermissionScopes": [{"id": SCOPE}]},
}


def _app(name: str = "Atlas.ConneX API", role: str = ROLE, scope: str = SCOPE, id_: str = "1") -> dict[str, Any]:
    return {
        "id": id_,
        "displayName": name,
        "requiredResourceAccess": [{"resourceAppId": GRAPH, "resourceAccess": [{"id": role, "type": "Role"}]}],
        "api": {"oauth2PermissionScopes": [{"id": scope}]},
    }


@pytest.mark.parametrize(
    ("app", "ours"),
    [
        (_app(), True),
        (_app("TERRAFORM_UPDATE_f702d57e"), True),
        (_app("Atlas.ConneX API 2"), False),
        (_app(role="another"), False),
        (_app(scope="another"), False),
        ({**_app(), "tags": ["somebody's"]}, False),
        ({"id": "1", "displayName": "Atlas.ConneX API"}, False),
    ],
)
def test_an_application_is_ours_by_name_permissions_and_scopes(app: dict[str, Any], ours: bool) -> None:
    record = ApplicationRecord.from_graph(app)
    assert is_left_over(record, _asked(INPUTS)) is ours


class _Tenant:
    """Stands for a tenant that answers every question with the same objects, each once."""

    def __init__(self, *objects: dict[str, Any]) -> None:
        self.objects = list(objects)

    async def identity(self) -> None:
        """Nobody asks who it is."""

    async def pages(self, path: str, **_: Any) -> list[dict[str, Any]]:
        return self.objects

    async def batch(self, items: list[Any]) -> list[BatchAnswer]:
        values = [self.objects, *([] for _ in items[1:])]
        return [BatchAnswer(item, 200, {"value": value}) for item, value in zip(items, values, strict=True)]


def _find(found: list[dict[str, Any]], type_: str = APPLICATION, known: tuple[str, ...] = ()) -> str | None:
    graph: Any = _Tenant(*found)
    inputs = INPUTS if type_ == APPLICATION else {"clientId": "c"}
    return asyncio.run(find_orphan(graph, type_, inputs, known))


def test_what_the_state_knows_is_no_orphan() -> None:
    assert _find([_app()]) == "/applications/1"
    assert _find([_app()], known=("/applications/1",)) is None
    assert _find([{"id": "2", "appId": "c"}], SERVICE_PRINCIPAL) == "/servicePrincipals/2"
    assert _find([{"id": "2"}], "entraconsent:index:AdminConsent") is None


def test_federated_credential_that_was_made_is_taken_up_and_not_made_again() -> None:
    """Entra refuses a second one of the name, so that no next up could get over it."""
    graph: Any = _Tenant({"id": "c1", "name": "prod"}, {"id": "c2", "name": "test"})
    inputs = {"applicationId": "/applications/a", "displayName": "test"}
    assert asyncio.run(find_orphan(graph, FEDERATED, inputs, ())) == "a/federatedIdentityCredential/c2"
    assert asyncio.run(find_orphan(graph, FEDERATED, {**inputs, "displayName": "new"}, ())) is None


def test_two_candidates_are_not_guessed_at() -> None:
    with pytest.raises(FindingError, match="2 objects"):
        _find([_app(), _app(id_="2")])


def test_settling_takes_up_the_orphan_and_drops_every_pending_operation() -> None:
    def pending(type_: str, name: str, kind: str = APPLICATION) -> dict[str, Any]:
        urn = f"urn:pulumi:prod::lockstep::{kind}::{name}"
        return {"type": type_, "resource": {"urn": urn, "type": kind, "inputs": INPUTS}}

    operations = [pending("creating", "Atlas.ConneX API"), pending("updating", "Atera", "x:y:Z")]
    deployment: dict[str, Any] = {"version": 3, "deployment": {"resources": [], "pending_operations": operations}}
    graph: Any = _Tenant(_app())
    repaired = asyncio.run(settle(deployment, graph))
    assert "pending_operations" not in deployment["deployment"]
    [resource] = deployment["deployment"]["resources"]
    assert resource["id"] == "/applications/1"
    assert resource["outputs"]["objectId"] == "1"
    assert len(repaired.done) == 2
