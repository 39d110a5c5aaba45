"""Groups, and what users, groups and service principals belong to: their operations."""

from __future__ import annotations

from functools import partial

from lockstep.emulator.collection import Collection
from lockstep.emulator.directoryobjects.model import Located
from lockstep.emulator.groups.model import GROUP
from lockstep.emulator.permissions import needs
from lockstep.emulator.relations import EXPANDS, Links, member, owners, relation
from lockstep.emulator.wire import Request, Routes

GROUPS = Collection("groups", GROUP, lambda tenant: tenant.groups, expands=EXPANDS)


def _member_of(request: Request, transitive: bool) -> list[Located]:
    """Return the groups and directory roles that an object is a member of, itself or also through groups."""
    return request.tenant.groups.of(member(request)["id"], transitive=transitive)


ROUTES = Routes(
    [
        *GROUPS.routes(
            "group",
            read=needs.READ_GROUPS,
            create=needs.CREATE_GROUPS,
            write=needs.WRITE_GROUPS,
            delete=needs.DELETE_GROUPS,
            notes={"DELETE": " (soft)"},
        ),
        *relation(
            "/groups/{id}",
            "members",
            lambda request: request.tenant.groups.members(GROUPS.find(request)),
            needs.READ_GROUPS,
            casts=("groups", "servicePrincipals", "users"),
            links=Links(
                lambda request, ident: request.tenant.groups.add_member(GROUPS.find(request), ident),
                lambda request, ident: request.tenant.objects.remove_link(
                    "groups", GROUPS.find(request), "_members", ident
                ),
                needs.WRITE_MEMBERS,
                needs.WRITE_MEMBERS,
            ),
        ),
        *owners("groups", GROUPS.find, needs.READ_GROUPS, needs.WRITE_GROUPS, needs.WRITE_GROUPS),
    ]
)
for _kind, _needs in (
    ("groups", needs.READ_GROUPS),
    ("servicePrincipals", needs.READ_APPS),
    ("users", needs.USERS_MEMBERSHIPS),
):
    for _name, _transitive in (("memberOf", False), ("transitiveMemberOf", True)):
        _read = partial(_member_of, transitive=_transitive)
        ROUTES += relation(f"/{_kind}/{{id}}", _name, _read, _needs, casts=("directoryRoles", "groups"))
