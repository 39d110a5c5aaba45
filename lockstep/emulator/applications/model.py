"""App registrations: the properties that they have, with their defaults, and the rules for them. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.applications.limits import check_application, check_manifest
from lockstep.emulator.applications.uris import check_addresses, check_identifier_uris
from lockstep.emulator.constants import TENANT_DOMAIN
from lockstep.emulator.credentials import (
    HOLDER_READ_ONLY,
    HOLDER_WRITABLE,
    INFO,
    CredentialHolders,
    kept_passwords,
)
from lockstep.emulator.exceptions import BadRequestError, SameKeyError
from lockstep.emulator.objects import check_permissions, checked
from lockstep.emulator.odata.filter import ANY, ANY_EQ, DATES, EQ, TEXT
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.policies.model import AppManagement
from lockstep.emulator.serviceprincipals.model import ServicePrincipals
from lockstep.emulator.store import Object

WRITABLE: dict[str, Any] = {
    **HOLDER_WRITABLE,
    "api": {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
        "requestedAccessTokenVersion": None,
    },
    "appRoles": [],
    "authenticationBehaviors": None,
    "defaultRedirectUri": None,
    "groupMembershipClaims": None,
    "identifierUris": [],
    "info": INFO,
    "isDeviceOnlyAuthSupported": None,
    "isFallbackPublicClient": None,
    "nativeAuthenticationApisEnabled": None,
    "oauth2RequirePostResponse": False,
    "optionalClaims": None,
    "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
    "publicClient": {"redirectUris": []},
    "requestSignatureVerification": None,
    "requiredResourceAccess": [],
    "samlMetadataUrl": None,
    "serviceManagementReference": None,
    "servicePrincipalLockConfiguration": None,
    "signInAudience": "AzureADandPersonalMicrosoftAccount",
    "spa": {"redirectUris": []},
    "uniqueName": None,
    "web": {
        "homePageUrl": None,
        "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        "logoutUrl": None,
        "redirectUriSettings": [],
        "redirectUris": [],
    },
}

READ_ONLY: dict[str, Any] = {
    **HOLDER_READ_ONLY,
    "certification": None,
    "publisherDomain": None,
}

APPLICATION = Entity(
    name="Application",
    properties=frozenset(WRITABLE) | frozenset(READ_ONLY),
    filters={
        "appId": EQ,
        "createdDateTime": DATES,
        "displayName": TEXT,
        "id": EQ,
        "identifierUris": ANY,
        "publisherDomain": TEXT,
        "requiredResourceAccess/any/resourceAppId": ANY_EQ,
        "signInAudience": TEXT,
        "tags": ANY,
        "uniqueName": EQ,
        "web/redirectUris": ANY,
        "keyCredentials/any/keyId": ANY_EQ,
        "passwordCredentials/any/keyId": ANY_EQ,
    },
    # Of v1.0 too, where only those see them who ask for them.
    shown=(frozenset(WRITABLE) | frozenset(READ_ONLY)) - {"authenticationBehaviors", "oauth2RequirePostResponse"},
    orders=frozenset({"createdDateTime", "displayName"}),
    expands=frozenset({"owners"}),
    binds=frozenset({"owners"}),
)


@dataclass(eq=False)
class Applications(CredentialHolders):
    """The app registrations of a tenant."""

    table_name, resource, keys = "applications", "Application", ("appId", "uniqueName")
    writable, read_only = WRITABLE, READ_ONLY
    principals: ServicePrincipals
    policy: AppManagement

    def create(self, body: Mapping[str, Any], owners: Iterable[str] = ()) -> Object:
        """Register an application; `owners` are added to those that the body binds."""
        new = checked(body, WRITABLE, self.resource)
        ident, app_id = self.records.new_id("application"), self.records.new_id("appId")
        empty = {**self._empty(ident), "appId": app_id}
        empty.update({"createdDateTime": self.records.now(), "publisherDomain": TENANT_DOMAIN})
        passwords = new.pop("passwordCredentials", None) or []
        self.put({**self._changed(empty, new), "_owners": self._owners(body, owners)})
        shown = [self.add_password(ident, password) for password in passwords]
        return {**self.table.rows[ident], **({"passwordCredentials": shown} if shown else {})}

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change an application, and what its service principal shows of it."""
        new = self._values(row, body)
        if "passwordCredentials" in new:
            new["passwordCredentials"] = kept_passwords(row, new["passwordCredentials"] or [])
        if new.get("uniqueName", row["uniqueName"]) != row["uniqueName"] and row["uniqueName"] is not None:
            raise BadRequestError("Property 'uniqueName' is read-only and cannot be set.")
        return self.show(self._changed(row, new))

    def show(self, row: Object) -> Object:
        """Keep a changed application, and have its service principal show the change."""
        before = self.table.rows[row["id"]]
        self.put(row)
        self.principals.follow(before, row)
        return row

    def delete(self, row: Object) -> None:
        """Move an application and its service principal to the deleted items."""
        for principal in self.principals.table.by("appId", row["appId"]):
            self.principals.delete(principal)
        self.objects.bury(self.table_name, row)

    def check_return(self, row: Object) -> None:
        """Refuse to restore an application whose identifier URI or unique name another one has by now."""
        for uri in row["identifierUris"]:
            self._check_free(row, "identifierUris", uri)
        if row.get("uniqueName"):
            self._check_free(row, "uniqueName", row["uniqueName"])

    def _changed(self, row: Object, new: Mapping[str, Any]) -> Object:
        changed = self._merged(row, new)
        check_application(changed, new)
        if "identifierUris" in new or "requestedAccessTokenVersion" in (new.get("api") or {}):
            restrictions = self.policy.restrictions(changed["createdDateTime"])
            check_identifier_uris(row, changed, restrictions, saml=self._signs_in_by_saml(row))
        check_addresses(changed, new)
        old_scopes, scopes = row["api"]["oauth2PermissionScopes"], changed["api"]["oauth2PermissionScopes"]
        exists = self.table.get(row["id"]) is not None
        # An id of an app role is taken there too, and gives nothing: microsoftgraph/microsoft-graph-docs#20872.
        roles = (row if exists else changed)["appRoles"]
        check_manifest(changed, new, [*(old_scopes if exists else scopes), *roles])
        if scopes is not old_scopes:
            check_permissions(old_scopes, scopes, "api.oauth2PermissionScopes")
        if changed["appRoles"] is not row["appRoles"]:
            check_permissions(row["appRoles"], changed["appRoles"], "appRoles")
        self.check_return(changed)
        return changed

    def _signs_in_by_saml(self, row: Object) -> bool:
        principals = self.principals.table.by("appId", row["appId"])
        return any(str(principal["preferredSingleSignOnMode"]).lower() == "saml" for principal in principals)

    def _check_free(self, row: Object, name: str, value: str) -> None:
        if any(other["id"] != row["id"] for other in self.table.by(name, value)):
            message = f"Another object with the same value for property {name} already exists."
            raise SameKeyError(message, status=400)
