"""An application in the provider's properties and in Graph's: what is sent and what is recorded. Pure."""

from __future__ import annotations

from typing import Any

from lockstep.deployment import Properties
from lockstep.rehearsal.azuread.base import (
    features,
    ids_by_value,
    none_if_empty,
    roles_out,
    scopes_out,
    text,
    words,
)
from lockstep.rehearsal.azuread.schema import in_order

TEXTS = {  # property -> place in the Graph object
    "description": ("description",),
    "notes": ("notes",),
    "serviceManagementReference": ("serviceManagementReference",),
    "marketingUrl": ("info", "marketingUrl"),
    "privacyStatementUrl": ("info", "privacyStatementUrl"),
    "supportUrl": ("info", "supportUrl"),
    "termsOfServiceUrl": ("info", "termsOfServiceUrl"),
}
ODATA = {"@odata.type": "#microsoft.graph.application"}


def body_of(inputs: Properties) -> dict[str, Any]:
    """Return what the provider sends with every create and update."""
    api, web = inputs.get("api") or {}, inputs.get("web") or {}
    grant = web.get("implicitGrant") or {}
    return {
        **ODATA,
        "api": {
            "acceptMappedClaims": bool(api.get("mappedClaimsEnabled")),
            "knownClientApplications": words(api, "knownClientApplications"),
            "requestedAccessTokenVersion": api.get("requestedAccessTokenVersion") or 1,
        },
        "description": none_if_empty(inputs.get("description")),
        "displayName": inputs["displayName"],
        "groupMembershipClaims": ",".join(words(inputs, "groupMembershipClaims")) or None,
        "info": {place[1]: none_if_empty(inputs.get(name)) for name, place in TEXTS.items() if len(place) > 1},
        "isDeviceOnlyAuthSupported": bool(inputs.get("deviceOnlyAuthEnabled")),
        "isFallbackPublicClient": bool(inputs.get("fallbackPublicClientEnabled")),
        "notes": none_if_empty(inputs.get("notes")),
        "publicClient": {"redirectUris": words(inputs.get("publicClient") or {}, "redirectUris")},
        "serviceManagementReference": none_if_empty(inputs.get("serviceManagementReference")),
        "signInAudience": inputs.get("signInAudience") or "AzureADMyOrg",
        "spa": {"redirectUris": words(inputs.get("singlePageApplication") or {}, "redirectUris")},
        "tags": words(inputs, "tags"),
        "web": {
            "homePageUrl": none_if_empty(web.get("homepageUrl")),
            "implicitGrantSettings": {
                "enableAccessTokenIssuance": bool(grant.get("accessTokenIssuanceEnabled")),
                "enableIdTokenIssuance": bool(grant.get("idTokenIssuanceEnabled")),
            },
            "logoutUrl": none_if_empty(web.get("logoutUrl")),
            "redirectUris": words(web, "redirectUris"),
        },
    }


def outputs_of(app: dict[str, Any], inputs: Properties, owners: list[str]) -> Properties:
    """Return a Graph application as the provider records it; `inputs` give sets their order."""
    api, info = app.get("api") or {}, app.get("info") or {}
    scopes, roles = scopes_out(api.get("oauth2PermissionScopes") or []), roles_out(app.get("appRoles") or [])
    access = [
        {
            "resourceAccesses": [_pair(entry) for entry in item.get("resourceAccess") or []],
            "resourceAppId": item["resourceAppId"],
        }
        for item in app.get("requiredResourceAccess") or []
    ]
    return {
        "api": _api_out(api, scopes, inputs),
        "appRoleIds": ids_by_value(roles),
        "appRoles": roles,
        "clientId": text(app.get("appId")),
        "deviceOnlyAuthEnabled": bool(app.get("isDeviceOnlyAuthSupported")),
        "disabledByMicrosoft": text(app.get("disabledByMicrosoftStatus")),
        "displayName": text(app.get("displayName")),
        "fallbackPublicClientEnabled": bool(app.get("isFallbackPublicClient")),
        "featureTags": features(app.get("tags") or [], long_names=False),
        "groupMembershipClaims": [claim for claim in text(app.get("groupMembershipClaims")).split(",") if claim],
        "id": f"/applications/{app['id']}",
        "identifierUris": in_order("", app.get("identifierUris") or [], words(inputs, "identifierUris")),
        "logoImage": "",
        "logoUrl": text(info.get("logoUrl")),
        "oauth2PermissionScopeIds": ids_by_value(scopes),
        "objectId": text(app.get("id")),
        "optionalClaims": {"accessTokens": [], "idTokens": [], "saml2Tokens": []},
        "owners": in_order("", owners, words(inputs, "owners")),
        "password": None,
        "preventDuplicateNames": bool(inputs.get("preventDuplicateNames")),
        "publisherDomain": text(app.get("publisherDomain")),
        "requiredResourceAccesses": in_order("resourceAppId", access, inputs.get("requiredResourceAccesses") or []),
        "signInAudience": text(app.get("signInAudience")),
        "tags": in_order("", app.get("tags") or [], words(inputs, "tags")),
        "templateId": text(app.get("applicationTemplateId")),
        **_platforms_out(app),
        **_texts_out(app),
    }


