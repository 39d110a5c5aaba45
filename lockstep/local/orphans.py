"""What a killed run made in the tenant and never wrote down: found again by what it cannot share with anybody.

An orphan has our display name, or the provisional one that azuread gives while it creates, and exactly the configured
permissions and exposed scopes that were asked for. Asks the tenant; changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from lockstep.errors import FindingError

Object = dict[str, Any]
Fetch = Callable[[str], Awaitable[list[Object]]]
"""Returns a whole collection of Graph by its path."""

APPLICATION = "azuread:index/application:Application"
SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
_PROVISIONAL = "TERRAFORM_UPDATE_"
_FIELDS = "$select=id,appId,displayName,requiredResourceAccess,api,tags"


async def find_orphan(fetch: Fetch, type_: str, inputs: Mapping[str, Any], known: Iterable[str]) -> str | None:
    """Return the id (as azuread writes it) of what a create with `inputs` left, unless the state knows it."""
    if type_ == APPLICATION:
        found = [app for app in await fetch(f"/applications?{_FIELDS}") if is_ours(app, inputs)]
        return _one([f"/applications/{app['id']}" for app in found], known, str(inputs.get("displayName")))
    if type_ == SERVICE_PRINCIPAL and inputs.get("clientId"):
        client = str(inputs["clientId"]).replace("'", "''")
        found = await fetch(f"/servicePrincipals?$filter=appId eq '{client}'&$select=id,appId")
        return _one([f"/servicePrincipals/{principal['id']}" for principal in found], known, client)
    return None


def is_ours(app: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Tell whether an application is what a create with these inputs makes."""
    name = str(app.get("displayName"))
    if name != inputs.get("displayName") and not name.startswith(_PROVISIONAL):
        return False
    return _configured(app) == _wanted(inputs) and _exposed(app) == _offered(inputs)


def _configured(app: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (access["resourceAppId"], entry["type"], entry["id"])
        for access in app.get("requiredResourceAccess") or []
        for entry in access["resourceAccess"]
    }


def _wanted(inputs: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (access["resourceAppId"], entry["type"], entry["id"])
        for access in inputs.get("requiredResourceAccesses") or []
        for entry in access["resourceAccesses"]
    }


def _exposed(app: Mapping[str, Any]) -> set[str]:
    return {scope["id"] for scope in (app.get("api") or {}).get("oauth2PermissionScopes") or []}


def _offered(inputs: Mapping[str, Any]) -> set[str]:
    return {scope["id"] for scope in (inputs.get("api") or {}).get("oauth2PermissionScopes") or []}


def _one(found: list[str], known: Iterable[str], what: str) -> str | None:
    seen = set(known)
    new = [id_ for id_ in found if id_ not in seen]
    if len(new) > 1:
        raise FindingError(
            f"{what}: {len(new)} objects in the tenant could be what the killed run made ({', '.join(new)});"
            " delete the ones that are not needed, and run this again"
        )
    return new[0] if new else None
