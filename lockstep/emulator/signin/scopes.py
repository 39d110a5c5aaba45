"""What a token is asked for: which API, which scopes of it; and what is in force there. Knows no HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.emulator.constants import GRAPH_APP_ID
from lockstep.emulator.signin import exceptions as refusals
from lockstep.emulator.signin.credentials import AZURE_CLI, AZURE_CLI_SCOPES
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

DEFAULT = ".default"
_SIGN_IN = ("openid", "profile", "email", "offline_access")
_HERE = ("localhost", "127.0.0.1", "[")


@dataclass(frozen=True)
class Asked:
    """An API of the tenant, the name it was asked for by, and the scopes; none of them stands for `.default`."""

    resource: Object
    name: str
    scopes: tuple[str, ...] = ()


def read_scope(tenant: Tenant, scope: str, base: str) -> Asked:
    """Return what a scope parameter asks for; a bare word is a scope of Graph, as in Entra."""
    words = [word for word in scope.split() if word not in _SIGN_IN]
    names = {_split(word)[0] for word in words}
    if len(names) > 1:
        raise refusals.mixed_resources(scope)
    name = next(iter(names), "")
    resource = find_resource(tenant, name or GRAPH_APP_ID, base)
    return Asked(resource, name or GRAPH_APP_ID, tuple(part for _, part in map(_split, words) if part != DEFAULT))


def _split(word: str) -> tuple[str, str]:
    """Return the API and the scope of one word."""
    if "/" not in word:
        return "", word
    name, _, scope = word.rpartition("/")
    return name.rstrip("/"), scope


def find_resource(tenant: Tenant, name: str, base: str) -> Object:
    """Return the API of this name or id; this emulator's own address is Graph."""
    bare = name.rstrip("/")
    if bare.split("//")[-1].split(":")[0] in _HERE or bare == base:
        return tenant.principals.get(GRAPH_APP_ID, "appId")
    for candidate in (bare, f"{bare}/"):
        for row in tenant.principals.table.by("servicePrincipalNames", candidate):
            return row
    raise refusals.unknown_resource(name)


def is_for_graph(tenant: Tenant, audience: str, base: str) -> bool:
    """Tell whether a token of this audience is one for Graph."""
    try:
        return bool(find_resource(tenant, audience, base)["appId"] == GRAPH_APP_ID)
    except refusals.SignInRefusedError:
        return False


def consented(tenant: Tenant, client: Object, resource: Object, user: Object | None) -> list[str]:
    """Return the scopes that a client has on an API for a user: everyone's, the user's own, and pre-authorised ones."""
    if client is AZURE_CLI:
        return list(AZURE_CLI_SCOPES) if resource["appId"] == GRAPH_APP_ID else []
    found: set[str] = set()
    for grant in tenant.grants.table.by("clientId", client["id"]):
        own = user is not None and grant["principalId"] == user["id"]
        if grant["resourceId"] == resource["id"] and (grant["consentType"] == "AllPrincipals" or own):
            found |= set(grant["scope"].split())
    application = tenant.applications.find(resource["appId"], "appId")
    for entry in application["api"]["preAuthorizedApplications"] if application is not None else ():
        if entry["appId"] == client["appId"]:
            allowed = set(entry.get("delegatedPermissionIds") or ())
            found |= {scope["value"] for scope in resource["oauth2PermissionScopes"] if scope["id"] in allowed}
    return sorted(found)
