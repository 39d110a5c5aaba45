"""What a killed run made in the tenant and never wrote down: found again by what it cannot share with anybody.

Asks the tenant through its one reader; what counts as left over, its identification says. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.catalogue import Permission, PermissionType
from lockstep.directory import Graph
from lockstep.directory.identification import is_left_over
from lockstep.directory.principals import find_by_app_id
from lockstep.directory.reading import read_left_over
from lockstep.errors import FindingError
from lockstep.resource_types import APPLICATION, SERVICE_PRINCIPAL


async def find_orphan(graph: Graph, type_: str, inputs: Mapping[str, Any], recorded: Iterable[str]) -> str | None:
    """Return the id (as azuread writes it) of what a create with `inputs` left, unless the state knows it."""
    if type_ == APPLICATION:
        name = str(inputs.get("displayName"))
        configured, scopes = _configured(inputs), _scopes(inputs)
        candidates = await read_left_over(graph, name)
        left = [app.object_id for app in candidates if is_left_over(app, name, configured, scopes)]
        return _one([f"/applications/{ident}" for ident in left], recorded, name)
    if type_ == SERVICE_PRINCIPAL and inputs.get("clientId"):
        client = str(inputs["clientId"])
        principal = await find_by_app_id(graph, client)
        return _one([f"/servicePrincipals/{principal.object_id}"] if principal else [], recorded, client)
    return None


def _configured(inputs: Mapping[str, Any]) -> frozenset[Permission]:
    return frozenset(
        Permission(access["resourceAppId"], PermissionType.from_entra(entry["type"]), entry["id"])
        for access in inputs.get("requiredResourceAccesses") or ()
        for entry in access["resourceAccesses"]
    )


def _scopes(inputs: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(scope["id"] for scope in (inputs.get("api") or {}).get("oauth2PermissionScopes") or ())


def _one(ids: Iterable[str], recorded: Iterable[str], what: str) -> str | None:
    new = sorted(set(ids) - set(recorded))
    if len(new) > 1:
        raise FindingError(
            f"{what}: {len(new)} objects in the tenant could be what the killed run made ({', '.join(new)});"
            " delete the ones that are not needed, and run this again"
        )
    return new[0] if new else None
