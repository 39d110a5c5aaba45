"""Groups: state and rules, and what an object belongs to. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from lockstep.emulator.assignments.models import Assignments
from lockstep.emulator.directoryobjects.models import DirectoryObjects
from lockstep.emulator.exceptions import BadRequestError, NotFoundError, NotSupportedError
from lockstep.emulator.groups.entity import READ_ONLY, WRITABLE
from lockstep.emulator.groups.exceptions import MemberExistsError
from lockstep.emulator.objects import bound, checked, merge, there
from lockstep.emulator.records import Records
from lockstep.emulator.roles.models import Roles
from lockstep.emulator.store import Object

_TABLE, _RESOURCE = "groups", "Group"
_REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")


class Groups:
    """The groups of a tenant."""

    def __init__(self, records: Records, objects: DirectoryObjects, assignments: Assignments, roles: Roles) -> None:
        self.records = records
        self.objects = objects
        self.assignments = assignments
        self.roles = roles
        self.table = records.store[_TABLE]

    def get(self, ident: str) -> Object:
        """Return the group of this id."""
        return there(self.table.get(ident), ident)

    def create(self, body: Mapping[str, Any]) -> Object:
        """Make a group, with the members and owners that the body binds."""
        new = _checked(body)
        for name in _REQUIRED:
            if new.get(name) in (None, ""):
                raise BadRequestError(f"A value is required for property '{name}' of resource 'Group'.")
        row = {**deepcopy(WRITABLE), **deepcopy(READ_ONLY), **new}
        row.update(id=self.records.new_id("group"), createdDateTime=self.records.now())
        for links, name in (("_members", "members"), ("_owners", "owners")):
            row[links] = [self.objects.get(ident)[1]["id"] for ident in dict.fromkeys(bound(body, name))]
        return self.records.store.put(_TABLE, row)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a group."""
        changed = merge(row, _checked(body, READ_ONLY), WRITABLE)
        if not changed["displayName"]:
            raise BadRequestError("A value is required for property 'displayName' of resource 'Group'.")
        return self.records.store.put(_TABLE, changed)

    def delete(self, row: Object) -> None:
        """Move a group to the deleted items; its app role assignments and directory roles are gone for good."""
        self.assignments.forget(row["id"])
        self.roles.forget(row["id"])
        self.records.store.remove(_TABLE, row["id"])
        self.objects.bury(row, "#microsoft.graph.group")

    def add_member(self, row: Object, ident: str) -> None:
        """Make an object a member."""
        member = self.objects.get(ident)[1]["id"]
        if member in row["_members"]:
            raise MemberExistsError
        self.records.store.put(_TABLE, {**row, "_members": [*row["_members"], member]})

    def remove_member(self, row: Object, ident: str) -> None:
        """Make an object no member any more."""
        if ident.lower() not in row["_members"]:
            raise NotFoundError(ident)
        rest = [member for member in row["_members"] if member != ident.lower()]
        self.records.store.put(_TABLE, {**row, "_members": rest})

    def members(self, row: Object) -> list[tuple[str, Object]]:
        """Return the members, as far as they are still there, as (table, object)."""
        return [found for found in map(self.objects.find, row["_members"]) if found is not None]

    def of(self, ident: str, *, transitive: bool) -> list[tuple[str, Object]]:
        """Return the groups and directory roles that an object is a member of, itself or also through groups."""
        found: list[Object] = []
        waiting = [ident]
        seen = {ident}
        while waiting:
            for group in self.table.by("_members", waiting.pop(0)):
                if group["id"] not in seen:
                    seen.add(group["id"])
                    found.append(group)
                    if transitive:
                        waiting.append(group["id"])
        holders = [ident, *(group["id"] for group in found)] if transitive else [ident]
        roles = {role["id"]: role for holder in holders for role in self.roles.of(holder)}
        return [("groups", group) for group in found] + [("directoryRoles", role) for role in roles.values()]


def _checked(body: Mapping[str, Any], ignored: Iterable[str] = ()) -> Object:
    new = checked(body, WRITABLE, _RESOURCE, ignored)
    if new.get("membershipRule"):
        raise NotSupportedError("groups whose members follow a rule (membershipRule)")
    return new
