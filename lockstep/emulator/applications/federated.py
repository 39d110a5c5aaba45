"""Federated identity credentials of an application: state and rules. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lockstep.emulator.applications.exceptions import FederatedNameTakenError
from lockstep.emulator.applications.rules import MAX_FEDERATED
from lockstep.emulator.exceptions import BadRequestError, NotFoundError, SameKeyError
from lockstep.emulator.objects import checked
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

_DEFAULTS: dict[str, Any] = {
    "audiences": [],
    "claimsMatchingExpression": None,
    "description": None,
    "id": None,
    "issuer": None,
    "name": None,
    "subject": None,
}
_REQUIRED = ("name", "issuer", "subject", "audiences")


def every(row: Object) -> list[Object]:
    """Return the federated credentials of an application."""
    return list(row.get("_federated", ()))


def get(row: Object, value: str, key: str = "id") -> Object:
    """Return the credential of this id or name."""
    for entry in every(row):
        if entry.get(key) == value or (key == "id" and entry["name"] == value):
            return entry
    raise NotFoundError(value)


def create(tenant: Tenant, row: Object, body: Mapping[str, Any]) -> Object:
    """Add a federated credential."""
    entry = {**_DEFAULTS, **checked(body, _DEFAULTS, "FederatedIdentityCredential", ignored=("id",))}
    entry["id"] = tenant.new_id("federated")
    _check(row, entry)
    if len(every(row)) >= MAX_FEDERATED:
        raise BadRequestError(f"The limit of {MAX_FEDERATED} federated identity credentials is reached.")
    tenant.store.put("applications", {**row, "_federated": [*every(row), entry]})
    return entry


def update(tenant: Tenant, row: Object, entry: Object, body: Mapping[str, Any]) -> None:
    """Change a federated credential; its name stays."""
    new = checked(body, _DEFAULTS, "FederatedIdentityCredential", ignored=("id",))
    if new.get("name", entry["name"]) != entry["name"]:
        raise BadRequestError("Property 'name' is read-only and cannot be set.")
    changed = {**entry, **new}
    _check(row, changed)
    rest = [changed if other["id"] == entry["id"] else other for other in every(row)]
    tenant.store.put("applications", {**row, "_federated": rest})


def delete(tenant: Tenant, row: Object, entry: Object) -> None:
    """Remove a federated credential."""
    rest = [other for other in every(row) if other["id"] != entry["id"]]
    tenant.store.put("applications", {**row, "_federated": rest})


def _check(row: Object, entry: Object) -> None:
    for name in _REQUIRED:
        if not entry[name]:
            raise BadRequestError(
                f"A value is required for property '{name}' of resource 'FederatedIdentityCredential'."
            )
    for other in every(row):
        if other["id"] == entry["id"]:
            continue
        if other["name"] == entry["name"]:
            raise FederatedNameTakenError(str(entry["name"]))
        if (other["issuer"], other["subject"]) == (entry["issuer"], entry["subject"]):
            raise SameKeyError("FederatedIdentityCredential with the same issuer and subject already exists.")
