"""A tenant's state as a profile for the emulator: our apps, the principals that we share, what they hold. Only reads.

Nothing secret is in it: no secret and no hint of one, no key; of people and other owners only numbers that follow from
their ids and do not lead back to them. The tenant's own id and a vendor's client id are left open as placeholders, so
that the emulator can stand in for both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lockstep.audit.subjects import AuditPlan
from lockstep.catalogue import GRAPH, SHAREPOINT, AppKind
from lockstep.consent import format_scopes
from lockstep.directory import Graph
from lockstep.directory.identification import Identified, identify
from lockstep.directory.reading import WholeObjects, read_tenant, read_whole, stands_for
from lockstep.directory.records import ApplicationRecord, PrincipalRecord, TenantReading

FORMAT = "lockstep-capture/1"
TENANT = "{tenant}"
NUMBERED = "00000000-0000-4000-8c00-"
"""How the id of somebody begins who is in a capture by a number only."""

_SECRET = ("hint", "secretText", "key")

Document = dict[str, Any]


async def capture(graph: Graph, plan: AuditPlan) -> Document:
    """Return the capture; LockstepError where the tenant cannot be read."""
    reading = await read_tenant(graph, plan.sought, details=True, deleted=True)
    identified = identify(plan.sought, reading)
    bodies = await read_whole(graph, identified)
    return _neutral(_Writer(reading, identified, bodies).document(), reading.tenant_id, identified)


class _Writer:
    """Puts a capture together."""

    def __init__(self, reading: TenantReading, identified: Sequence[Identified], bodies: WholeObjects) -> None:
        self._reading = reading
        self._bodies = bodies
        self._applications = [entry.application for entry in identified if entry.application]
        self._principals = [record for entry in identified for record in stands_for(entry)]
        self._people: dict[str, str] = {}

    def document(self) -> Document:
        """Return the capture, with the real ids of tenant and vendor still in it."""
        ours = {app.object_id for app in self._applications}
        own = {principal.object_id for principal in self._principals}
        document: Document = {
            "format": FORMAT,
            "applications": [self._application(app) for app in self._applications],
            "servicePrincipals": [self._principal(principal) for principal in self._principals],
            "grants": [row for principal in self._principals for row in self._grants(principal)],
            "assignments": [row for principal in self._principals for row in self._assignments(principal)],
            "apis": self._apis(),
            "others": {
                "applications": [_other(app) for app in self._reading.applications if app.object_id not in ours],
                "servicePrincipals": [
                    _other_principal(record) for record in self._reading.principals if record.object_id not in own
                ],
                "deleted": [_other(app) for app in self._reading.deleted],
            },
        }
        # Last, once everybody who is named has been met.
        document["people"] = [{"id": ident, "kind": self._people[ident]} for ident in sorted(self._people)]
        return document

    def _application(self, app: ApplicationRecord) -> Document:
        body = _without_secrets(self._bodies.objects[app.object_id])
        trusted = [_without_annotations(entry) for entry in self._bodies.federated[app.object_id]]
        principal = self._reading.principal(app.app_id)
        return {
            **body,
            "owners": self._owners(principal, "application"),
            "federatedIdentityCredentials": sorted(trusted, key=lambda entry: str(entry.get("name"))),
        }

    def _principal(self, principal: PrincipalRecord) -> Document:
        holdings = self._reading.holdings[principal.object_id]
        body = _without_secrets(self._bodies.objects[principal.object_id])
        body["servicePrincipalNames"] = sorted(body.get("servicePrincipalNames") or ())
        roles = sorted(holdings.roles or (), key=lambda role: (role.id, role.scope))
        return {
            **body,
            "owners": self._owners(principal, "principal"),
            "directoryRoles": [{"id": role.id, "name": role.name, "scope": role.scope} for role in roles],
        }

    def _owners(self, principal: PrincipalRecord | None, of: str) -> list[str]:
        holdings = self._reading.holdings.get(principal.object_id) if principal else None
        owners = (holdings.owners if holdings else None) or ()
        return sorted(self._number(owner.id, owner.kind) for owner in owners if owner.of == of)

    def _grants(self, principal: PrincipalRecord) -> list[Document]:
        ident = principal.object_id
        rows = [
            {
                "client": ident,
                "api": self._api(row),
                "scope": format_scopes(str(row.get("scope") or "").split()),
                "user": self._number(str(row["principalId"]), "user") if row.get("principalId") else None,
            }
            for row in self._reading.holdings[ident].grants
        ]
        return sorted(rows, key=lambda row: (str(row["api"]), str(row["user"] or "")))

    def _assignments(self, principal: PrincipalRecord) -> list[Document]:
        ident = principal.object_id
        rows = [
            {
                "client": ident,
                "api": self._api(row),
                "role": str(row["appRoleId"]).lower(),
                "created": row.get("createdDateTime"),
            }
            for row in self._reading.holdings[ident].assignments
        ]
        return sorted(rows, key=lambda row: (str(row["api"]), str(row["role"])))

    def _api(self, row: Mapping[str, Any]) -> str:
        record = self._reading.apis.get(str(row["resourceId"]).lower())
        return record.app_id if record else str(row["resourceId"]).lower()

    def _apis(self) -> list[Document]:
        """Return the APIs that something is consented on, with those of their permissions that are."""
        ours = [self._reading.holdings[principal.object_id] for principal in self._principals]
        consents = [consent for held in ours for consent in (*held.consents, *held.users)]
        keys = {(consent.api, consent.key) for consent in consents}
        own = {principal.app_id for principal in self._principals}
        offers = []
        for record in self._reading.apis.values():
            if record.app_id in own | {GRAPH, SHAREPOINT}:
                continue
            scopes = [offered for key, offered in record.scopes.items() if (record.app_id, key) in keys]
            roles = [offered for key, offered in record.roles.items() if (record.app_id, key) in keys]
            offers.append(
                {
                    "appId": record.app_id,
                    "displayName": record.display_name,
                    "scopes": [{"value": e.value, "id": e.id, "enabled": e.enabled} for e in scopes],
                    "roles": [{"value": e.value, "id": e.id, "enabled": e.enabled} for e in roles],
                }
            )
        return sorted(offers, key=lambda api: str(api["appId"]))

    def _number(self, ident: str, kind: str) -> str:
        number = ident.lower()
        if not number.startswith(NUMBERED):
            digest = hashlib.sha256(f"{self._reading.tenant_id}/{ident.lower()}".encode()).hexdigest()
            number = NUMBERED + digest[:12]
        self._people[number] = kind
        return number


def _other(app: ApplicationRecord) -> Document:
    """Return an application that only looks like ours: what it is called, and nothing of what it may do."""
    body: Document = {
        "id": app.object_id,
        "appId": app.app_id,
        "displayName": app.name,
        "createdDateTime": app.created or None,
        "identifierUris": list(app.identifier_uris),
    }
    return {**body, "deletedDateTime": app.deleted} if app.deleted else body


def _other_principal(record: PrincipalRecord) -> Document:
    return {
        "id": record.object_id,
        "appId": record.app_id,
        "displayName": record.display_name,
        "createdDateTime": record.created or None,
        "accountEnabled": record.enabled,
        "appOwnerOrganizationId": record.owner_tenant,
    }


def _without_secrets(body: Mapping[str, Any]) -> Document:
    kept = _without_annotations(body)
    for name in ("passwordCredentials", "keyCredentials"):
        entries = kept.get(name) or []
        kept[name] = [{key: value for key, value in entry.items() if key not in _SECRET} for entry in entries]
    return kept


def _without_annotations(body: Mapping[str, Any]) -> Document:
    return {name: value for name, value in body.items() if "@" not in name}


def _neutral(document: Document, tenant: str, identified: Iterable[Identified]) -> Document:
    """Put placeholders for the tenant's id and for the client ids of vendors' own apps."""
    text = json.dumps(document).replace(tenant, TENANT)
    for entry in identified:
        if entry.sought.kind is AppKind.ENTERPRISE_APP and entry.sought.app_id:
            text = text.replace(entry.sought.app_id, f"{{client:{entry.sought.key}}}")
    neutral: Document = json.loads(text)
    return neutral
