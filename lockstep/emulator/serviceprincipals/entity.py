"""The service principal object: every property with its default, and what may be filtered. Data only."""

from __future__ import annotations

from typing import Any

from lockstep.emulator.objects import ANY, ANY_EQ, EQ, TEXT
from lockstep.emulator.odata.query import Entity

WRITABLE: dict[str, Any] = {
    "accountEnabled": True,
    "addIns": [],
    "alternativeNames": [],
    "appRoleAssignmentRequired": False,
    "description": None,
    "displayName": None,
    "homepage": None,
    "keyCredentials": [],
    "loginUrl": None,
    "logoutUrl": None,
    "notes": None,
    "notificationEmailAddresses": [],
    "passwordCredentials": [],
    "preferredSingleSignOnMode": None,
    "preferredTokenSigningKeyThumbprint": None,
    "replyUrls": [],
    "samlSingleSignOnSettings": None,
    "servicePrincipalType": "Application",
    "tags": [],
    "tokenEncryptionKeyId": None,
}

READ_ONLY: dict[str, Any] = {
    "appDescription": None,
    "appDisplayName": None,
    "appId": None,
    "appOwnerOrganizationId": None,
    "appRoles": [],
    "applicationTemplateId": None,
    "createdDateTime": None,
    "deletedDateTime": None,
    "disabledByMicrosoftStatus": None,
    "id": None,
    "info": {
        "logoUrl": None,
        "marketingUrl": None,
        "privacyStatementUrl": None,
        "supportUrl": None,
        "termsOfServiceUrl": None,
    },
    "oauth2PermissionScopes": [],
    "resourceSpecificApplicationPermissions": [],
    "samlMetadataUrl": None,
    "servicePrincipalNames": [],
    "signInAudience": None,
    "verifiedPublisher": {"addedDateTime": None, "displayName": None, "verifiedPublisherId": None},
}

PRINCIPAL = Entity(
    name="ServicePrincipal",
    properties=frozenset(WRITABLE) | frozenset(READ_ONLY),
    filters={
        "accountEnabled": EQ,
        "alternativeNames": ANY,
        "appId": EQ,
        "appOwnerOrganizationId": EQ,
        "displayName": TEXT,
        "id": EQ,
        "servicePrincipalNames": ANY,
        "servicePrincipalType": EQ,
        "tags": ANY,
        "keyCredentials/any/keyId": ANY_EQ,
        "passwordCredentials/any/keyId": ANY_EQ,
    },
    beta_only=frozenset({"samlMetadataUrl"}),
    orders=frozenset({"createdDateTime", "displayName"}),
    expands=frozenset({"appRoleAssignedTo", "appRoleAssignments", "owners"}),
)
