"""Consents: delegated permission grants (oauth2PermissionGrants) and app role assignments. Knows no HTTP.

Scope values of a grant are not checked against the resource: Graph takes unknown ones, and Microsoft's own grants hold
some.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotFoundError, SameKeyError
from lockstep.emulator.objects import checked, existing, texts
from lockstep.emulator.odata.filter import EQ
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.records import ObjectKind, Rows
from lockstep.emulator.store import Object

GRANT = Entity(
    name="OAuth2PermissionGrant",
    properties=frozenset({"clientId", "consentType", "id", "principalId", "resourceId", "scope"}),
    filters=dict.fromkeys(("clientId", "consentType", "id", "principalId", "resourceId"), EQ),
    ignored=frozenset({"expiryTime", "startTime"}),
)
ASSIGNMENT = Entity(
    name="AppRoleAssignment",
    properties=frozenset(
        {
            "appRoleId",
            "createdDateTime",
            "deletedDateTime",
            "id",
            "principalDisplayName",
            "principalId",
            "principalType",
            "resourceDisplayName",
            "resourceId",
        }
    ),
    filters={"id": EQ, "appRoleId": EQ, "principalId": EQ, "resourceId": EQ},
)
MAX_SCOPE = 3850
MAX_ASSIGNMENTS = 1500
_DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
_GRANT_BODY = dict.fromkeys(
    ("clientId", "consentType", "expiryTime", "id", "principalId", "resourceId", "scope", "startTime")
)
_NOT_KEPT = ("startTime", "expiryTime", "id")
_ASSIGNMENT_BODY = dict.fromkeys(("appRoleId", "principalId", "resourceId"))


class Grants(ObjectKind):
    """Which client may do what on behalf of whom."""

    table_name, resource = "oauth2PermissionGrants", "OAuth2PermissionGrant"

    def create(self, body: Mapping[str, Any]) -> Object:
        """Consent, for everyone or for one user."""
        new = checked(body, _GRANT_BODY, self.resource, ignored=_NOT_KEPT)
        self.required(texts(new), "clientId", "resourceId", "consentType")
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
            existing(self.records.store["servicePrincipals"].get(ident), ident)
        unique = (resource_id, consent_type, principal_id)
        for other in self.table.by("clientId", client_id):
            if (other["resourceId"], other["consentType"], other["principalId"]) == unique:
                raise SameKeyError("Permission entry already exists.")
        parts = [client_id, resource_id, *([principal_id] if principal_id else [])]
        row = {
            "clientId": client_id,
            "consentType": consent_type,
            "id": joined_id(*parts),
            "principalId": principal_id,
            "resourceId": resource_id,
            "scope": scope,
        }
        return self.put(row)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Replace the whole scope string; nothing else of a grant can change."""
        new = checked(body, _GRANT_BODY, self.resource, ignored=("startTime", "expiryTime"))
        for name, value in new.items():
            if name != "scope" and value != row[name]:
                raise BadRequestError(f"Property '{name}' is read-only and cannot be set.")
        scope = new.get("scope", row["scope"]) or ""
        self._check(row["consentType"], row["principalId"], scope)
        return self.put({**row, "scope": scope})

    def _check(self, consent_type: str, principal_id: str | None, scope: Any) -> None:
        if consent_type not in ("AllPrincipals", "Principal"):
            raise self.invalid("consentType")
        if (consent_type == "Principal") is not bool(principal_id):
            raise BadRequestError("The principalId goes with consentType Principal, and only with it.")
        if principal_id and self.records.store["users"].get(principal_id) is None:
            raise NotFoundError(str(principal_id))
        if not isinstance(scope, str):
            raise self.invalid("scope")
        if len(scope) > MAX_SCOPE:
            raise BadRequestError(
                f"The length of property 'scope' of resource '{self.resource}' is {len(scope)};"
                f" at most {MAX_SCOPE} is allowed."
            )


