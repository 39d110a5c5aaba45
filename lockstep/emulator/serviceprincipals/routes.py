"""Service principals: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.serviceprincipals import responses as r
from lockstep.emulator.wire import route

_ONE = "/servicePrincipals/{id}"

ROUTES = [
    route("GET", "/servicePrincipals", r.list_, "List service principals"),
    route("GET", "/servicePrincipals/$count", r.count, "Count service principals"),
    route("POST", "/servicePrincipals", r.create, "Create service principal (own or foreign multi-tenant app)"),
    route("GET", _ONE, r.get, "Get service principal (also by appId)"),
    route("PATCH", _ONE, r.update, "Update service principal"),
    route("DELETE", _ONE, r.delete, "Delete service principal (soft; consents for good)"),
    route("POST", _ONE + "/addPassword", r.add_password, "Add a secret"),
    route("POST", _ONE + "/removePassword", r.remove_password, "Remove a secret"),
    route("GET", _ONE + "/owners", r.list_owners, "List owners"),
    route("POST", _ONE + "/owners/$ref", r.add_owner, "Add owner"),
    route("DELETE", _ONE + "/owners/{owner}/$ref", r.remove_owner, "Remove owner"),
    route("GET", _ONE + "/oauth2PermissionGrants", r.list_grants, "List delegated grants of a client"),
]
