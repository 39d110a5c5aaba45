"""The parts of an application that have operations of their own: federated identity credentials, and the logo.

Knows no HTTP.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from lockstep.emulator.applications import expressions
from lockstep.emulator.exceptions import BadRequestError, NotFoundError, SameKeyError
from lockstep.emulator.objects import checked, existing
from lockstep.emulator.odata.filter import EQ
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

MAX_FEDERATED = 20
MAX_LOGO = 100 * 1024
_IMAGES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
FEDERATED = Entity(
    name="FederatedIdentityCredential",
    properties=frozenset({"id", "name", "issuer", "subject", "audiences", "description", "claimsMatchingExpression"}),
    filters={"id": EQ, "name": EQ, "issuer": EQ, "subject": EQ},
    beta_only=frozenset({"claimsMatchingExpression"}),
)
_DEFAULTS: dict[str, Any] = {**dict.fromkeys(sorted(FEDERATED.properties)), "audiences": []}
_REQUIRED = ("name", "issuer", "audiences")


def credentials(row: Object) -> list[Object]:
    """Return the federated credentials of an application."""
    return list(row.get("_federated", ()))


def credential(row: Object, value: str, key: str = "id") -> Object:
    """Return the federated credential of this id or name."""
    if key not in ("id", "name"):
        raise BadRequestError(f"The alternate key '{key}' is not one of resource '{FEDERATED.name}'.")
    keys = {key, "name"}
    return existing(next((entry for entry in credentials(row) if value in map(entry.get, keys)), None), value)


def add_credential(tenant: Tenant, row: Object, body: Mapping[str, Any]) -> Object:
    """Add a federated credential."""
    entry = {**_DEFAULTS, **checked(body, _DEFAULTS, FEDERATED.name, ignored=("id",))}
    entry["id"] = tenant.new_id("federated")
    _check(row, entry)
    if len(credentials(row)) >= MAX_FEDERATED:
        raise BadRequestError(f"The limit of {MAX_FEDERATED} federated identity credentials is reached.")
    tenant.applications.put({**row, "_federated": [*credentials(row), entry]})
    return entry


def change_credential(tenant: Tenant, row: Object, entry: Object, body: Mapping[str, Any]) -> None:
    """Change a federated credential; its name stays."""
    new = checked(body, _DEFAULTS, FEDERATED.name, ignored=("id",))
    if new.get("name", entry["name"]) != entry["name"]:
        raise BadRequestError("Property 'name' is read-only and cannot be set.")
    changed = {**entry, **new}
    _check(row, changed)
    rest = [changed if other["id"] == entry["id"] else other for other in credentials(row)]
    tenant.applications.put({**row, "_federated": rest})


def remove_credential(tenant: Tenant, row: Object, entry: Object) -> None:
    """Remove a federated credential."""
    rest = [other for other in credentials(row) if other["id"] != entry["id"]]
    tenant.applications.put({**row, "_federated": rest})


def _check(row: Object, entry: Object) -> None:
    for name in _REQUIRED:
        if not entry[name]:
            raise BadRequestError(f"A value is required for property '{name}' of resource '{FEDERATED.name}'.")
    expression = entry.get("claimsMatchingExpression")
    if entry["subject"] and expression:
        raise BadRequestError(
            f"Properties 'subject' and 'claimsMatchingExpression' of resource '{FEDERATED.name}' exclude each other:"
            " the one that is not meant has to be null."
        )
    if not entry["subject"] and not expression:
        raise BadRequestError(f"A value is required for property 'subject' of resource '{FEDERATED.name}'.")
    if expression:
        expressions.terms(expression)
    for other in credentials(row):
        if other["id"] == entry["id"]:
            continue
        if other["name"] == entry["name"]:
            raise SameKeyError(f"{FEDERATED.name} with name {entry['name']} already exists.")
        if entry["subject"] and (other["issuer"], other["subject"]) == (entry["issuer"], entry["subject"]):
            raise SameKeyError(f"{FEDERATED.name} with the same issuer and subject already exists.")


def set_logo(tenant: Tenant, row: Object, content: Any, base: str) -> None:
    """Keep a logo; the application says where it can be seen. Limit and kinds are Microsoft's documentation's."""
    if not isinstance(content, bytes) or _kind(content) is None:
        raise BadRequestError("The logo has to be an image: GIF, JPEG or PNG.")
    if len(content) > MAX_LOGO:
        raise BadRequestError(f"The logo is {len(content)} bytes long; at most {MAX_LOGO} are allowed.")
    shown = {**row["info"], "logoUrl": f"{base}/v1.0/applications/{row['id']}/logo"}
    changed = {**row, "_logo": base64.b64encode(content).decode(), "info": shown}
    tenant.applications.show(changed)


def logo(row: Object) -> tuple[str, bytes]:
    """Return the type of a logo, and the logo."""
    content = base64.b64decode(row.get("_logo", ""))
    kind = _kind(content)
    if kind is None:
        raise NotFoundError(row["id"])
    return kind, content


def _kind(content: bytes) -> str | None:
    return next((kind for start, kind in _IMAGES.items() if content.startswith(start)), None)
