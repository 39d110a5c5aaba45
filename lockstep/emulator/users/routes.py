"""Users, the organization and its domains: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.directoryobjects.relations import relation
from lockstep.emulator.users import responses as r
from lockstep.emulator.wire import route

_USER = "/users/{id}"
_GRANTS = _USER + "/oauth2PermissionGrants"

ROUTES = [
    route("GET", "/users", r.list_, "List users"),
    route("GET", "/users/$count", r.count, "Count users", like="/users"),
    route("POST", "/users", r.create, "Create user"),
    route("GET", _USER, r.get, "Get user by id or user principal name"),
    route("PATCH", _USER, r.update, "Update user"),
    route("DELETE", _USER, r.delete, "Delete user (soft)"),
    route("GET", _GRANTS, r.list_grants, "List the grants that are for one user only"),
    route("GET", _GRANTS + "/$count", r.count_grants, "Count them", like=_GRANTS),
    *relation(_USER, "ownedObjects", r.owned, casts=("applications", "groups", "servicePrincipals")),
    *relation(
        "/servicePrincipals/{id}", "ownedObjects", r.owned, casts=("applications", "groups", "servicePrincipals")
    ),
    route("GET", "/me", r.me, "Me: the user of the token"),
    route("GET", "/organization", r.organizations, "List organization"),
    route("GET", "/organization/{id}", r.organization, "Get organization"),
    route("GET", "/domains", r.domains, "List domains"),
    route("GET", "/domains/{id}", r.domain, "Get domain"),
]
