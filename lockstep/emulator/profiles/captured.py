"""A tenant from a capture: a customer's own applications and consents, so that a change can be rehearsed on them.

Objects go straight into the tables with the ids and dates that they had; the services would give them new ones. A
capture names users and other owners by number only; here each becomes a user or application of that number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockstep.emulator.applications import model as application
from lockstep.emulator.consents.model import assignment, joined_id
from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID, VENDOR_TENANT_ID
from lockstep.emulator.objects import copied
from lockstep.emulator.profiles.base import Base
from lockstep.emulator.records import fixed_id
from lockstep.emulator.registry import foreign_app, vendor_client_id
from lockstep.emulator.serviceprincipals import model as principal
from lockstep.emulator.store import Object
from lockstep.errors import UsageError
from lockstep.text_file import read_json

SUFFIX = ".json"
FORMAT = "lockstep-capture/1"
_CLIENT = re.compile(r"\{client:([a-z0-9-]+)\}")
"""Stands in a capture for the app id of a vendor's multi-tenant application, with its key in the catalogue."""
_MAKE_ONE = "`lockstep capture` makes such a file"


def is_capture(name: str) -> bool:
    """Tell whether a profile's name is that of a file."""
    return name.endswith(SUFFIX)


def read(name: str) -> Any:
    """Return what a capture holds, with this tenant in place of its own; UsageError when it is none."""
    # These import pydantic, which most runs do without.
    from pydantic import ValidationError

    from lockstep.emulator.profiles.captured_form import Capture

    document = read_json(Path(name), f"profile {name}", hint=_MAKE_ONE)
    text = json.dumps(document).replace("{tenant}", TENANT_ID)
    document = json.loads(_CLIENT.sub(lambda match: vendor_client_id(match[1]) or match[0], text))
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(f"profile {name}: is not a capture of format {FORMAT}; `lockstep capture` makes one")
    try:
        capture = Capture.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"profile {name}: {place}: {first['msg']}; {_MAKE_ONE}") from None
    held = {body.id for body in (*capture.service_principals, *capture.others.service_principals)}
    for row in capture.assignments:
        if row.client not in held:
            raise UsageError(
                f"profile {name}: `assignments` names the client {row.client}, which is not among its"
                f" `servicePrincipals`; {_MAKE_ONE}"
            )
    return document


