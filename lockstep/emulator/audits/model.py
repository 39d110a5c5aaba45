"""The directory audit log: read off the changes of each request, so that no service can forget to write it.

Knows no HTTP. What a profile makes is not in it: a new tenant has no history, as Entra keeps thirty days only.
Activity names are those of Entra's audit activity reference; the names of modified properties are Entra's for consents
(seen in public logs) and the Graph property's own name, with a capital, elsewhere (an assumption).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lockstep.emulator.directoryobjects.model import DirectoryObjects, table_of
from lockstep.emulator.objects import request_id
from lockstep.emulator.odata.filter import ANY, ANY_EQ, DATES, EQ, TEXT
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.records import Rows, fixed_id
from lockstep.emulator.roles.model import Roles
from lockstep.emulator.store import Object, ObjectChange

AUDIT = Entity(
    name="DirectoryAudit",
    properties=frozenset(
        {
            "activityDateTime",
            "activityDisplayName",
            "additionalDetails",
            "category",
            "correlationId",
            "id",
            "initiatedBy",
            "loggedByService",
            "operationType",
            "result",
            "resultReason",
            "targetResources",
        }
    ),
    filters={
        "activityDateTime": DATES,
        "activityDisplayName": TEXT,
        "category": EQ,
        "correlationId": EQ,
        "id": EQ,
        "initiatedBy/app/appId": EQ,
        "initiatedBy/app/displayName": TEXT,
        "initiatedBy/user/id": EQ,
        "initiatedBy/user/userPrincipalName": TEXT,
        "loggedByService": EQ,
        "result": EQ,
        "targetResources/any/id": ANY_EQ,
        "targetResources/any/displayName": ANY,
    },
    orders=frozenset({"activityDateTime"}),
    directory=False,
    most=1000,  # https://learn.microsoft.com/graph/api/directoryaudit-list
)

KINDS: dict[str, str] = {
    "applications": "Application",
    "groups": "Group",
    "servicePrincipals": "ServicePrincipal",
    "users": "User",
}
"""Table to the type of a target resource."""

CATEGORIES = {
    "groups": "GroupManagement",
    "roleAssignments": "RoleManagement",
    "roleDefinitions": "RoleManagement",
    "users": "UserManagement",
}
"""Of the tables that are not about applications."""

_NOUNS = {
    "applications": "application",
    "groups": "group",
    "servicePrincipals": "service principal",
    "users": "user",
}
_PATTERNS = {
    "add": "Add {}",
    "change": "Update {}",
    "delete": "Delete {}",
    "member added": "Add member to {}",
    "member removed": "Remove member from {}",
    "owner added": "Add owner to {}",
    "owner removed": "Remove owner from {}",
    "purge": "Hard Delete {}",
    "restore": "Restore {}",
}
NAMES = {(table, what): words.format(noun) for table, noun in _NOUNS.items() for what, words in _PATTERNS.items()} | {
    ("applications", "credentials"): "Update application – Certificates and secrets management",  # noqa: RUF001
    ("servicePrincipals", "credentials"): "Update service principal credentials",
    ("servicePrincipals", "delete"): "Remove service principal",
    ("servicePrincipals", "purge"): "Hard delete service principal",
}
"""Activity names by table and what was done."""
GRANT_NAMES = {True: "Add delegated permission grant", False: "Remove delegated permission grant"}
ROLE_NAMES = {True: "Add member to role", False: "Remove member from role"}
ASSIGNMENT_NAMES: dict[tuple[str, bool], str] = {
    ("Group", False): "Remove app role assignment from group",
    ("Group", True): "Add app role assignment to group",
    ("ServicePrincipal", False): "Remove app role assignment from service principal",
    ("ServicePrincipal", True): "Add app role assignment to service principal",
    ("User", False): "Remove app role assignment from user",
    ("User", True): "Add app role assignment grant to user",
}
_CREDENTIALS = ("keyCredentials", "passwordCredentials", "_federated")
_HIDDEN = {"KeyCredentials", "PasswordCredentials"}
_OPERATIONS = {"Add": "Add", "Delete": "Delete", "Hard": "Delete", "Remove": "Unassign", "Restore": "Update"}
Property = tuple[str, Any, Any]


@dataclass(frozen=True)
class _Event:
    """One thing that happened: its name, the table it is about, its targets and what changed on the first."""

    name: str
    table: str
    targets: list[tuple[str, Object]]
    properties: list[Property] = field(default_factory=list)


@dataclass(eq=False)
class Audits(Rows):
    """What happened in a tenant."""

    table_name, resource = "directoryAudits", "DirectoryAudit"
    objects: DirectoryObjects
    roles: Roles

    def note(self, caller: Mapping[str, Any], correlation: str) -> None:
        """Write down what the open transaction has changed, in the name of its caller."""
        changes = self.records.store.changes()
        for event in self._events(changes):
            self._keep(event, caller, correlation or request_id())

    def _events(self, changes: list[ObjectChange]) -> Iterator[_Event]:
        raised = {change.ident for change in changes if change.table == "deletedItems" and change.after is None}
        told = set()
        for change in changes:
            if change.table in KINDS:
                told.add(change.ident)
                yield from self._of_object(change, change.ident in raised)
            elif change.table == "oauth2PermissionGrants":
                yield self._of_grant(change)
            elif change.table == "appRoleAssignments":
                yield self._of_assignment(change)
            elif change.table == "roleAssignments":
                yield self._of_role(change)
            elif change.table == "roleDefinitions":
                verb = "Delete" if change.after is None else "Add" if change.before is None else "Update"
                changed = _properties(change.before, change.after) if change.after else []
                yield _Event(f"{verb} role definition", change.table, [("Role", change.row)], changed)
        for change in changes:
            if change.table == "deletedItems" and change.ident in raised - told:
                table = table_of(change.row["@odata.type"])
                yield _Event(NAMES[(table, "purge")], table, [(KINDS[table], change.row)])

    def _of_object(self, change: ObjectChange, restored: bool) -> Iterator[_Event]:
        table, old, new = change.table, change.before, change.after
        itself = [(KINDS[table], change.row)]
        if old is None or new is None:
            what = "delete" if new is None else "restore" if restored else "add"
            yield _Event(NAMES[(table, what)], table, itself, _properties(old, new) if what == "add" else [])
            return
        for links, word in (("_owners", "owner"), ("_members", "member")):
            before, after = old.get(links, ()), new.get(links, ())
            for ident in [*(set(after) - set(before)), *(set(before) - set(after))]:
                what = "added" if ident in after else "removed"
                yield _Event(NAMES[(table, f"{word} {what}")], table, [self._target(ident), *itself])
        if any(old.get(name) != new.get(name) for name in _CREDENTIALS):
            yield _Event(NAMES[(table, "credentials")], table, itself, _key_ids(old, new))
        properties = [entry for entry in _properties(old, new) if entry[0] not in _HIDDEN]
        if properties:
            yield _Event(NAMES[(table, "change")], table, itself, properties)

    def _of_grant(self, change: ObjectChange) -> _Event:
        old, new, row = change.before, change.after, change.row
        properties: list[Property] = [
            ("DelegatedPermissionGrant.Scope", old and old["scope"], new and new["scope"]),
            ("DelegatedPermissionGrant.ConsentType", old and old["consentType"], new and new["consentType"]),
            *self._client(row["clientId"], old, new),
        ]
        targets = [self._target(row["resourceId"]), self._target(row["clientId"])]
        return _Event(GRANT_NAMES[new is not None], change.table, targets, properties)

    def _of_assignment(self, change: ObjectChange) -> _Event:
        old, new, row = change.before, change.after, change.row
        resource = self._row(row["resourceId"])
        roles: list[Object] = resource.get("appRoles", [])
        role = next((role for role in roles if role["id"] == row["appRoleId"]), {})
        named = (("Id", row["appRoleId"]), ("Value", role.get("value")), ("DisplayName", role.get("displayName")))
        properties: list[Property] = [(f"AppRole.{name}", *_sides(value, old, new)) for name, value in named]
        properties += self._client(row["principalId"], old, new)
        name = ASSIGNMENT_NAMES[(row["principalType"], new is not None)]
        targets = [self._target(row["resourceId"]), self._target(row["principalId"])]
        return _Event(name, change.table, targets, properties)

    def _of_role(self, change: ObjectChange) -> _Event:
        old, new, row = change.before, change.after, change.row
        name = self.roles.name(row["roleDefinitionId"])
        properties: list[Property] = [
            ("Role.ObjectID", *_sides(row["roleDefinitionId"], old, new)),
            ("Role.DisplayName", *_sides(name, old, new)),
            ("Role.TemplateId", *_sides(row["roleDefinitionId"], old, new)),
        ]
        role = ("Role", {"displayName": name, "id": fixed_id("directoryRole", row["roleDefinitionId"])})
        return _Event(ROLE_NAMES[new is not None], change.table, [self._target(row["principalId"]), role], properties)

    def _client(self, ident: str, old: Object | None, new: Object | None) -> list[Property]:
        client = self._row(ident)
        named = (("ObjectID", ident), ("DisplayName", client.get("displayName")), ("AppId", client.get("appId")))
        return [(f"ServicePrincipal.{name}", *_sides(value, old, new)) for name, value in named]

    def _row(self, ident: str) -> Object:
        return self._target(ident)[1]

    def _target(self, ident: str) -> tuple[str, Object]:
        located = self.objects.find(ident)
        if located is not None:
            return KINDS[located[0]], located[1]
        # A consent goes with its principal: by now that is among the deleted items.
        row = self.records.store["deletedItems"].get(ident) or {"id": ident}
        kind = str(row.get("@odata.type", "")).rpartition(".")[2]
        return kind[:1].upper() + kind[1:] or "Other", row

    def _keep(self, event: _Event, caller: Mapping[str, Any], correlation: str) -> None:
        targets = [
            {
                "displayName": row.get("displayName"),
                "groupType": None,
                "id": row["id"],
                "modifiedProperties": [],
                "type": kind,
                "userPrincipalName": row.get("userPrincipalName"),
            }
            for kind, row in event.targets
        ]
        targets[0]["modifiedProperties"] = [
            {"displayName": name, "newValue": _as_json(new), "oldValue": _as_json(old)}
            for name, old, new in event.properties
        ]
        number = len(self.table) + 1
        row = {
            "activityDateTime": self.records.now(),
            "activityDisplayName": event.name,
            "additionalDetails": [],
            "category": CATEGORIES.get(event.table, "ApplicationManagement"),
            "correlationId": correlation,
            "id": f"Directory_{correlation}_{number:08}",
            "initiatedBy": self._initiator(caller),
            "loggedByService": "Core Directory",
            "operationType": _OPERATIONS.get(event.name.split()[0], "Update"),
            "result": "success",
            "resultReason": "",
            "targetResources": targets,
        }
        self.put(row)

    @staticmethod
    def _initiator(caller: Mapping[str, Any]) -> Object:
        if caller.get("idtyp") == "user":
            user = {
                "displayName": caller.get("name"),
                "id": caller["oid"],
                "ipAddress": "127.0.0.1",
                "userPrincipalName": caller.get("upn"),
            }
            return {"app": None, "user": user}
        app = {
            "appId": caller.get("appid"),
            "displayName": caller.get("app_displayname"),
            "servicePrincipalId": caller.get("oid"),
            "servicePrincipalName": None,
        }
        return {"app": app, "user": None}


def _sides(value: Any, old: Object | None, new: Object | None) -> tuple[Any, Any]:
    """Return a value as old and new: a thing that was added has it afterwards, one that was removed had it before."""
    return (value if old is not None else None, value if new is not None else None)


def _properties(old: Object | None, new: Object | None) -> list[Property]:
    before, after = old or {}, new or {}
    names = sorted(name for name in {*before, *after} if name[0] not in "_@" and before.get(name) != after.get(name))
    shown = [name for name in names if before.get(name) or after.get(name)]
    return [(name[:1].upper() + name[1:], before.get(name), after.get(name)) for name in shown]


def _key_ids(old: Object, new: Object) -> list[Property]:
    properties: list[Property] = []
    for name in _CREDENTIALS:
        before, after = ([entry.get("keyId") or entry["id"] for entry in row.get(name, ())] for row in (old, new))
        if before != after:
            label = "FederatedIdentityCredentials" if name == "_federated" else name[:1].upper() + name[1:]
            properties.append((label, before, after))
    return properties


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
