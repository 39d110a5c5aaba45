"""App registrations: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.applications import responses as r
from lockstep.emulator.directoryobjects.relations import owners
from lockstep.emulator.wire import route

_ONE = "/applications/{id}"
_FEDERATED = _ONE + "/federatedIdentityCredentials"

ROUTES = [
    route("GET", "/applications", r.list_, "List applications"),
    route("GET", "/applications/$count", r.count, "Count applications"),
    route("POST", "/applications", r.create, "Create application"),
    route("GET", _ONE, r.get, "Get application (also by appId or uniqueName)"),
    route("PATCH", _ONE, r.update, "Update application; upsert by uniqueName with Prefer: create-if-missing"),
    route("DELETE", _ONE, r.delete, "Delete application (soft)"),
    route("POST", _ONE + "/addPassword", r.add_password, "Add a secret"),
    route("POST", _ONE + "/removePassword", r.remove_password, "Remove a secret"),
    route("GET", _ONE + "/logo", r.get_logo, "Get logo"),
    route("PUT", _ONE + "/logo", r.set_logo, "Set logo (GIF, JPEG or PNG, at most 100 KB)"),
    *owners("applications", r.find),
    route("GET", _FEDERATED, r.list_federated, "List federated credentials"),
    route("POST", _FEDERATED, r.create_federated, "Create federated credential"),
    route("GET", _FEDERATED + "/$count", r.count_federated, "Count federated credentials", like=_FEDERATED),
    route("GET", _FEDERATED + "/{credential}", r.get_federated, "Get federated credential"),
    route(
        "PATCH",
        _FEDERATED + "/{credential}",
        r.update_federated,
        "Update federated credential; upsert by name with Prefer: create-if-missing",
    ),
    route("DELETE", _FEDERATED + "/{credential}", r.delete_federated, "Delete federated credential"),
]
