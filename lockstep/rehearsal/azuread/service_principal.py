"""azuread.ServicePrincipal over Graph, with the requests of the real provider in their order."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx

from lockstep.deployment import Properties
from lockstep.errors import RefusedError
from lockstep.rehearsal.azuread.base import (
    FEATURES,
    OwnedModel,
    features,
    ids_by_value,
    none_if_empty,
    roles_out,
    scopes_out,
    text,
    words,
)
from lockstep.rehearsal.azuread.schema import Changes, Field, Schema, in_order
from lockstep.resource_types import SERVICE_PRINCIPAL

_TEXTS = ("description", "loginUrl", "notes", "preferredSingleSignOnMode")
_SETS = ("alternativeNames", "notificationEmailAddresses")


class ServicePrincipalModel(OwnedModel):
    """An application's presence in the tenant."""

    collection = "/servicePrincipals"
    odata: ClassVar[Mapping[str, str]] = {"@odata.type": "#microsoft.graph.servicePrincipal"}
    beta_property = "samlMetadataUrl"

    type = SERVICE_PRINCIPAL
    schema: ClassVar[Schema] = {
        "accountEnabled": Field(default=True),
        "appRoleAssignmentRequired": Field(),
        "clientId": Field(required=True, forces_new=True),
        "featureTags": Field(many=True, computed=True, inner=FEATURES),
        "owners": Field(many=True, unordered=True),
        "samlSingleSignOn": Field(inner={"relayState": Field()}),
        "tags": Field(many=True, unordered=True, computed=True),
        "useExisting": Field(),
        **{name: Field() for name in _TEXTS},
        **{name: Field(many=True, unordered=True) for name in _SETS},
    }
    computed = (
        *("appRoleIds", "appRoles", "applicationTenantId", "displayName", "featureTags", "features", "homepageUrl"),
        *("id", "logoutUrl", "oauth2PermissionScopeIds", "oauth2PermissionScopes", "objectId", "redirectUris"),
        *("samlMetadataUrl", "servicePrincipalNames", "signInAudience", "tags", "type"),
    )

    async def create(self, inputs: Properties) -> str:
        """POST with a temporary description, then PATCH it away."""
        client_id = str(inputs["clientId"])
        present = await self.find(inputs)
        if present is not None:
            if not inputs.get("useExisting"):
                object_id = present.rpartition("/")[2]
                raise RefusedError(
                    f"a service principal of {client_id} exists already (object id {object_id}): nothing was "
                    "created; import it, or look it up instead of making it"
                )
            await self._graph.send("PATCH", f"/v1.0{present}", _body(inputs))
            return present
        body = {**_body(inputs), "appId": client_id, "description": f"TERRAFORM_UPDATE_{uuid.uuid4()}"}
        patches = [{"description": none_if_empty(inputs.get("description"))}]
        return await self.make(body, inputs, patches, post_again=_no_application_yet)

    def outputs(
        self, record: dict[str, Any], beta: dict[str, Any], owners: list[str], inputs: Properties
    ) -> Properties:
        """Return a Graph service principal as the provider records it."""
        roles = roles_out(record.get("appRoles") or [])
        scopes = scopes_out(record.get("oauth2PermissionScopes") or [])
        tags = list(record.get("tags") or [])
        app_id = text(record.get("appId"))
        saml = record.get("samlSingleSignOnSettings") or {}
        return {
            "accountEnabled": bool(record.get("accountEnabled")),
            "appRoleAssignmentRequired": bool(record.get("appRoleAssignmentRequired")),
            "appRoleIds": ids_by_value(roles),
            "appRoles": roles,
            "applicationTenantId": text(record.get("appOwnerOrganizationId")),
            "clientId": app_id,
            "displayName": text(record.get("displayName")),
            "featureTags": features(tags, long_names=False),
            "features": features(tags, long_names=True),
            "homepageUrl": text(record.get("homepage")),
            "id": f"/servicePrincipals/{record['id']}",
            "logoutUrl": text(record.get("logoutUrl")),
            "oauth2PermissionScopeIds": ids_by_value(scopes),
            "oauth2PermissionScopes": scopes,
            "objectId": text(record.get("id")),
            "redirectUris": list(record.get("replyUrls") or []),
            "samlMetadataUrl": text(beta.get("samlMetadataUrl")),
            "samlSingleSignOn": {"relayState": text(saml.get("relayState"))},
            "servicePrincipalNames": [
                name for name in record.get("servicePrincipalNames") or [] if name.casefold() != app_id.casefold()
            ],
            "signInAudience": text(record.get("signInAudience")),
            "owners": in_order("", owners, words(inputs, "owners")),
            "tags": in_order("", tags, words(inputs, "tags")),
            "useExisting": inputs.get("useExisting"),
            "type": text(record.get("servicePrincipalType")),
            **{name: text(record.get(name)) for name in _TEXTS},
            **{name: list(record.get(name) or []) for name in _SETS},
        }

    async def change(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> dict[str, Any]:
        """Return all that the provider manages."""
        return _body(inputs)

    async def find(self, inputs: Properties) -> str | None:
        """Find the principal of the client id."""
        client = f"appId eq '{inputs['clientId']}'"
        principals = await self._graph.values(f"/v1.0{self.collection}", filter=client)
        return f"{self.collection}/{principals[0]['id']}" if principals else None


def _no_application_yet(response: httpx.Response) -> bool:
    """Repeat the POST while Graph does not know the application, which was made just before."""
    return response.status_code == 400 and "does not reference a valid application object" in response.text


def _body(inputs: Properties) -> dict[str, Any]:
    relay = (inputs.get("samlSingleSignOn") or {}).get("relayState")
    return {
        **ServicePrincipalModel.odata,
        "accountEnabled": bool(inputs.get("accountEnabled", True)),
        "appRoleAssignmentRequired": bool(inputs.get("appRoleAssignmentRequired")),
        "samlSingleSignOnSettings": {"relayState": relay} if relay else {},
        "tags": words(inputs, "tags"),
        **{name: none_if_empty(inputs.get(name)) for name in _TEXTS},
        **{name: words(inputs, name) for name in _SETS},
    }
