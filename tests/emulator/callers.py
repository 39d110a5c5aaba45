"""Applications that sign in with exactly the Graph permissions that a test gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lockstep.emulator import USER_PASSWORD
from lockstep.emulator.constants import AZURE_CLI_APP_ID
from tests.emulator.client import BASE, Client


def graph_roles(client: Client) -> dict[str, str]:
    """Return the application permissions of Microsoft Graph, value to id."""
    rows = client.emulator.tenant.principals.get("00000003-0000-0000-c000-000000000000", "appId")["appRoles"]
    return {row["value"]: row["id"] for row in rows}


def caller(client: Client, permissions: Iterable[str], name: str = "Caller") -> dict[str, Any]:
    """Register an application that has these application permissions of Microsoft Graph, and a secret.

    Made through the model: it works while permissions are enforced. Returns its service principal with `secret`.
    """
    tenant = client.emulator.tenant
    with tenant.store.transaction():
        application = tenant.applications.create({"displayName": name, "signInAudience": "AzureADMyOrg"})
        principal = tenant.principals.create({"appId": application["appId"]})
        secret = tenant.applications.add_password(application["id"], {})["secretText"]
        resource = tenant.principals.get("00000003-0000-0000-c000-000000000000", "appId")
        roles = graph_roles(client)
        for value in permissions:
            tenant.assignments.assign(principal["id"], resource["id"], roles[value])
    return {**principal, "secret": secret, "application": application["id"]}


def token_of(client: Client, principal: dict[str, Any]) -> str:
    """Sign in as a caller."""
    answer = client.sign_in(client_id=principal["appId"], client_secret=principal["secret"])
    return str(answer.json()["access_token"])


def token_of_user(client: Client, name: str) -> str:
    """Sign a user in through the Azure CLI, which has the scope for whatever its user may do."""
    fields = {"client_id": AZURE_CLI_APP_ID, "client_secret": "", "grant_type": "password", "scope": f"{BASE}/.default"}
    return str(client.sign_in(**fields, username=name, password=USER_PASSWORD).json()["access_token"])


def sign_in_with(client: Client, *permissions: str) -> dict[str, Any]:
    """Go on as a new application with exactly these application permissions."""
    principal = caller(client, permissions)
    client.token = token_of(client, principal)
    return principal
