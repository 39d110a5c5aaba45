"""azuread.Application over Graph, with the provider's own sequence of requests."""

from __future__ import annotations

import uuid
from typing import ClassVar

from lockstep.deployment import Properties
from lockstep.errors import RefusedError, TenantError
from lockstep.rehearsal.azuread.application_wire import (
    ODATA,
    TEXTS,
    access_in,
    access_set,
    body_of,
    outputs_of,
    roles_in,
    scopes_in,
)
from lockstep.rehearsal.azuread.base import FEATURES, Model, PartlyMadeError, change_owners, first_owners, words
from lockstep.rehearsal.azuread.connection import not_there_yet
from lockstep.rehearsal.azuread.schema import Changes, Field, Schema
from lockstep.rehearsal.values import UNKNOWN

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
        **{name: Field() for name in TEXTS},
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
        body = body_of(inputs)
        body["api"]["oauth2PermissionScopes"] = scopes_in(inputs)
        body["appRoles"] = roles_in(inputs)
        body["identifierUris"] = words(inputs, "identifierUris")
        body["optionalClaims"] = {}
        body["requiredResourceAccess"] = access_in(inputs)
        body["owners@odata.bind"] = owners
        made = await self._graph.send("POST", "/v1.0/applications", body)
        id_ = f"/applications/{made['id']}"
        try:
            for display_name in (f"{_TEMPORARY}{uuid.uuid4()}", name):
                body = {**ODATA, "displayName": display_name}
                await self._graph.send("PATCH", f"/v1.0{id_}", body, again=not_there_yet)
            if not caller_stays:
                await self._graph.send("DELETE", f"/v1.0{id_}/owners/{self._graph.object_id}/$ref")
        except TenantError as error:
            raise PartlyMadeError(id_, error) from error
        return id_

    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """Three reads, as the provider makes them."""
        path = f"/v1.0{id_}"
        app = await self._graph.get(path)
        if app is None:
            return None
        beta = await self._graph.get(f"/beta{id_}", select="oauth2RequirePostResponse") or {}
        owners = [str(owner["id"]) for owner in await self._graph.values(f"{path}/owners")]
        outputs = outputs_of(app, inputs, owners)
        outputs["oauth2PostResponseRequired"] = bool(beta.get("oauth2RequirePostResponse"))
        return outputs

    async def update(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> None:
        """One PATCH of what the provider always sends plus what changed; removed scopes are disabled first."""
        path, changed = f"/v1.0{id_}", set(changes.keys)
        if "displayName" in changed and inputs.get("preventDuplicateNames"):
            await self._refuse_duplicate(str(inputs["displayName"]))
        body = body_of(inputs)
        if "tags" not in inputs:
            body["tags"] = words(olds, "tags")
        if any(entry.startswith("api.oauth2PermissionScopes") for entry in changes.paths):
            await self._disable_scopes(path, olds, inputs)
            body["api"]["oauth2PermissionScopes"] = scopes_in(inputs)
        if "appRoles" in changed:
            body["appRoles"] = roles_in(inputs)
        if "identifierUris" in changed:
            body["identifierUris"] = words(inputs, "identifierUris")
        if "requiredResourceAccesses" in changed:
            body["requiredResourceAccess"] = access_in(inputs)
        await self._graph.send("PATCH", path, body)
        if "owners" in changed:
            await change_owners(self._graph, path, words(inputs, "owners"))

    async def delete(self, id_: str, olds: Properties) -> None:
        """Delete the registration; Entra takes its service principal along."""
        await self._graph.send("DELETE", f"/v1.0{id_}")

    async def find(self, inputs: Properties) -> str | None:
        """Find an app with exactly this content under its name, or under the provider's temporary one."""
        name = str(inputs["displayName"])
        wanted_scopes = {scope["id"] for scope in scopes_in(inputs)}
        for app in await self._graph.values("/v1.0/applications"):
            scopes = {scope.get("id") for scope in (app.get("api") or {}).get("oauth2PermissionScopes") or []}
            named = app.get("displayName") == name or str(app.get("displayName")).startswith(_TEMPORARY)
            same = access_set(app.get("requiredResourceAccess")) == access_set(access_in(inputs))
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
        kept = {scope["id"] for scope in scopes_in(inputs)}
        present = scopes_in(olds)
        if any(scope["id"] not in kept and scope["isEnabled"] for scope in present):
            scopes = [scope if scope["id"] in kept else {**scope, "isEnabled": False} for scope in present]
            await self._graph.send("PATCH", path, {**ODATA, "api": {"oauth2PermissionScopes": scopes}})
