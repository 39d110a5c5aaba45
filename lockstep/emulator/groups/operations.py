"""Groups, and what users, groups and service principals belong to: their operations."""

from __future__ import annotations

from lockstep.emulator.collection import Collection
from lockstep.emulator.directoryobjects.model import Located
from lockstep.emulator.groups.model import GROUP
from lockstep.emulator.permissions.needs import (
    CREATE_GROUPS,
    DELETE_GROUPS,
    READ_APPS,
    READ_GROUPS,
    USERS_MEMBERSHIPS,
    WRITE_GROUPS,
    WRITE_MEMBERS,
)
from lockstep.emulator.relations import Links, member, object_expands, owners, relation
from lockstep.emulator.wire import Request, Routes

GROUPS = Collection("groups", GROUP, lambda tenant: tenant.groups, expands=object_expands("owners", "members"))


def _members(request: Request) -> list[Located]:
    return request.tenant.groups.members(GROUPS.find(request))


def _add_member(request: Request, ident: str) -> None:
    request.tenant.groups.add_member(GROUPS.find(request), ident)


def _remove_member(request: Request, ident: str) -> None:
    request.tenant.objects.remove_link("groups", GROUPS.find(request), "_members", ident)


def _member_of(request: Request) -> list[Located]:
    """Return the groups and directory roles that an object is a member of itself."""
    return request.tenant.groups.of(member(request)["id"], transitive=False)


def _transitive_member_of(request: Request) -> list[Located]:
    """Return the groups and directory roles of an object, also through groups."""
    return request.tenant.groups.of(member(request)["id"], transitive=True)


ROUTES = Routes(
    [
        *GROUPS.routes(
            "group",
            read=READ_GROUPS,
            create=CREATE_GROUPS,
            write=WRITE_GROUPS,
            delete=DELETE_GROUPS,
            notes={"DELETE": " (soft)"},
        ),
        *relation(
            "/groups/{id}",
            "members",
            _members,
            READ_GROUPS,
            casts=("groups", "servicePrincipals", "users"),
            links=Links(_add_member, _remove_member, WRITE_MEMBERS, WRITE_MEMBERS),
        ),
        *owners("groups", GROUPS.find, READ_GROUPS, WRITE_GROUPS, WRITE_GROUPS),
    ]
)
for _kind, _needs in (("groups", READ_GROUPS), ("servicePrincipals", READ_APPS), ("users", USERS_MEMBERSHIPS)):
    for _name, _read in (("memberOf", _member_of), ("transitiveMemberOf", _transitive_member_of)):
        ROUTES += relation(f"/{_kind}/{{id}}", _name, _read, _needs, casts=("directoryRoles", "groups"))
