"""Directory objects and deleted items: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.directoryobjects import responses as r
from lockstep.emulator.wire import route

_DELETED = "/directory/deletedItems"

ROUTES = [
    route("POST", "/directoryObjects/getByIds", r.get_by_ids, "Get objects by ids", reads=True),
    route("GET", "/directoryObjects/{id}", r.get, "Get an object of any kind"),
    route("GET", _DELETED + "/{type}", r.list_deleted, "List deleted items of a type, or get one by id"),
    route("POST", _DELETED + "/{id}/restore", r.restore, "Restore a deleted item"),
    route("POST", _DELETED + "/{id}/microsoft.graph.restore", r.restore, "Restore a deleted item (qualified name)"),
    route("DELETE", _DELETED + "/{id}", r.purge, "Delete permanently"),
]
