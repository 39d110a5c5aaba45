"""azuread.ServicePrincipal over Graph, with the provider's own sequence of requests."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import httpx

from lockstep.deployment import Properties
from lockstep.errors import RefusedError, TenantError
from lockstep.rehearsal.azuread.base import (
    FEATURES,
    Model,
    PartlyMadeError,
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

_TEXTS = ("description", "loginUrl", "notes", "preferredSingleSignOnMode")
_SETS = ("alternativeNames", "notificationEmailAddresses")
_ODATA = {"@odata.type": "#microsoft.graph.servicePrincipal"}


class ServicePrincipal(Model):
    """An application's presence in the tenant."""

    type = "azuread:index/servicePrincipal:ServicePrincipal"
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
        """POST with a temporary description, PATCH it away, take the caller off the owners."""
        client_id = str(inputs["clientId"])
        for found in await self._graph.values("/v1.0/servicePrincipals", filter=f"appId eq '{client_id}'"):
            if not inputs.get("useExisting"):
                raise RefusedError(
                    f"a service principal of {client_id} exists already (object id {found['id']}): nothing was "
                    "created; import it, or look it up instead of making it"
                )
            await self._graph.send("PATCH", f"/v1.0/servicePrincipals/{found['id']}", _body(inputs))
            return f"/servicePrincipals/{found['id']}"
        owners, caller_stays = first_owners(self._graph, inputs)
        made = await self._graph.send(
            "POST",
            "/v1.0/servicePrincipals",
            {
                **_body(inputs),
                "appId": client_id,
                "description": f"TERRAFORM_UPDATE_{uuid.uuid4()}",
                "owners@odata.bind": owners,
            },
            again=_no_application_yet,
        )
        id_ = f"/servicePrincipals/{made['id']}"
        description = none_if_empty(inputs.get("description"))
        try:
            await self._graph.send("PATCH", f"/v1.0{id_}", {**_ODATA, "description": description})
            if not caller_stays:
                await self._graph.send("DELETE", f"/v1.0{id_}/owners/{self._graph.object_id}/$ref")
        except TenantError as error:
            raise PartlyMadeError(id_, error) from error
        return id_

    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """Three reads, as the provider makes them."""
        path = f"/v1.0{id_}"
        principal = await self._graph.get(path)
        if principal is None:
            return None
        beta = await self._graph.get(f"/beta{id_}", select="samlMetadataUrl") or {}
        owners = [str(owner["id"]) for owner in await self._graph.values(f"{path}/owners")]
        outputs = principal_outputs(principal, beta)
        outputs["owners"] = in_order("", owners, words(inputs, "owners"))
        outputs["tags"] = in_order("", outputs["tags"], words(inputs, "tags"))
        outputs["useExisting"] = inputs.get("useExisting")
        return outputs

    async def update(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> None:
        """One PATCH of all that the provider manages."""
        body = _body(inputs)
        if "tags" not in inputs:
            body["tags"] = words(olds, "tags")
        await self._graph.send("PATCH", f"/v1.0{id_}", body)
        if "owners" in changes.keys:
            await change_owners(self._graph, f"/v1.0{id_}", words(inputs, "owners"))

    async def delete(self, id_: str, olds: Properties) -> None:
        """Delete the principal, whoever made it: the reason why use_existing is never used here."""
        await self._graph.send("DELETE", f"/v1.0{id_}")

    async def find(self, inputs: Properties) -> str | None:
        """Find the principal of the client id."""
        found = await self._graph.values("/v1.0/servicePrincipals", filter=f"appId eq '{inputs['clientId']}'")
        return f"/servicePrincipals/{found[0]['id']}" if found else None


def _no_application_yet(response: httpx.Response) -> bool:
    """Repeat the POST while Graph does not know the application, which was made just before."""
    return response.status_code == 400 and "does not reference a valid application object" in response.text


def _body(inputs: Properties) -> dict[str, Any]:
    relay = (inputs.get("samlSingleSignOn") or {}).get("relayState")
    return {
        **_ODATA,
        "accountEnabled": bool(inputs.get("accountEnabled", True)),
        "appRoleAssignmentRequired": bool(inputs.get("appRoleAssignmentRequired")),
        "samlSingleSignOnSettings": {"relayState": relay} if relay else {},
        "tags": words(inputs, "tags"),
        **{name: none_if_empty(inputs.get(name)) for name in _TEXTS},
        **{name: words(inputs, name) for name in _SETS},
    }


def principal_outputs(principal: dict[str, Any], beta: dict[str, Any]) -> Properties:
    """Return what resource and look-up share."""
    roles, scopes = (
        roles_out(principal.get("appRoles") or []),
        scopes_out(principal.get("oauth2PermissionScopes") or []),
    )
    tags = list(principal.get("tags") or [])
    app_id = text(principal.get("appId"))
    saml = principal.get("samlSingleSignOnSettings") or {}
    return {
        "accountEnabled": bool(principal.get("accountEnabled")),
        "appRoleAssignmentRequired": bool(principal.get("appRoleAssignmentRequired")),
        "appRoleIds": ids_by_value(roles),
        "appRoles": roles,
        "applicationTenantId": text(principal.get("appOwnerOrganizationId")),
        "clientId": app_id,
        "displayName": text(principal.get("displayName")),
        "featureTags": features(tags, long_names=False),
        "features": features(tags, long_names=True),
        "homepageUrl": text(principal.get("homepage")),
        "id": f"/servicePrincipals/{principal['id']}",
        "logoutUrl": text(principal.get("logoutUrl")),
        "oauth2PermissionScopeIds": ids_by_value(scopes),
        "oauth2PermissionScopes": scopes,
        "objectId": text(principal.get("id")),
        "redirectUris": list(principal.get("replyUrls") or []),
        "samlMetadataUrl": text(beta.get("samlMetadataUrl")),
        "samlSingleSignOn": {"relayState": text(saml.get("relayState"))},
        "servicePrincipalNames": [
            name for name in principal.get("servicePrincipalNames") or [] if name.casefold() != app_id.casefold()
        ],
        "signInAudience": text(principal.get("signInAudience")),
        "tags": tags,
        "type": text(principal.get("servicePrincipalType")),
        **{name: text(principal.get(name)) for name in _TEXTS},
        **{name: list(principal.get(name) or []) for name in _SETS},
    }
