"""A tenant's state as a profile for the emulator: our apps, the principals that we share, what they hold. Only reads.

Nothing secret is in it: no secret and no hint of one, no key; of people and other owners only numbers that follow from
their ids and do not lead back to them. The tenant's own id and a vendor's client id are left open as placeholders, so
that the emulator can stand in for both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lockstep.audit.identify import Identified, identify
from lockstep.audit.records import Application, Observed, ServicePrincipal
from lockstep.audit.subjects import Subject
from lockstep.audit.tenant import observe
from lockstep.catalogue import GRAPH, SHAREPOINT, AppKind
from lockstep.consent import format_scopes
from lockstep.directory import BatchItem, Graph, address, literal
from lockstep.directory.consents import all_pages
from lockstep.directory.principals import body_of

FORMAT = "lockstep-capture/1"
TENANT = "{tenant}"
NUMBERED = "00000000-0000-4000-8c00-"
"""How the id of somebody begins who is in a capture by a number only."""

_APPLICATION = (
    "id,appId,displayName,createdDateTime,identifierUris,tags,api,appRoles,requiredResourceAccess,signInAudience,web,spa,"
    "publicClient,notes,description,groupMembershipClaims,optionalClaims,isFallbackPublicClient,passwordCredentials,"
    "keyCredentials"
)
_PRINCIPAL = (
    "id,appId,displayName,createdDateTime,accountEnabled,appOwnerOrganizationId,servicePrincipalNames,tags,"
    "appRoleAssignmentRequired,notes,passwordCredentials,keyCredentials"
)
_SECRET = ("hint", "secretText", "key")

Document = dict[str, Any]


async def capture(graph: Graph, subjects: Sequence[Subject]) -> Document:
    """Return the capture; LockstepError where the tenant cannot be read."""
    observed = await observe(graph, subjects, deleted=True)
    found = identify(subjects, observed)
    bodies = await _Bodies.read(graph, found)
    document = _Writer(observed, found, bodies).document()
    return _neutral(document, observed.tenant_id, found)


@dataclass
class _Bodies:
    """What Graph shows of our own objects, whole, by object id, and their lists by object id and name."""

    objects: dict[str, Any] = field(default_factory=dict)
    lists: dict[tuple[str, str], list[Mapping[str, Any]]] = field(default_factory=dict)

    @classmethod
    async def read(cls, graph: Graph, found: Iterable[Identified]) -> _Bodies:
        """Read them in one batch."""
        bodies, items = cls(), dict[tuple[str, str], BatchItem]()
        for each in found:
            if each.application:
                ident = each.application.object_id
                items[ident, ""] = BatchItem("GET", address(f"/applications/{ident}", select=_APPLICATION))
                items[ident, "federated"] = BatchItem("GET", f"/applications/{ident}/federatedIdentityCredentials")
            if each.principal:
                ident = each.principal.record.object_id
                path, mine = f"/servicePrincipals/{ident}", f"clientId eq {literal(ident)}"
                items[ident, ""] = BatchItem("GET", address(path, select=_PRINCIPAL))
                items[ident, "assignments"] = BatchItem("GET", address(f"{path}/appRoleAssignments", top=999))
                items[ident, "grants"] = BatchItem("GET", address("/oauth2PermissionGrants", filter=mine))
        for (ident, what), answer in zip(items, await graph.batch(list(items.values())), strict=True):
            body = body_of(answer)
            if what:
                bodies.lists[ident, what] = list(await all_pages(graph, body))
            else:
                bodies.objects[ident] = body
        return bodies


class _Writer:
    """Puts a capture together."""

    def __init__(self, observed: Observed, found: Sequence[Identified], bodies: _Bodies) -> None:
        self._observed = observed
        self._bodies = bodies
        self._applications = [each.application for each in found if each.application]
        self._principals = [each.principal for each in found if each.principal]
        self._people: dict[str, str] = {}

    def document(self) -> Document:
        """Return the capture, with the real ids of tenant and vendor still in it."""
        ours = {each.object_id for each in self._applications}
        own = {each.record.object_id for each in self._principals}
        found: Document = {
            "format": FORMAT,
            "applications": [self._application(each) for each in self._applications],
            "servicePrincipals": [self._principal(each) for each in self._principals],
            "grants": [row for each in self._principals for row in self._grants(each)],
            "assignments": [row for each in self._principals for row in self._assignments(each)],
            "apis": self._apis(),
            "others": {
                "applications": [_other(each) for each in self._observed.applications if each.object_id not in ours],
                "servicePrincipals": [
                    _other_principal(each) for each in self._observed.principals if each.record.object_id not in own
                ],
                "deleted": [_other(each) for each in self._observed.deleted],
            },
        }
        # Last, once everybody who is named has been met.
        found["people"] = [{"id": ident, "kind": self._people[ident]} for ident in sorted(self._people)]
        return found

    def _application(self, each: Application) -> Document:
        body = _without_secrets(self._bodies.objects[each.object_id])
        trusted = [_without_annotations(entry) for entry in self._bodies.lists[each.object_id, "federated"]]
        principal = self._observed.principal(each.app_id)
        return {
            **body,
            "owners": self._owners(principal, "application"),
            "federatedIdentityCredentials": sorted(trusted, key=lambda entry: str(entry.get("name"))),
        }

    def _principal(self, each: ServicePrincipal) -> Document:
        holdings = self._observed.holdings[each.record.object_id]
        body = _without_secrets(self._bodies.objects[each.record.object_id])
        body["servicePrincipalNames"] = sorted(body.get("servicePrincipalNames") or ())
        roles = [{"id": role.id, "name": role.name, "scope": role.scope} for role in sorted_roles(holdings.roles or ())]
        return {**body, "owners": self._owners(each, "principal"), "directoryRoles": roles}

    def _owners(self, principal: ServicePrincipal | None, of: str) -> list[str]:
        holdings = self._observed.holdings.get(principal.record.object_id) if principal else None
        owners = (holdings.owners if holdings else None) or ()
        return sorted(self._number(owner.id, owner.kind) for owner in owners if owner.of == of)

    def _grants(self, each: ServicePrincipal) -> list[Document]:
        ident = each.record.object_id
        rows = [
            {
                "client": ident,
                "api": self._api(row),
                "scope": format_scopes(str(row.get("scope") or "").split()),
                "user": self._number(str(row["principalId"]), "user") if row.get("principalId") else None,
            }
            for row in self._bodies.lists[ident, "grants"]
        ]
        return sorted(rows, key=lambda row: (str(row["api"]), str(row["user"] or "")))

    def _assignments(self, each: ServicePrincipal) -> list[Document]:
        ident = each.record.object_id
        rows = [
            {
                "client": ident,
                "api": self._api(row),
                "role": str(row["appRoleId"]).lower(),
                "created": row.get("createdDateTime"),
            }
            for row in self._bodies.lists[ident, "assignments"]
        ]
        return sorted(rows, key=lambda row: (str(row["api"]), str(row["role"])))

    def _api(self, row: Mapping[str, Any]) -> str:
        record = self._observed.apis.get(str(row["resourceId"]).lower())
        return record.app_id if record else str(row["resourceId"]).lower()

    def _apis(self) -> list[Document]:
        """Return the APIs that something is consented on, with those of their permissions that are."""
        held = {consent for each in self._observed.holdings.values() for consent in (*each.consents, *each.users)}
        own = {each.record.app_id for each in self._principals}
        found = []
        for record in self._observed.apis.values():
            if record.app_id in own | {GRAPH, SHAREPOINT}:
                continue
            scopes = [offered for key, offered in record.scopes.items() if (record.app_id, key) in _keys(held)]
            roles = [offered for key, offered in record.roles.items() if (record.app_id, key) in _keys(held)]
            found.append(
                {
                    "appId": record.app_id,
                    "displayName": record.display_name,
                    "scopes": [{"value": e.value, "id": e.id, "enabled": e.enabled} for e in scopes],
                    "roles": [{"value": e.value, "id": e.id, "enabled": e.enabled} for e in roles],
                }
            )
        return sorted(found, key=lambda api: str(api["appId"]))

    def _number(self, ident: str, kind: str) -> str:
        number = ident.lower()
        if not number.startswith(NUMBERED):
            digest = hashlib.sha256(f"{self._observed.tenant_id}/{ident.lower()}".encode()).hexdigest()
            number = NUMBERED + digest[:12]
        self._people[number] = kind
        return number


def sorted_roles(roles: Iterable[Any]) -> list[Any]:
    """Return directory roles in a stable order."""
    return sorted(roles, key=lambda role: (role.id, role.scope))


def _keys(held: Iterable[Any]) -> set[tuple[str, str]]:
    return {(consent.api, consent.key) for consent in held}


def _other(each: Application) -> Document:
    """Return an application that only looks like ours: what it is called, and nothing of what it may do."""
    found: Document = {
        "id": each.object_id,
        "appId": each.app_id,
        "displayName": each.name,
        "createdDateTime": each.created or None,
        "identifierUris": list(each.identifier_uris),
    }
    return {**found, "deletedDateTime": each.deleted} if each.deleted else found


def _other_principal(each: ServicePrincipal) -> Document:
    record = each.record
    return {
        "id": record.object_id,
        "appId": record.app_id,
        "displayName": record.display_name,
        "createdDateTime": each.created or None,
        "accountEnabled": record.enabled,
        "appOwnerOrganizationId": record.owner_tenant,
    }


def _without_secrets(body: Mapping[str, Any]) -> Document:
    found = _without_annotations(body)
    for name in ("passwordCredentials", "keyCredentials"):
        entries = found.get(name) or []
        found[name] = [{key: value for key, value in entry.items() if key not in _SECRET} for entry in entries]
    return found


def _without_annotations(body: Mapping[str, Any]) -> Document:
    return {name: value for name, value in body.items() if "@" not in name}


def _neutral(document: Document, tenant: str, found: Iterable[Identified]) -> Document:
    """Put placeholders for the tenant's id and for the client ids of vendors' own apps."""
    text = json.dumps(document).replace(tenant, TENANT)
    for each in found:
        expected = each.subject.expected
        if expected.kind is AppKind.ENTERPRISE_APP and expected.client_id:
            text = text.replace(expected.client_id, f"{{client:{expected.app.key}}}")
    neutral: Document = json.loads(text)
    return neutral
