"""azuread.Application over Graph, with the provider's own sequence of requests."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from lockstep.errors import RefusedError
from lockstep.rehearsal.azuread.base import (
    FEATURES,
    Model,
    change_owners,
    features,
    first_owners,
    ids_by_value,
    none_if_empty,
    roles_out,
    scopes_out,
    text,
    words,
)
from lockstep.rehearsal.azuread.schema import Changes, Field, Schema, in_order
from lockstep.rehearsal.model import Properties
from lockstep.rehearsal.values import UNKNOWN

_TEXTS = {  # property -> place in the Graph object
    "description": ("description",),
    "notes": ("notes",),
    "serviceManagementReference": ("serviceManagementReference",),
    "marketingUrl": ("info", "marketingUrl"),
    "privacyStatementUrl": ("info", "privacyStatementUrl"),
    "supportUrl": ("info", "supportUrl"),
    "termsOfServiceUrl": ("info", "termsOfServiceUrl"),
}
_URIS = {"redirectUris": Field(many=True, unordered=True)}
_SCOPE = {
    "adminConsentDescription": Field(),
    "adminConsentDisplayName": Field(),
    "enabled": Field(default=True),
    "id": Field(required=True),
    "type": Field(default="User"),
    "userConsentDescription": Field(),
    "userConsentDisplayName": Field(),
    "value": Field(),
}
_ROLE = {
    "allowedMemberTypes": Field(many=True, unordered=True, required=True),
    "description": Field(required=True),
    "displayName": Field(required=True),
    "enabled": Field(default=True),
    "id": Field(required=True),
    "value": Field(),
}
_ACCESS = {
    "resourceAccesses": Field(
        many=True, required=True, inner={"id": Field(required=True), "type": Field(required=True)}
    ),
    "resourceAppId": Field(required=True),
}
_TEMPORARY = "TERRAFORM_UPDATE_"


class Application(Model):
    """An app registration."""

    type = "azuread:index/application:Application"
    schema: ClassVar[Schema] = {
        "api": Field(
            inner={
                "knownClientApplications": Field(many=True, unordered=True),
                "mappedClaimsEnabled": Field(),
                "oauth2PermissionScopes": Field(many=True, key="id", inner=_SCOPE),
                "requestedAccessTokenVersion": Field(default=1),
            }
        ),
        "appRoles": Field(many=True, key="id", inner=_ROLE),
        "deviceOnlyAuthEnabled": Field(),
        "displayName": Field(required=True),
        "fallbackPublicClientEnabled": Field(),
        "featureTags": Field(many=True, computed=True, inner=FEATURES),
        "groupMembershipClaims": Field(many=True, unordered=True),
        "identifierUris": Field(many=True, unordered=True),
        "owners": Field(many=True, unordered=True),
        "preventDuplicateNames": Field(),
        "publicClient": Field(inner=_URIS),
        "requiredResourceAccesses": Field(many=True, key="resourceAppId", inner=_ACCESS),
        "signInAudience": Field(default="AzureADMyOrg"),
        "singlePageApplication": Field(inner=_URIS),
        "tags": Field(many=True, unordered=True, computed=True),
        "web": Field(
            inner={
                "homepageUrl": Field(),
                "implicitGrant": Field(
                    inner={"accessTokenIssuanceEnabled": Field(), "idTokenIssuanceEnabled": Field()}
                ),
                "logoutUrl": Field(),
                **_URIS,
            }
        ),
        **{name: Field() for name in _TEXTS},
    }
    computed = (
        *("appRoleIds", "clientId", "disabledByMicrosoft", "featureTags", "id", "logoUrl", "oauth2PermissionScopeIds"),
        *("objectId", "publisherDomain", "templateId"),
    )

    async def plan(self, olds: Properties | None, news: Properties) -> None:
        """Refuse a second application of the same name, where the program asks for that."""
        name = news.get("displayName")
        if not news.get("preventDuplicateNames") or name in (None, UNKNOWN):
            return
        if olds is None or olds.get("displayName") != name:
            await self._refuse_duplicate(str(name))

    async def create(self, inputs: Properties) -> str:
        """POST, touch the name until Graph takes a PATCH, then take the caller off the owners."""
        name = str(inputs["displayName"])
        if inputs.get("preventDuplicateNames"):
            await self._refuse_duplicate(name)
        owners, caller_stays = first_owners(self._graph, inputs)
        body = _body(inputs)
        body["api"]["oauth2PermissionScopes"] = _scopes_in(inputs)
        body["appRoles"] = _roles_in(inputs)
        body["identifierUris"] = words(inputs, "identifierUris")
        body["optionalClaims"] = {}
        body["requiredResourceAccess"] = _access_in(inputs)
        body["owners@odata.bind"] = owners
        made = await self._graph.send("POST", "/v1.0/applications", body)
        path = f"/v1.0/applications/{made['id']}"
        for display_name in (f"{_TEMPORARY}{uuid.uuid4()}", name):
            await self._graph.send("PATCH", path, {**_ODATA, "displayName": display_name}, patient=True)
        if not caller_stays:
            await self._graph.gone(f"{path}/owners/{self._graph.object_id}/$ref")
        return f"/applications/{made['id']}"

    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """Three reads, as the provider makes them."""
        path = f"/v1.0{id_}"
        app = await self._graph.get(path)
        if app is None:
            return None
        beta = await self._graph.get(f"/beta{id_}", select="oauth2RequirePostResponse") or {}
        owners = [str(owner["id"]) for owner in await self._graph.values(f"{path}/owners")]
        outputs = _outputs(app, inputs, owners)
        outputs["oauth2PostResponseRequired"] = bool(beta.get("oauth2RequirePostResponse"))
        return outputs

    async def update(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> None:
        """One PATCH of what the provider always sends plus what changed; removed scopes are disabled first."""
        path, changed = f"/v1.0{id_}", set(changes.keys)
        if "displayName" in changed and inputs.get("preventDuplicateNames"):
            await self._refuse_duplicate(str(inputs["displayName"]))
        body = _body(inputs)
        if "tags" not in inputs:
            body["tags"] = words(olds, "tags")
        if any(entry.startswith("api.oauth2PermissionScopes") for entry in changes.paths):
            await self._disable_scopes(path, olds, inputs)
            body["api"]["oauth2PermissionScopes"] = _scopes_in(inputs)
        if "appRoles" in changed:
            body["appRoles"] = _roles_in(inputs)
        if "identifierUris" in changed:
            body["identifierUris"] = words(inputs, "identifierUris")
        if "requiredResourceAccesses" in changed:
            body["requiredResourceAccess"] = _access_in(inputs)
        await self._graph.send("PATCH", path, body)
        if "owners" in changed:
            await change_owners(self._graph, path, words(inputs, "owners"))

    async def delete(self, id_: str, olds: Properties) -> None:
        """Delete the registration; Entra takes its service principal along."""
        await self._graph.gone(f"/v1.0{id_}")

    async def find(self, inputs: Properties) -> str | None:
        """Find an app with exactly this content under its name, or under the provider's temporary one."""
        name = str(inputs["displayName"])
        wanted_scopes = {scope["id"] for scope in _scopes_in(inputs)}
        for app in await self._graph.values("/v1.0/applications"):
            scopes = {scope.get("id") for scope in (app.get("api") or {}).get("oauth2PermissionScopes") or []}
            named = app.get("displayName") == name or str(app.get("displayName")).startswith(_TEMPORARY)
            same = _access_set(app.get("requiredResourceAccess")) == _access_set(_access_in(inputs))
            tagged = set(words(inputs, "tags")) == set(app.get("tags") or [])
            if named and same and tagged and scopes == wanted_scopes:
                return f"/applications/{app['id']}"
        return None

    async def _refuse_duplicate(self, name: str) -> None:
        quoted = name.replace("'", "''")
        for app in await self._graph.values("/v1.0/applications", filter=f"displayName eq '{quoted}'"):
            raise RefusedError(
                f"an application named {name!r} exists already (object id {app['id']}) and preventDuplicateNames is "
                "set: nothing was created; take it over with `lockstep adopt`, or import it"
            )

    async def _disable_scopes(self, path: str, olds: Properties, inputs: Properties) -> None:
        """Disable scopes that go away: Graph removes only disabled ones."""
        kept = {scope["id"] for scope in _scopes_in(inputs)}
        present = _scopes_in(olds)
        if any(scope["id"] not in kept and scope["isEnabled"] for scope in present):
            scopes = [scope if scope["id"] in kept else {**scope, "isEnabled": False} for scope in present]
            await self._graph.send("PATCH", path, {**_ODATA, "api": {"oauth2PermissionScopes": scopes}})


