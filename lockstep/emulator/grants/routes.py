"""Delegated permission grants: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.grants import responses as r
from lockstep.emulator.wire import route

ROUTES = [
    route("GET", "/oauth2PermissionGrants", r.list_, "List delegated grants"),
    route("POST", "/oauth2PermissionGrants", r.create, "Create delegated grant"),
    route("GET", "/oauth2PermissionGrants/{id}", r.get, "Get delegated grant"),
    route("PATCH", "/oauth2PermissionGrants/{id}", r.update, "Update delegated grant (the whole scope string)"),
    route("DELETE", "/oauth2PermissionGrants/{id}", r.delete, "Delete delegated grant"),
]
