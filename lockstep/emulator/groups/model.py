"""Groups: what they hold, their rules, and what an object belongs to. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.directoryobjects.model import DirectoryObjects, Located, already_there
from lockstep.emulator.exceptions import NotSupportedError
from lockstep.emulator.objects import bound, checked, copied, merge, security_identifier
from lockstep.emulator.odata.filter import ANY, EQ, TEXT
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.records import ObjectKind
from lockstep.emulator.roles.model import Roles
from lockstep.emulator.store import Object

WRITABLE: dict[str, Any] = {
    "classification": None,
    "description": None,
    "displayName": None,
    "groupTypes": [],
    "isAssignableToRole": None,
    "mail": None,
    "mailEnabled": None,
    "mailNickname": None,
    "membershipRule": None,
    "membershipRuleProcessingState": None,
    "preferredDataLocation": None,
    "preferredLanguage": None,
    "resourceBehaviorOptions": [],
    "resourceProvisioningOptions": [],
    "securityEnabled": None,
    "theme": None,
    "visibility": None,
}
READ_ONLY: dict[str, Any] = {
    "assignedLicenses": [],
    "createdDateTime": None,
    "deletedDateTime": None,
    "expirationDateTime": None,
    "id": None,
    "isManagementRestricted": None,
    "onPremisesDomainName": None,
    "onPremisesLastSyncDateTime": None,
    "onPremisesNetBiosName": None,
    "onPremisesProvisioningErrors": [],
    "onPremisesSamAccountName": None,
    "onPremisesSecurityIdentifier": None,
    "onPremisesSyncEnabled": None,
    "proxyAddresses": [],
    "renewedDateTime": None,
    "securityIdentifier": None,
    "serviceProvisioningErrors": [],
}
"""What only Entra sets. Nothing here has licences, mailboxes or a directory of its own premises."""

GROUP = Entity(
    name="Group",
    properties=frozenset(WRITABLE) | frozenset(READ_ONLY),
    filters={
        "displayName": TEXT,
        "groupTypes": ANY,
        "id": EQ,
        "mail": TEXT,
        "mailEnabled": EQ,
        "mailNickname": TEXT,
        "securityEnabled": EQ,
    },
    shown=(frozenset(WRITABLE) | frozenset(READ_ONLY)) - {"assignedLicenses", "isManagementRestricted"},
    orders=frozenset({"displayName"}),
    expands=frozenset({"members", "owners"}),
    binds=frozenset({"members", "owners"}),
)
_REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")


@dataclass(eq=False)
class Groups(ObjectKind):
    """The groups of a tenant."""

    table_name, resource = "groups", "Group"
    objects: DirectoryObjects
    roles: Roles

    def create(self, body: Mapping[str, Any]) -> Object:
        """Make a group, with the members and owners that the body binds."""
        new = self._checked(body)
        self.required(new, *_REQUIRED)
        row = {**copied(WRITABLE), **copied(READ_ONLY), **new}
        row["id"] = self.records.new_id("group")
        row |= dict.fromkeys(("createdDateTime", "renewedDateTime"), self.records.now())
        row["securityIdentifier"] = security_identifier(row["id"])
        for links, name in (("_members", "members"), ("_owners", "owners")):
            row[links] = [self.objects.get(ident)[1]["id"] for ident in dict.fromkeys(bound(body, name))]
        return self.put(row)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a group."""
        changed = merge(row, self._checked(body, READ_ONLY), WRITABLE)
        self.required(changed, "displayName")
        return self.put(changed)

    def delete(self, row: Object) -> None:
        """Move a group to the deleted items; its app role assignments and directory roles are gone for good."""
        self.objects.forget(row["id"])
        self.objects.bury(self.table_name, row)

    def add_member(self, row: Object, ident: str) -> None:
        """Make an object a member."""
        member = self.objects.get(ident)[1]["id"]
        if member in row["_members"]:
            raise already_there("members")
        self.put({**row, "_members": [*row["_members"], member]})

    def members(self, row: Object) -> list[Located]:
        """Return the members, as far as they are still there."""
        return self.objects.located(row["_members"])

    def of(self, ident: str, *, transitive: bool) -> list[Located]:
        """Return the groups and directory roles that an object is a member of, itself or also through groups."""
        groups: dict[str, Object] = {}
        waiting = [ident]
        while waiting:
            for group in self.table.by("_members", waiting.pop(0)):
                if group["id"] not in (ident, *groups):
                    groups[group["id"]] = group
                    if transitive:
                        waiting.append(group["id"])
        holders = [ident, *groups] if transitive else [ident]
        roles = {role["id"]: role for holder in holders for role in self.roles.of(holder)}
        return [("groups", group) for group in groups.values()] + [("directoryRoles", role) for role in roles.values()]

    def _checked(self, body: Mapping[str, Any], ignored: Iterable[str] = ()) -> Object:
        new = checked(body, WRITABLE, self.resource, ignored)
        if new.get("membershipRule"):
            raise NotSupportedError("groups whose members follow a rule (membershipRule)")
        return new
