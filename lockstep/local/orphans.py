"""What a killed run made in the tenant and never wrote down: found again by what it cannot share with anybody.

Asks the tenant through its one reader; what counts as left over, its identification says. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.directory import Graph
from lockstep.directory.identification import is_left_over
from lockstep.directory.principals import find_by_app_id
from lockstep.directory.reading import read_left_over
from lockstep.directory.records import ApplicationRecord
from lockstep.errors import FindingError
from lockstep.resource_types import APPLICATION, FEDERATED, SERVICE_PRINCIPAL


async def find_orphan(graph: Graph, type_: str, inputs: Mapping[str, Any], recorded: Iterable[str]) -> str | None:
    """Return the id (as azuread writes it) of what a create with `inputs` left, unless the state knows it."""
    if type_ == APPLICATION:
        intended = _asked(inputs)
        candidates = await read_left_over(graph, intended.name)
        left = [app.object_id for app in candidates if is_left_over(app, intended)]
        return _one([f"/applications/{ident}" for ident in left], recorded, intended.name)
    if type_ == SERVICE_PRINCIPAL and inputs.get("clientId"):
        client = str(inputs["clientId"])
        principal = await find_by_app_id(graph, client)
        return _one([f"/servicePrincipals/{principal.object_id}"] if principal else [], recorded, client)
    if type_ == FEDERATED and inputs.get("applicationId"):
        # Entra takes no second one of a name, so the next up could not make it again.
        application, name = str(inputs["applicationId"]), inputs.get("displayName")
        rows = await graph.pages(f"{application}/federatedIdentityCredentials")
        of_name = [str(row["id"]) for row in rows if row.get("name") == name]
        owner = application.rpartition("/")[2]
        return _one([f"{owner}/federatedIdentityCredential/{ident}" for ident in of_name], recorded, str(name))
    return None


def _asked(inputs: Mapping[str, Any]) -> ApplicationRecord:
    """Return the application that a create with these inputs of azuread makes."""
    configured = [
        {"resourceAppId": access["resourceAppId"], "resourceAccess": access["resourceAccesses"]}
        for access in inputs.get("requiredResourceAccesses") or ()
    ]
    scopes = (inputs.get("api") or {}).get("oauth2PermissionScopes") or []
    body = {"id": "", "displayName": inputs.get("displayName"), "tags": inputs.get("tags")}
    return ApplicationRecord.from_graph(
        {**body, "requiredResourceAccess": configured, "api": {"oauth2PermissionScopes": scopes}}
    )


def _one(ids: Iterable[str], recorded: Iterable[str], what: str) -> str | None:
    new = sorted(set(ids) - set(recorded))
    if len(new) > 1:
        raise FindingError(
            f"{what}: {len(new)} objects in the tenant could be what the killed run made ({', '.join(new)});"
            " find out who made each; once only the one that the run made is left, run this again"
        )
    return new[0] if new else None
