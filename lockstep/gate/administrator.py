"""The administrator of an emulator that is thrown away: gives the consents that a stack leaves to one (`by-admin`).

Without it, the program of such a stack would never be finished. Works on the emulator's own model, as a portal does.
"""

from __future__ import annotations

from typing import Any

from lockstep.deployment import Snapshot
from lockstep.emulator import Emulator
from lockstep.provider.record import AWAITING
from lockstep.resource_types import ADMIN_CONSENT


def consent(emulator: Emulator, snapshot: Snapshot) -> bool:
    """Give everything that the consents in a stack's state wait for; tell whether anything did."""
    waiting = [
        consent
        for consent in snapshot.resources
        if consent.type == ADMIN_CONSENT and consent.outputs.get("state") == AWAITING
    ]
    for resource in waiting:
        for api, types in resource.inputs["permissions"].items():
            offered = emulator.tenant.principals.get(resource.inputs["apis"][api], "appId")["id"]
            _grant(emulator, resource.inputs["client"], offered, list(types.get("delegated", {})))
            _assign(emulator, resource.inputs["client"], offered, types.get("application", {}))
    return bool(waiting)


def _grant(emulator: Emulator, client: str, api: str, scopes: list[str]) -> None:
    grants = emulator.tenant.grants
    on_api = [row for row in grants.table.by("clientId", client) if row["resourceId"] == api]
    everyone = next((row for row in on_api if row["consentType"] == "AllPrincipals"), None)
    if everyone is not None:
        held = str(everyone["scope"]).split()
        grants.update(everyone, {"scope": " ".join([*held, *(scope for scope in scopes if scope not in held)])})
    elif scopes:
        grants.consent(client, api, " ".join(scopes))


def _assign(emulator: Emulator, client: str, api: str, roles: dict[str, Any]) -> None:
    assignments = emulator.tenant.assignments
    held = {row["appRoleId"] for row in assignments.table.by("principalId", client) if row["resourceId"] == api}
    for role in set(roles.values()) - held:
        assignments.assign(client, api, role)
