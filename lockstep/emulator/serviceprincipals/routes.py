"""Service principals: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.directoryobjects.relations import owners
from lockstep.emulator.serviceprincipals import responses as r
from lockstep.emulator.wire import route

_ONE = "/servicePrincipals/{id}"
_GRANTS = _ONE + "/oauth2PermissionGrants"

ROUTES = [
    route("GET", "/servicePrincipals", r.list_, "List service principals"),
    route("GET", "/servicePrincipals/$count", r.count, "Count service principals"),
    route("POST", "/servicePrincipals", r.create, "Create service principal (own or foreign multi-tenant app)"),
    route("GET", _ONE, r.get, "Get service principal (also by appId)"),
    route("PATCH", _ONE, r.update, "Update service principal; upsert by appId with Prefer: create-if-missing"),
    route("DELETE", _ONE, r.delete, "Delete service principal (soft; consents for good)"),
    route("POST", _ONE + "/addPassword", r.add_password, "Add a secret"),
    route("POST", _ONE + "/removePassword", r.remove_password, "Remove a secret"),
    *owners("servicePrincipals", r.find),
    route("GET", _GRANTS, r.list_grants, "List delegated grants of a client"),
    route("GET", _GRANTS + "/$count", r.count_grants, "Count delegated grants of a client", like=_GRANTS),
    route("GET", _GRANTS + "/{grant}", r.get_grant, "Get delegated grant of a client", like=_GRANTS),
]
