"""Policies: the tenant's default for applications, and those that map claims. Knows no HTTP.

The default policy is that of a tenant as Microsoft has set it since July 2025: identifier URIs have to hold the app id,
the tenant id or a verified domain, unless the application gets tokens of version 2 or signs in by SAML. A PATCH makes
an older tenant of it (the state of the restriction is `disabled`), or a stricter one (`nonDefaultUriAddition`).

Sources: https://learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions,
https://learn.microsoft.com/graph/api/resources/identifieruriconfiguration,
https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy,
https://learn.microsoft.com/graph/api/resources/claimsmappingpolicy
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.applications.uris import RESTRICTIONS
from lockstep.emulator.directoryobjects.model import Located, already_there
from lockstep.emulator.exceptions import BadRequestError, NotSupportedError
from lockstep.emulator.objects import checked, copied, existing, seconds
from lockstep.emulator.odata.filter import EQ
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.records import ObjectKind, Records
from lockstep.emulator.store import Object

APP_MANAGEMENT = Entity(
    name="TenantAppManagementPolicy",
    properties=frozenset(
        {"applicationRestrictions", "description", "displayName", "id", "isEnabled", "servicePrincipalRestrictions"}
    ),
    filters={},
)
CLAIMS_POLICY = Entity(
    name="ClaimsMappingPolicy",
    properties=frozenset(
        {"definition", "deletedDateTime", "description", "displayName", "id", "isOrganizationDefault"}
    ),
    filters={"displayName": EQ, "id": EQ},
)
_RESTRICTION: Object = {
    "excludeActors": None,
    "excludeAppsReceivingV2Tokens": True,
    "excludeSaml": True,
    "isStateSetByMicrosoft": False,
    "restrictForAppsCreatedAfterDateTime": None,
    "state": "disabled",
}
_DEFAULT: Object = {
    "id": "00000000-0000-0000-0000-000000000000",
    "displayName": "Default app management tenant policy",
    "description": "Default tenant policy that enforces app management restrictions on applications and service"
    " principals. To apply policy to targeted resources, create a new policy under appManagementPolicies collection.",
    "isEnabled": True,
    "applicationRestrictions": {
        "identifierUris": {
            RESTRICTIONS[0]: {**_RESTRICTION, "isStateSetByMicrosoft": True, "state": "enabled"},
            RESTRICTIONS[1]: _RESTRICTION,
        },
        "keyCredentials": [],
        "passwordCredentials": [],
    },
    "servicePrincipalRestrictions": {"keyCredentials": [], "passwordCredentials": []},
}
_META = "defaultAppManagementPolicy"
_READ_ONLY = ("id", "isStateSetByMicrosoft")
_LINKS = "_claims_policies"


@dataclass(eq=False)
class AppManagement:
    """The tenant's default policy for applications and service principals: there is always one."""

    records: Records

    def get(self) -> Object:
        """Return the policy."""
        policy: Object = copied(self.records.meta(_META).get("policy") or _DEFAULT)
        return policy

    def update(self, body: Mapping[str, Any]) -> None:
        """Change the policy; what it would restrict and the emulator does not enforce is refused by name."""
        changed = _merged(self.get(), body, "")
        self.records.store.put("meta", {"id": _META, "policy": changed})

    def restrictions(self, created: str | None) -> dict[str, Object]:
        """Return the restrictions on identifier URIs that hold for an application of this date of creation."""
        policy = self.get()
        uris = policy["applicationRestrictions"]["identifierUris"] if policy["isEnabled"] else {}
        return {
            name: entry
            for name, entry in uris.items()
            if entry["state"] == "enabled"
            and seconds(created, 0) >= seconds(entry["restrictForAppsCreatedAfterDateTime"], 0)
        }


