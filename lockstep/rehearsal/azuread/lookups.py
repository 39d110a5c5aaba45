"""azuread's functions that this project uses: who is signed in, and a service principal by its client id or name."""

from __future__ import annotations

from lockstep.deployment import Properties
from lockstep.errors import UsageError
from lockstep.rehearsal.azuread.connection import Connection
from lockstep.rehearsal.azuread.service_principal import principal_outputs

CLIENT_CONFIG = "azuread:index/getClientConfig:getClientConfig"
SERVICE_PRINCIPAL = "azuread:index/getServicePrincipal:getServicePrincipal"


async def client_config(graph: Connection) -> Properties:
    """Return the claims of our own token."""
    ids = {"tenantId": graph.tenant_id, "clientId": graph.client_id, "objectId": graph.object_id}
    return {**ids, "id": "-".join(ids.values())}


async def service_principal(graph: Connection, args: Properties) -> Properties:
    """Return one service principal; none is an error, as in the provider."""
    if args.get("objectId"):
        found = await graph.get(f"/v1.0/servicePrincipals/{args['objectId']}")
        principals = [found] if found else []
    else:
        name, value = (
            ("appId", args.get("clientId")) if args.get("clientId") else ("displayName", args.get("displayName"))
        )
        quoted = str(value).replace("'", "''")
        principals = await graph.values("/v1.0/servicePrincipals", filter=f"{name} eq '{quoted}'")
    if len(principals) != 1:
        wanted = ", ".join(f"{key} {value}" for key, value in args.items())
        raise UsageError(
            f"getServicePrincipal: {'no' if not principals else 'more than one'} service principal with {wanted}"
        )
    principal = principals[0]
    beta = await graph.get(f"/beta/servicePrincipals/{principal['id']}", select="samlMetadataUrl") or {}
    outputs = principal_outputs(principal, beta)
    outputs["samlSingleSignOns"] = [outputs.pop("samlSingleSignOn")]
    return outputs
