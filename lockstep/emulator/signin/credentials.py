"""Who a client is: its secret, its certificate, or an assertion that speaks for it. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lockstep.emulator.constants import AZURE_CLI_APP_ID, TENANT_DOMAIN, TENANT_ID
from lockstep.emulator.objects import digest, seconds
from lockstep.emulator.records import fixed_id
from lockstep.emulator.signin import exceptions as refusals
from lockstep.emulator.signin.assertions import check_assertion
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

AZURE_CLI: Object = {
    "accountEnabled": True,
    "appId": AZURE_CLI_APP_ID,
    "appRoleAssignmentRequired": False,
    "displayName": "Microsoft Azure CLI",
    "id": fixed_id("servicePrincipal", AZURE_CLI_APP_ID),
    "isFallbackPublicClient": True,
    "keyCredentials": [],
    "passwordCredentials": [],
    "servicePrincipalNames": [AZURE_CLI_APP_ID],
}
AZURE_CLI_SCOPES = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "AuditLog.Read.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.AccessAsUser.All",
    "Group.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "email",
    "openid",
    "profile",
)
"""What Microsoft has given its own client on Graph in every tenant, as its tokens show."""


def find_client(tenant: Tenant, client: str) -> tuple[Object, list[Object]]:
    """Return a client's service principal, and what may hold its credentials, its application first."""
    principal = tenant.principals.find(client, "appId")
    if principal is None and client == AZURE_CLI["appId"]:
        return AZURE_CLI, [AZURE_CLI]
    if principal is None:
        raise refusals.unknown_client(client)
    if not principal["accountEnabled"]:
        raise refusals.disabled_client(client)
    application = tenant.applications.find(client, "appId")
    return principal, [row for row in (application, principal) if row is not None]


def check_client(tenant: Tenant, owners: Sequence[Object], form: Mapping[str, str], base: str) -> str:
    """Refuse a client that does not prove who it is; return how it did, as `appidacr` says it."""
    assertion, secret = form.get("client_assertion"), form.get("client_secret")
    if assertion:
        audiences = [f"{base}/{name}{tail}" for name in (TENANT_ID, TENANT_DOMAIN)
                     for tail in ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "")]  # fmt: skip
        check_assertion(tenant, owners, assertion, audiences, base)
        return "2"
    if not secret:
        raise refusals.no_credential()
    _check_secret(owners, secret, tenant.clock())
    return "1"


def is_public(owners: Sequence[Object]) -> bool:
    """Tell whether a client signs people in without a credential of its own."""
    return bool(owners[0].get("isFallbackPublicClient"))


def _check_secret(owners: Sequence[Object], secret: str, now: float) -> None:
    wanted, client = digest(secret), owners[0]["appId"]
    for owner in owners:
        for key_id, kept in owner.get("_secrets", {}).items():
            if kept != wanted:
                continue
            entry = next(item for item in owner["passwordCredentials"] if item["keyId"] == key_id)
            if seconds(entry["endDateTime"]) < now:
                raise refusals.expired_secret(client)
            return
    raise refusals.wrong_secret(client)