def _merged(old: Object, new: Mapping[str, Any], where: str) -> Object:
    """Return a part of the policy after a PATCH."""
    result = dict(old)
    for name, value in new.items():
        path = f"{where}{name}"
        if "@odata" in name:
            continue
        if name not in old:
            raise NotSupportedError(f"'{path}' of the default app management policy")
        kept = old[name]
        if name in _READ_ONLY:
            if value != kept:
                raise BadRequestError(f"Property '{path}' is read-only and cannot be set.")
        elif isinstance(kept, dict) and isinstance(value, dict):
            result[name] = _merged(kept, value, f"{path}.")
        elif isinstance(kept, list) or name == "excludeActors":
            if value:
                raise NotSupportedError(f"'{path}' of the default app management policy")
        elif not _fits(name, kept, value):
            raise BadRequestError(f"Invalid value specified for property '{path}' of resource '{APP_MANAGEMENT.name}'.")
        else:
            result[name] = value
            if name == "state":
                result["isStateSetByMicrosoft"] = False
    return result


def _fits(name: str, kept: Any, value: Any) -> bool:
    if name == "state":
        return value in ("enabled", "disabled")
    if name == "restrictForAppsCreatedAfterDateTime":
        return value is None or seconds(value, -1) >= 0
    return isinstance(value, type(kept))


class ClaimsPolicies(ObjectKind):
    """The claims mapping policies of a tenant, and which service principals each one is for."""

    table_name, resource = "claimsMappingPolicies", "ClaimsMappingPolicy"
    _writable: Mapping[str, Any] = {
        "definition": [], "description": None, "displayName": None, "isOrganizationDefault": False
    }  # fmt: skip

    def create(self, body: Mapping[str, Any]) -> Object:
        """Make a policy."""
        row = {**self._writable, **checked(body, self._writable, self.resource, ("id",)), "deletedDateTime": None}
        return self._kept({**row, "id": self.records.new_id("policy")})

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a policy."""
        return self._kept({**row, **checked(body, self._writable, self.resource, ("id", "deletedDateTime"))})

    def delete(self, row: Object) -> None:
        """Remove a policy for good, from its service principals too."""
        for _, principal in self.applies_to(row):
            self.unassign(principal, row["id"])
        super().delete(row)

    def applies_to(self, row: Object) -> list[Located]:
        """Return the service principals that a policy is for."""
        return [("servicePrincipals", principal) for principal in self._principals.by(_LINKS, row["id"])]

    def of(self, principal: Object) -> list[Object]:
        """Return the policies of a service principal."""
        return [self.get(ident) for ident in principal.get(_LINKS, ()) if self.find(ident)]

    def assign(self, principal: Object, ident: str) -> None:
        """Give a service principal a policy."""
        policy = self.get(ident)["id"]
        if policy in principal.get(_LINKS, ()):
            raise already_there("claimsMappingPolicies")
        self.records.store.put("servicePrincipals", {**principal, _LINKS: [*principal.get(_LINKS, ()), policy]})

    def unassign(self, principal: Object, ident: str) -> None:
        """Take a policy away from a service principal."""
        links = principal.get(_LINKS, ())
        existing(principal if ident.lower() in links else None, ident)
        left = [other for other in links if other != ident.lower()]
        self.records.store.put("servicePrincipals", {**principal, _LINKS: left})

    @property
    def _principals(self) -> Any:
        return self.records.store["servicePrincipals"]

    def _kept(self, row: Object) -> Object:
        self.required(row, "displayName")
        if not isinstance(row["displayName"], str):
            raise self.invalid("displayName")
        if len(row["definition"]) != 1 or not _is_claims_policy(row["definition"][0]):
            raise self.invalid("definition")
        return self.put(row)


def _is_claims_policy(text: Any) -> bool:
    """Tell whether a text is a policy as JSON, of version 1."""
    try:
        document = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return False
    policy = document.get("ClaimsMappingPolicy") if isinstance(document, dict) else None
    return isinstance(policy, dict) and policy.get("Version") == 1
