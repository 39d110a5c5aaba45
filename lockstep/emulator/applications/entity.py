"""The application object: every property with its default, and what may be filtered. Data only."""

from __future__ import annotations

from typing import Any

from lockstep.emulator.objects import ANY, ANY_EQ, DATES, EQ, TEXT
from lockstep.emulator.odata.query import Entity

WRITABLE: dict[str, Any] = {
    "addIns": [],
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
    "description": None,
    "displayName": None,
    "groupMembershipClaims": None,
    "identifierUris": [],
    "info": {
        "logoUrl": None,
        "marketingUrl": None,
        "privacyStatementUrl": None,
        "supportUrl": None,
        "termsOfServiceUrl": None,
    },
    "isDeviceOnlyAuthSupported": None,
    "isFallbackPublicClient": None,
    "keyCredentials": [],
    "nativeAuthenticationApisEnabled": None,
    "notes": None,
    "oauth2RequirePostResponse": False,
    "optionalClaims": None,
    "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
    "passwordCredentials": [],
    "publicClient": {"redirectUris": []},
    "requestSignatureVerification": None,
    "requiredResourceAccess": [],
    "samlMetadataUrl": None,
    "serviceManagementReference": None,
    "servicePrincipalLockConfiguration": None,
    "signInAudience": "AzureADandPersonalMicrosoftAccount",
    "spa": {"redirectUris": []},
    "tags": [],
    "tokenEncryptionKeyId": None,
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
    "appId": None,
    "applicationTemplateId": None,
    "certification": None,
    "createdDateTime": None,
    "deletedDateTime": None,
    "disabledByMicrosoftStatus": None,
    "id": None,
    "publisherDomain": None,
    "verifiedPublisher": {"addedDateTime": None, "displayName": None, "verifiedPublisherId": None},
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
    beta_only=frozenset({"oauth2RequirePostResponse", "authenticationBehaviors"}),
    orders=frozenset({"createdDateTime", "displayName"}),
    expands=frozenset({"owners"}),
)

FEDERATED = Entity(
    name="FederatedIdentityCredential",
    properties=frozenset({"id", "name", "issuer", "subject", "audiences", "description", "claimsMatchingExpression"}),
    filters={"id": EQ, "name": EQ, "issuer": EQ, "subject": EQ},
)