def _api_out(api: dict[str, Any], scopes: list[dict[str, Any]], inputs: Properties) -> Properties:
    declared = (inputs.get("api") or {}).get("oauth2PermissionScopes") or []
    return {
        "knownClientApplications": list(api.get("knownClientApplications") or []),
        "mappedClaimsEnabled": bool(api.get("acceptMappedClaims")),
        "oauth2PermissionScopes": in_order("id", scopes, declared),
        "requestedAccessTokenVersion": api.get("requestedAccessTokenVersion") or 1,
    }


def _platforms_out(app: dict[str, Any]) -> Properties:
    web = app.get("web") or {}
    grant = web.get("implicitGrantSettings") or {}
    return {
        "publicClient": {"redirectUris": words(app.get("publicClient") or {}, "redirectUris")},
        "singlePageApplication": {"redirectUris": words(app.get("spa") or {}, "redirectUris")},
        "web": {
            "homepageUrl": text(web.get("homePageUrl")),
            "implicitGrant": {
                "accessTokenIssuanceEnabled": bool(grant.get("enableAccessTokenIssuance")),
                "idTokenIssuanceEnabled": bool(grant.get("enableIdTokenIssuance")),
            },
            "logoutUrl": text(web.get("logoutUrl")),
            "redirectUris": words(web, "redirectUris"),
        },
    }


def _texts_out(app: dict[str, Any]) -> Properties:
    places = {name: app if len(place) == 1 else app.get(place[0]) or {} for name, place in TEXTS.items()}
    return {name: text(places[name].get(place[-1])) for name, place in TEXTS.items()}


def scopes_in(inputs: Properties) -> list[dict[str, Any]]:
    """Return exposed scopes as Graph wants them."""
    scopes = (inputs.get("api") or {}).get("oauth2PermissionScopes") or []
    names = ("adminConsentDescription", "adminConsentDisplayName", "userConsentDescription", "userConsentDisplayName")
    return [
        {
            **{name: text(scope.get(name)) for name in names},
            "id": scope["id"],
            "isEnabled": bool(scope.get("enabled", True)),
            "type": scope.get("type") or "User",
            "value": text(scope.get("value")),
        }
        for scope in scopes
    ]


def roles_in(inputs: Properties) -> list[dict[str, Any]]:
    """Return app roles as Graph wants them."""
    return [
        {
            **{name: role.get(name) for name in ("allowedMemberTypes", "description", "displayName", "id", "value")},
            "isEnabled": bool(role.get("enabled", True)),
        }
        for role in inputs.get("appRoles") or []
    ]


def access_in(inputs: Properties) -> list[dict[str, Any]]:
    """Return configured permissions as Graph wants them."""
    return [
        {
            "resourceAccess": [_pair(entry) for entry in item["resourceAccesses"]],
            "resourceAppId": item["resourceAppId"],
        }
        for item in inputs.get("requiredResourceAccesses") or []
    ]


def _pair(entry: dict[str, Any]) -> dict[str, Any]:
    return {"id": entry["id"], "type": entry["type"]}
