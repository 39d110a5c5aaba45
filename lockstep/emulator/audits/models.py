"""The directory audit log: read off the changes of each request, so that no service can forget to write it.

Knows no HTTP. Profiles are made without it: it holds what happened here, as a tenant keeps thirty days only.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lockstep.emulator.audits.entity import ASSIGNMENT_NAMES, CATEGORIES, GRANT_NAMES, KINDS, NAMES, ROLE_NAMES
from lockstep.emulator.directoryobjects.models import DirectoryObjects
from lockstep.emulator.objects import there
from lockstep.emulator.records import Records
from lockstep.emulator.roles.models import Roles
from lockstep.emulator.store import Change, Object

_TABLE = "directoryAudits"
_CREDENTIALS = ("keyCredentials", "passwordCredentials", "_federated")
Property = tuple[str, Any, Any]


@dataclass(frozen=True)
class _Event:
    """One thing that happened: its name, the table it is about, its targets and what changed on the first."""

    name: str
    table: str
    targets: list[tuple[str, Object]]
    properties: list[Property] = field(default_factory=list)


class Audits:
    """What happened in a tenant."""

    def __init__(self, records: Records, objects: DirectoryObjects, roles: Roles) -> None:
        self.records = records
        self.objects = objects
        self.roles = roles
        self.table = records.store[_TABLE]

    def get(self, ident: str) -> Object:
        """Return the entry of this id."""
        return there(self.table.rows.get(ident), ident)

    def note(self, caller: Mapping[str, Any], correlation: str) -> None:
        """Write down what the open transaction has changed, in the name of its caller."""
        changes = self.records.store.changes()
        for event in self._events(changes):
            self._keep(event, caller, correlation or str(uuid.uuid4()))

    def _events(self, changes: list[Change]) -> Iterator[_Event]:
        buried = {row["id"]: row for _, row in _of(changes, "deletedItems") if row is not None}
        raised = {row["id"] for row, after in _of(changes, "deletedItems") if row is not None and after is None}
        buried = {ident: row for ident, row in buried.items() if ident not in raised}
        seen = set()
        for change in changes:
            if change.table in KINDS:
                seen.add(change.ident)
                yield from self._of_object(change, change.ident in raised)
            elif change.table == "oauth2PermissionGrants":
                yield self._of_grant(change)
            elif change.table == "appRoleAssignments":
                yield self._of_assignment(change)
            elif change.table == "roleAssignments":
                yield self._of_role(change)
        for change in changes:
            if change.table == "deletedItems" and change.after is None and change.ident not in seen:
                yield self._purged(change)

    def _of_object(self, change: Change, restored: bool) -> Iterator[_Event]:
        table, old, new = change.table, change.before, change.after
        row = new or old or {}
        here = [(KINDS[table], row)]
        if old is None or new is None:
            what = "delete" if new is None else "restore" if restored else "add"
            yield _Event(NAMES[(table, what)], table, here, _properties(old, new) if what == "add" else [])
            return
        for links, word in (("_owners", "owner"), ("_members", "member")):
            before, after = old.get(links, ()), new.get(links, ())
            for ident in [*(set(after) - set(before)), *(set(before) - set(after))]:
                what = "added" if ident in after else "removed"
                yield _Event(NAMES[(table, f"{word} {what}")], table, [*self._target(ident), *here])
        if any(old.get(name) != new.get(name) for name in _CREDENTIALS):
            yield _Event(NAMES[(table, "credentials")], table, here, _key_ids(old, new))
        properties = [entry for entry in _properties(old, new) if entry[0] not in _HIDDEN]
        if properties:
            yield _Event(NAMES[(table, "change")], table, here, properties)

    def _of_grant(self, change: Change) -> _Event:
        old, new = change.before, change.after
        row = new or old or {}
        properties: list[Property] = [
            ("DelegatedPermissionGrant.Scope", old and old["scope"], new and new["scope"]),
            ("DelegatedPermissionGrant.ConsentType", old and old["consentType"], new and new["consentType"]),
            *self._client(row["clientId"], old, new),
        ]
        targets = [*self._target(row["resourceId"]), *self._target(row["clientId"])]
        return _Event(GRANT_NAMES[new is not None], change.table, targets, properties)

    def _of_assignment(self, change: Change) -> _Event:
        old, new = change.before, change.after
        row = new or old or {}
        resource = self._row(row["resourceId"])
        roles: list[Object] = resource.get("appRoles", [])
        role = next((role for role in roles if role["id"] == row["appRoleId"]), {})
        named = (("Id", row["appRoleId"]), ("Value", role.get("value")), ("DisplayName", role.get("displayName")))
        properties: list[Property] = [(f"AppRole.{name}", old and value, new and value) for name, value in named]
        properties += self._client(row["principalId"], old, new)
        name = ASSIGNMENT_NAMES[(row["principalType"], new is not None)]
        targets = [*self._target(row["resourceId"]), *self._target(row["principalId"])]
        return _Event(name, change.table, targets, properties)

    def _of_role(self, change: Change) -> _Event:
        row = change.after or change.before or {}
        old, new = change.before, change.after
        name = self.roles.name(row["roleDefinitionId"])
        properties: list[Property] = [
            ("Role.ObjectID", *_sides(row["roleDefinitionId"], old, new)),
            ("Role.DisplayName", *_sides(name, old, new)),
            ("Role.TemplateId", *_sides(row["roleDefinitionId"], old, new)),
        ]
        role = ("Role", {"displayName": name, "id": self.records.role_id(row["roleDefinitionId"])})
        return _Event(ROLE_NAMES[new is not None], change.table, [*self._target(row["principalId"]), role], properties)

    def _purged(self, change: Change) -> _Event:
        row = change.before or {}
        table = self.objects.table_of(row["@odata.type"])
        return _Event(NAMES[(table, "purge")], table, [(KINDS[table], row)])

    def _client(self, ident: str, old: Object | None, new: Object | None) -> list[Property]:
        client = self._row(ident)
        named = (("ObjectID", ident), ("DisplayName", client.get("displayName")), ("AppId", client.get("appId")))
        return [(f"ServicePrincipal.{name}", *_sides(value, old, new)) for name, value in named]

    def _row(self, ident: str) -> Object:
        found = self.objects.find(ident)
        # A consent goes with its principal: by now that is among the deleted items.
        return found[1] if found is not None else self.records.store["deletedItems"].get(ident) or {"id": ident}

    def _target(self, ident: str) -> list[tuple[str, Object]]:
        found = self.objects.find(ident)
        if found is not None:
            return [(KINDS[found[0]], found[1])]
        row = self._row(ident)
        kind = str(row.get("@odata.type", "")).rpartition(".")[2]
        return [(kind[:1].upper() + kind[1:] or "Other", row)]

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
            {"displayName": name, "newValue": _told(new), "oldValue": _told(old)} for name, old, new in event.properties
        ]
        number = len(self.table) + 1
        row = {
            "activityDateTime": self.records.now(),
            "activityDisplayName": event.name,
            "additionalDetails": [],
            "category": CATEGORIES[event.table],
            "correlationId": correlation,
            "id": f"Directory_{correlation}_{number:08}",
            "initiatedBy": self._initiator(caller),
            "loggedByService": "Core Directory",
            "operationType": _OPERATIONS.get(event.name.split()[0], "Update"),
            "result": "success",
            "resultReason": "",
            "targetResources": targets,
        }
        self.records.store.put(_TABLE, row)

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


_HIDDEN = {"KeyCredentials", "PasswordCredentials"}
_OPERATIONS = {"Add": "Add", "Delete": "Delete", "Hard": "Delete", "Remove": "Unassign", "Restore": "Update"}


def _of(changes: Iterable[Change], table: str) -> Iterator[tuple[Object | None, Object | None]]:
    return ((change.before, change.after) for change in changes if change.table == table)


def _sides(value: Any, old: Object | None, new: Object | None) -> tuple[Any, Any]:
    """Return a value as old and new: a thing that was added has it afterwards, one that was removed had it before."""
    return (value if old is not None else None, value if new is not None else None)


def _properties(old: Object | None, new: Object | None) -> list[Property]:
    before, after = old or {}, new or {}
    names = sorted(name for name in {*before, *after} if name[0] not in "_@" and before.get(name) != after.get(name))
    shown = [name for name in names if before.get(name) or after.get(name)]
    return [(name[:1].upper() + name[1:], before.get(name), after.get(name)) for name in shown]


def _key_ids(old: Object, new: Object) -> list[Property]:
    found: list[Property] = []
    for name in _CREDENTIALS:
        before, after = ([entry.get("keyId") or entry["id"] for entry in row.get(name, ())] for row in (old, new))
        if before != after:
            label = "FederatedIdentityCredentials" if name == "_federated" else name[:1].upper() + name[1:]
            found.append((label, before, after))
    return found


def _told(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
