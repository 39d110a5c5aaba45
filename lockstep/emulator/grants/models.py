"""Delegated permission grants: state and rules. Knows no HTTP.

Scope values are not checked against the resource: Graph takes unknown ones, and Microsoft's own grants hold some.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.grants.entity import MAX_SCOPE
from lockstep.emulator.grants.exceptions import GrantExistsError, ScopeTooLongError
from lockstep.emulator.objects import checked, there
from lockstep.emulator.records import Records
from lockstep.emulator.store import Object

_TABLE = "oauth2PermissionGrants"
_BODY = {
    "clientId": None,
    "consentType": None,
    "expiryTime": None,
    "id": None,
    "principalId": None,
    "resourceId": None,
    "scope": None,
    "startTime": None,
}


class Grants:
    """Which client may do what on behalf of whom."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.table = records.store[_TABLE]

    def get(self, ident: str) -> Object:
        """Return the grant of this id."""
        return there(self.table.rows.get(ident), ident)

    def create(self, body: Mapping[str, Any]) -> Object:
        """Consent, for everyone or for one user."""
        new = checked(body, _BODY, "OAuth2PermissionGrant", ignored=("startTime", "expiryTime", "id"))
        for name in ("clientId", "resourceId", "consentType"):
            if not isinstance(new.get(name), str) or not new[name]:
                raise BadRequestError(f"A value is required for property '{name}' of resource 'OAuth2PermissionGrant'.")
        return self.consent(
            new["clientId"].lower(),
            new["resourceId"].lower(),
            new.get("scope") or "",
            consent_type=new["consentType"],
            principal_id=new.get("principalId"),
        )

    def consent(
        self,
        client_id: str,
        resource_id: str,
        scope: str,
        *,
        consent_type: str = "AllPrincipals",
        principal_id: str | None = None,
    ) -> Object:
        """Make the grant of a client on a resource."""
        self._check(consent_type, principal_id, scope)
        for ident in (client_id, resource_id):
            there(self.records.store["servicePrincipals"].get(ident), ident)
        for other in self.table.by("clientId", client_id):
            if (other["resourceId"], other["consentType"], other["principalId"]) == (
                resource_id,
                consent_type,
                principal_id,
            ):
                raise GrantExistsError
        parts = [client_id, resource_id, *([principal_id] if principal_id else [])]
        ident = base64.urlsafe_b64encode(b"".join(uuid.UUID(part).bytes_le for part in parts)).decode().rstrip("=")
        row = {
            "clientId": client_id,
            "consentType": consent_type,
            "id": ident,
            "principalId": principal_id,
            "resourceId": resource_id,
            "scope": scope,
        }
        return self.records.store.put(_TABLE, row)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Replace the whole scope string; nothing else of a grant can change."""
        new = checked(body, _BODY, "OAuth2PermissionGrant", ignored=("startTime", "expiryTime"))
        for name, value in new.items():
            if name != "scope" and value != row[name]:
                raise BadRequestError(f"Property '{name}' is read-only and cannot be set.")
        scope = new.get("scope", row["scope"]) or ""
        self._check(row["consentType"], row["principalId"], scope)
        return self.records.store.put(_TABLE, {**row, "scope": scope})

    def delete(self, row: Object) -> None:
        """Withdraw a consent."""
        self.records.store.remove(_TABLE, row["id"])

    def forget(self, ident: str) -> None:
        """Remove every grant of a principal that is going, as client, as resource and as user."""
        ends = ("clientId", "principalId", "resourceId")
        for row in [row for end in ends for row in self.table.by(end, ident)]:
            self.records.store.remove(_TABLE, row["id"])

    def _check(self, consent_type: str, principal_id: str | None, scope: Any) -> None:
        if consent_type not in ("AllPrincipals", "Principal"):
            raise BadRequestError(
                "Invalid value specified for property 'consentType' of resource 'OAuth2PermissionGrant'."
            )
        if (consent_type == "Principal") is not bool(principal_id):
            raise BadRequestError("The principalId goes with consentType Principal, and only with it.")
        if principal_id and self.records.store["users"].get(principal_id) is None:
            raise NotFoundError(str(principal_id))
        if not isinstance(scope, str):
            raise BadRequestError("Invalid value specified for property 'scope' of resource 'OAuth2PermissionGrant'.")
        if len(scope) > MAX_SCOPE:
            raise ScopeTooLongError(len(scope))
