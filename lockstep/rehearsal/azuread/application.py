"""azuread.Application over Graph, with the requests of the real provider in their order."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from lockstep.deployment import UNKNOWN, Properties
from lockstep.directory.identification import PROVISIONAL, is_left_over
from lockstep.directory.records import ApplicationRecord
from lockstep.errors import RefusedError
from lockstep.provider.wording import adopt_command
from lockstep.rehearsal.azuread.application_wire import (
    ODATA,
    TEXTS,
    access_in,
    body_of,
    outputs_of,
    roles_in,
    scopes_in,
)
from lockstep.rehearsal.azuread.base import FEATURES, OwnedModel, words
from lockstep.rehearsal.azuread.connection import not_there_yet
from lockstep.rehearsal.azuread.schema import Changes, Field, Schema
from lockstep.resource_types import APPLICATION

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


class ApplicationModel(OwnedModel):
    """An app registration."""

    collection = "/applications"
    odata = ODATA
    beta_property = "oauth2RequirePostResponse"

    type = APPLICATION
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
        """POST, then touch the name until Graph takes a PATCH."""
        name = str(inputs["displayName"])
        if inputs.get("preventDuplicateNames"):
            await self._refuse_duplicate(name)
        body = body_of(inputs)
        body["api"]["oauth2PermissionScopes"] = scopes_in(inputs)
        body["appRoles"] = roles_in(inputs)
        body["identifierUris"] = words(inputs, "identifierUris")
        body["optionalClaims"] = {}
        body["requiredResourceAccess"] = access_in(inputs)
        patches = [{"displayName": shown} for shown in (f"{PROVISIONAL}{uuid.uuid4()}", name)]
        return await self.make(body, inputs, patches, patch_again=not_there_yet)

    def outputs(
        self, record: dict[str, Any], beta: dict[str, Any], owners: list[str], inputs: Properties
    ) -> Properties:
        """Return a Graph application as the provider records it."""
        post_response = bool(beta.get("oauth2RequirePostResponse"))
        return {**outputs_of(record, inputs, owners), "oauth2PostResponseRequired": post_response}

    async def change(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> dict[str, Any]:
        """Return what the provider always sends plus what changed; removed scopes are disabled first."""
        changed = set(changes.keys)
        if "displayName" in changed and inputs.get("preventDuplicateNames"):
            await self._refuse_duplicate(str(inputs["displayName"]))
        body = body_of(inputs)
        if any(entry.startswith("api.oauth2PermissionScopes") for entry in changes.paths):
            await self._disable_scopes(f"/v1.0{id_}", olds, inputs)
            body["api"]["oauth2PermissionScopes"] = scopes_in(inputs)
        if "appRoles" in changed:
            body["appRoles"] = roles_in(inputs)
        if "identifierUris" in changed:
            body["identifierUris"] = words(inputs, "identifierUris")
        if "requiredResourceAccesses" in changed:
            body["requiredResourceAccess"] = access_in(inputs)
        return body

    async def find(self, inputs: Properties) -> str | None:
        """Find an app with exactly this content under its name, or under the provider's temporary one."""
        intended = ApplicationRecord.from_graph({"id": "", "displayName": inputs["displayName"], **_content(inputs)})
        for app in await self._graph.values("/v1.0/applications"):
            if is_left_over(ApplicationRecord.from_graph(app), intended):
                return f"/applications/{app['id']}"
        return None

    async def _refuse_duplicate(self, name: str) -> None:
        quoted = name.replace("'", "''")
        for app in await self._graph.values("/v1.0/applications", filter=f"displayName eq '{quoted}'"):
            raise RefusedError(
                f"an application named {name!r} exists already (object id {app['id']}) and preventDuplicateNames is "
                f"set: nothing was created; to fix: {adopt_command()} takes it over"
            )

    async def _disable_scopes(self, path: str, olds: Properties, inputs: Properties) -> None:
        """Disable scopes that go away: Graph removes only disabled ones."""
        kept = {scope["id"] for scope in scopes_in(inputs)}
        present = scopes_in(olds)
        if any(scope["id"] not in kept and scope["isEnabled"] for scope in present):
            scopes = [scope if scope["id"] in kept else {**scope, "isEnabled": False} for scope in present]
            await self._graph.send("PATCH", path, {**ODATA, "api": {"oauth2PermissionScopes": scopes}})


def _content(inputs: Properties) -> dict[str, Any]:
    """Return what tells an application from others of its name, as Graph has it."""
    access, scopes = access_in(inputs), {"oauth2PermissionScopes": scopes_in(inputs)}
    return {"requiredResourceAccess": access, "api": scopes, "tags": words(inputs, "tags")}
