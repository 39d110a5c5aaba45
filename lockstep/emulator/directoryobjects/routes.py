"""Directory objects and deleted items: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.directoryobjects import responses as r
from lockstep.emulator.directoryobjects.responses import typed
from lockstep.emulator.wire import route

_DELETED = "/directory/deletedItems"
_MEMBERS = "/directoryObjects/{id}/getMemberObjects"

_KINDS = ("applications", "groups", "servicePrincipals", "users")

ROUTES = [
    route("POST", "/directoryObjects/getByIds", r.get_by_ids, "Get objects by ids", reads=True),
    *(
        route("POST", f"/{kind}/getByIds", r.get_by_ids, "The same", reads=True, like="/directoryObjects/getByIds")
        for kind in _KINDS
    ),
    route("GET", "/directoryObjects/{id}", r.get, "Get an object of any kind"),
    *(route("GET", f"{_DELETED}/{typed(kind)}", r.list_deleted, "List deleted items of one type") for kind in _KINDS),
    *(
        route("GET", f"{path}/$count", r.count_deleted, "Count deleted items of one type", like=path)
        for path in (f"{_DELETED}/{typed(kind)}" for kind in _KINDS)
    ),
    route("GET", _DELETED + "/{id}", r.get_deleted, "Get deleted item"),
    route("POST", _DELETED + "/{id}/restore", r.restore, "Restore a deleted item"),
    route("POST", _DELETED + "/{id}/microsoft.graph.restore", r.restore, "Restore a deleted item (qualified name)"),
    route("DELETE", _DELETED + "/{id}", r.purge, "Delete permanently"),
    *(
        entry
        for kind in ("directoryObjects", "groups", "servicePrincipals", "users")
        for entry in (
            route("POST", f"/{kind}/{{id}}/getMemberGroups", r.member_groups, "Groups of an object, transitively",
                  reads=True, like=_MEMBERS),
            route("POST", f"/{kind}/{{id}}/getMemberObjects", r.member_objects, "Groups and roles, transitively",
                  reads=True, like=_MEMBERS),
            route("POST", f"/{kind}/{{id}}/checkMemberGroups", r.check_groups, "Which of these groups",
                  reads=True, like=_MEMBERS),
            route("POST", f"/{kind}/{{id}}/checkMemberObjects", r.check_objects, "Which of these groups and roles",
                  reads=True, like=_MEMBERS),
        )
    ),
]  # fmt: skip