class Assignments(Rows):
    """Who has which app role of which resource."""

    table_name, resource = "appRoleAssignments", "AppRoleAssignment"

    def create(self, body: Mapping[str, Any], side: str, owner: str) -> Object:
        """Assign a role; `side` is the end of the assignment that the path named."""
        new = checked(body, _ASSIGNMENT_BODY, self.resource)
        self.required(texts(new), *_ASSIGNMENT_BODY)
        if new[side].lower() != owner:
            raise BadRequestError(f"The {side} in the path and in the body of an app role assignment differ.")
        return self.assign(new["principalId"].lower(), new["resourceId"].lower(), new["appRoleId"].lower())

    def assign(self, principal_id: str, resource_id: str, role_id: str) -> Object:
        """Give a principal a role of a resource."""
        principal, kind = self._principal(principal_id)
        resource = existing(self.records.store["servicePrincipals"].get(resource_id), resource_id)
        _check_role(resource, role_id, kind)
        held = self.table.by("principalId", principal_id)
        if any(row["resourceId"] == resource_id and row["appRoleId"] == role_id for row in held):
            raise BadRequestError("Permission being assigned already exists on the object")
        if len(held) >= MAX_ASSIGNMENTS:
            # The limit is that of Microsoft's page on service limits; the words are an assumption.
            raise BadRequestError(
                f"The limit of {MAX_ASSIGNMENTS} app role assignments of a principal is reached.",
                code="Directory_QuotaExceeded",
            )
        ident = joined_id(principal_id, self.records.new_id("assignment"))
        return self.put(assignment(ident, principal, kind, resource, role_id, self.records.now()))

    def roles(self, principal_ids: Iterable[str], resource: Object) -> list[str]:
        """Return the values of the enabled roles that any of these principals has on a resource."""
        values = {role["id"]: role["value"] for role in resource["appRoles"] if role.get("isEnabled", True)}
        held = (row for ident in principal_ids for row in self.table.by("principalId", ident))
        roles = {values.get(row["appRoleId"]) for row in held if row["resourceId"] == resource["id"]}
        return sorted(value for value in roles if value)

    def _principal(self, ident: str) -> tuple[Object, str]:
        """Return who is to have a role, and of which kind that is."""
        kinds = {"users": "User", "groups": "Group", "servicePrincipals": "ServicePrincipal"}
        for table, kind in kinds.items():
            row = self.records.store[table].get(ident)
            if row is not None:
                return row, kind
        raise NotFoundError(ident)


def assignment(ident: str, principal: Object, kind: str, resource: Object, role_id: str, created: str | None) -> Object:
    """Return an app role assignment as it is kept."""
    return {
        "appRoleId": role_id,
        "createdDateTime": created,
        "deletedDateTime": None,
        "id": ident,
        "principalDisplayName": principal["displayName"],
        "principalId": principal["id"],
        "principalType": kind,
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
    }


def joined_id(*idents: str) -> str:
    """Return the id of a consent, made from the ids of what it is between, as Entra makes it."""
    return base64.urlsafe_b64encode(b"".join(uuid.UUID(ident).bytes_le for ident in idents)).decode().rstrip("=")


def _check_role(resource: Object, role_id: str, kind: str) -> None:
    """Refuse a role that the resource does not have, or not for this kind of principal."""
    member = "Application" if kind == "ServicePrincipal" else "User"
    # An API has hundreds of roles, so the one that is asked for is looked for first.
    named = [role for role in resource["appRoles"] if role_id in (_DEFAULT_ROLE, role["id"].lower())]
    usable = any(member in role["allowedMemberTypes"] and role.get("isEnabled", True) for role in named)
    # The default access is given only where there is no role to give.
    if usable == (role_id == _DEFAULT_ROLE):
        raise BadRequestError(
            f"Permission being assigned was not found on application '{resource['displayName']}'"
            f" (app role '{role_id}')."
        )