_ODATA = {"@odata.type": "#microsoft.graph.application"}


def _body(inputs: Properties) -> dict[str, Any]:
    """Return what the provider sends with every create and update."""
    api, web = inputs.get("api") or {}, inputs.get("web") or {}
    grant = web.get("implicitGrant") or {}
    return {
        **_ODATA,
        "api": {
            "acceptMappedClaims": bool(api.get("mappedClaimsEnabled")),
            "knownClientApplications": words(api, "knownClientApplications"),
            "requestedAccessTokenVersion": api.get("requestedAccessTokenVersion") or 1,
        },
        "description": none_if_empty(inputs.get("description")),
        "displayName": inputs["displayName"],
        "groupMembershipClaims": ",".join(words(inputs, "groupMembershipClaims")) or None,
        "info": {place[1]: none_if_empty(inputs.get(name)) for name, place in _TEXTS.items() if len(place) > 1},
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


def _outputs(app: dict[str, Any], inputs: Properties, owners: list[str]) -> Properties:
    api, info, web = app.get("api") or {}, app.get("info") or {}, app.get("web") or {}
    grant = web.get("implicitGrantSettings") or {}
    scopes, roles = scopes_out(api.get("oauth2PermissionScopes") or []), roles_out(app.get("appRoles") or [])
    places = {name: app if len(place) == 1 else app.get(place[0]) or {} for name, place in _TEXTS.items()}
    wanted_scopes = (inputs.get("api") or {}).get("oauth2PermissionScopes") or []
    access = [
        {
            "resourceAccesses": [
                {"id": entry["id"], "type": entry["type"]} for entry in item.get("resourceAccess") or []
            ],
            "resourceAppId": item["resourceAppId"],
        }
        for item in app.get("requiredResourceAccess") or []
    ]
    schema = Application.schema
    return {
        "api": {
            "knownClientApplications": list(api.get("knownClientApplications") or []),
            "mappedClaimsEnabled": bool(api.get("acceptMappedClaims")),
            "oauth2PermissionScopes": in_order(Field(key="id"), scopes, wanted_scopes),
            "requestedAccessTokenVersion": api.get("requestedAccessTokenVersion") or 1,
        },
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
        "identifierUris": in_order(
            schema["identifierUris"], app.get("identifierUris") or [], words(inputs, "identifierUris")
        ),
        "logoImage": "",
        "logoUrl": text(info.get("logoUrl")),
        "oauth2PermissionScopeIds": ids_by_value(scopes),
        "objectId": text(app.get("id")),
        "optionalClaims": {"accessTokens": [], "idTokens": [], "saml2Tokens": []},
        "owners": in_order(schema["owners"], owners, words(inputs, "owners")),
        "password": None,
        "preventDuplicateNames": bool(inputs.get("preventDuplicateNames")),
        "publicClient": {"redirectUris": list((app.get("publicClient") or {}).get("redirectUris") or [])},
        "publisherDomain": text(app.get("publisherDomain")),
        "requiredResourceAccesses": in_order(
            schema["requiredResourceAccesses"], access, inputs.get("requiredResourceAccesses") or []
        ),
        "signInAudience": text(app.get("signInAudience")),
        "singlePageApplication": {"redirectUris": list((app.get("spa") or {}).get("redirectUris") or [])},
        "tags": in_order(schema["tags"], app.get("tags") or [], words(inputs, "tags")),
        "templateId": text(app.get("applicationTemplateId")),
        "web": {
            "homepageUrl": text(web.get("homePageUrl")),
            "implicitGrant": {
                "accessTokenIssuanceEnabled": bool(grant.get("enableAccessTokenIssuance")),
                "idTokenIssuanceEnabled": bool(grant.get("enableIdTokenIssuance")),
            },
            "logoutUrl": text(web.get("logoutUrl")),
            "redirectUris": list(web.get("redirectUris") or []),
        },
        **{name: text(places[name].get(place[-1])) for name, place in _TEXTS.items()},
    }


def _scopes_in(inputs: Properties) -> list[dict[str, Any]]:
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


def _roles_in(inputs: Properties) -> list[dict[str, Any]]:
    return [
        {
            **{name: role.get(name) for name in ("allowedMemberTypes", "description", "displayName", "id", "value")},
            "isEnabled": bool(role.get("enabled", True)),
        }
        for role in inputs.get("appRoles") or []
    ]


def _access_in(inputs: Properties) -> list[dict[str, Any]]:
    return [
        {
            "resourceAccess": [{"id": entry["id"], "type": entry["type"]} for entry in item["resourceAccesses"]],
            "resourceAppId": item["resourceAppId"],
        }
        for item in inputs.get("requiredResourceAccesses") or []
    ]


def _access_set(access: list[dict[str, Any]] | None) -> set[tuple[str, str, str]]:
    return {
        (str(item["resourceAppId"]), str(entry["type"]), str(entry["id"]))
        for item in access or []
        for entry in item.get("resourceAccess") or []
    }