class CapturedTenant(Base):
    """A tenant with the common parts, and with what a capture holds."""

    def fill(self, document: Any) -> None:
        """Put in what a capture holds."""
        for person in document["people"]:
            self._person(person)
        for body in [*document["applications"], *document["others"]["applications"]]:
            self._application(body)
        for body in [*document["servicePrincipals"], *document["others"]["servicePrincipals"]]:
            self._principal(body)
        for body in document["others"]["deleted"]:
            row = self._whole(application, body)
            self.tenant.store.put("deletedItems", {**row, "@odata.type": "#microsoft.graph.application"})
        for api in document["apis"]:
            self._api(api)
        for row in document["grants"]:
            self._grant(row)
        for row in document["assignments"]:
            self._assignment(row)

    def _person(self, person: Mapping[str, str]) -> None:
        number = person["id"][-6:]
        if person["kind"] == "user":
            address = f"captured-{person['id'][-12:]}@{TENANT_DOMAIN}"
            self.user(f"Captured {number}", address, ident=person["id"])
        else:
            name = f"Captured application {number}"
            self._principal({"id": person["id"], "appId": fixed_id("appId", person["id"]), "displayName": name})

    @staticmethod
    def _whole(kind: Any, body: Mapping[str, Any]) -> Object:
        plain = {name: value for name, value in body.items() if name not in _BESIDE}
        owners = list(body.get("owners") or ())
        return {**copied(kind.WRITABLE), **copied(kind.READ_ONLY), **plain, "_owners": owners}

    def _application(self, body: Mapping[str, Any]) -> None:
        row = self._whole(application, body)
        row["publisherDomain"] = TENANT_DOMAIN
        row["signInAudience"] = body.get("signInAudience") or "AzureADMyOrg"
        row |= {name: [{**blank, **entry} for entry in row[name]] for name, blank in _BLANK.items()}
        trusted = body.get("federatedIdentityCredentials") or []
        self.tenant.store.put("applications", {**row, "_federated": trusted} if trusted else row)

    def _principal(self, body: Mapping[str, Any]) -> None:
        foreign = foreign_app(body["appId"])
        own = self.tenant.applications.find(body["appId"], "appId")
        row = self._whole(principal, body)
        names = row["servicePrincipalNames"] or [body["appId"]]
        row |= {"appDisplayName": row["displayName"], "servicePrincipalNames": names}
        row["appOwnerOrganizationId"] = row["appOwnerOrganizationId"] or VENDOR_TENANT_ID
        row |= {name: [{**blank, **entry} for entry in row[name]] for name, blank in _BLANK.items()}
        if own is not None:
            row |= {"appRoles": own["appRoles"], "oauth2PermissionScopes": own["api"]["oauth2PermissionScopes"]}
        elif foreign is not None:
            row |= {name: foreign[name] for name in ("appRoles", "oauth2PermissionScopes")}
        self.tenant.store.put("servicePrincipals", row)
        for role in body.get("directoryRoles") or ():
            self.tenant.role_definitions.remember(role["id"], role["name"])
            entry = {
                "condition": None,
                "directoryScopeId": role["scope"],
                "id": fixed_id("roleAssignment", f"{row['id']}/{role['id']}/{role['scope']}"),
                "principalId": row["id"],
                "roleDefinitionId": role["id"],
            }
            self.tenant.store.put("roleAssignments", entry)

    def _api(self, api: Mapping[str, Any]) -> None:
        """Have an API offer what is consented on it; one that this tenant lacks is made as another vendor's."""
        row = self.tenant.principals.find(api["appId"], "appId")
        if row is None:
            body = {"id": fixed_id("servicePrincipal", api["appId"]), "appId": api["appId"]}
            self._principal({**body, "displayName": api["displayName"]})
            row = self.tenant.principals.get(body["id"])
        scopes = {entry["id"]: entry for entry in row["oauth2PermissionScopes"]}
        roles = {entry["id"]: entry for entry in row["appRoles"]}
        scopes = {**{scope["id"]: {**_offered(scope), "type": "Admin"} for scope in api["scopes"]}, **scopes}
        kinds = {"allowedMemberTypes": ["Application"], "origin": "Application"}
        roles = {**{role["id"]: {**_offered(role), **kinds} for role in api["roles"]}, **roles}
        changed = {"oauth2PermissionScopes": list(scopes.values()), "appRoles": list(roles.values())}
        self.tenant.store.put("servicePrincipals", {**row, **changed})

    def _grant(self, row: Mapping[str, Any]) -> None:
        """Put a grant in as it was: it may be one that nobody could make any more, on an API that is gone."""
        resource = self._resource(row["api"])["id"]
        entry = {
            "clientId": row["client"],
            "consentType": "Principal" if row["user"] else "AllPrincipals",
            "id": joined_id(row["client"], resource, *([row["user"]] if row["user"] else [])),
            "principalId": row["user"],
            "resourceId": resource,
            "scope": row["scope"],
        }
        self.tenant.store.put("oauth2PermissionGrants", entry)

    def _assignment(self, row: Mapping[str, Any]) -> None:
        client, resource = self.tenant.store["servicePrincipals"].rows[row["client"]], self._resource(row["api"])
        ident = fixed_id("assignment", f"{row['client']}/{row['api']}/{row['role']}")
        entry = assignment(ident, client, "ServicePrincipal", resource, row["role"], row["created"])
        self.tenant.store.put("appRoleAssignments", entry)

    def _resource(self, api: str) -> Object:
        """Return an API's principal by its app id. One that is gone is known by its object id, and stays gone."""
        return self.tenant.principals.find(api, "appId") or {"id": api, "displayName": None}


_BESIDE = ("owners", "federatedIdentityCredentials", "directoryRoles")
_BLANK: dict[str, Object] = {
    "passwordCredentials": {"customKeyIdentifier": None, "hint": None, "secretText": None},
    "keyCredentials": {"key": None},
}


def _offered(entry: Mapping[str, Any]) -> Object:
    return {"id": entry["id"], "isEnabled": entry["enabled"], "value": entry["value"], "displayName": entry["value"]}
