"""What Microsoft itself remarks on a permission: who may not be given it, and whether its API has been retired.

The lists are data (`data/remarks.json`), each with the page and the day that it is from; that an API is retired stands
in the API's own list. Knows nothing of vendors, editions or tenants.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from lockstep.catalogue.api import api_of, apis, data
from lockstep.catalogue.permission import Permission, PermissionType

RETIRED = "retired-api"
"""The key of the remark on every permission of an API that Microsoft has retired."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark of Microsoft's: a few words for a table, a sentence of ours, and the dated page that it is from."""

    key: str
    short: str
    says: str
    dated: str
    source: str


def remarks(permission: Permission) -> tuple[Remark, ...]:
    """Return what Microsoft remarks on a permission; the weightiest first."""
    listed = _listed().get(Permission(permission.api.lower(), permission.type, permission.id.lower()), ())
    api = api_of(permission.api)
    if api is None or api.retired is None:
        return tuple(listed)
    since = api.retired.since
    says = f"Microsoft has retired {api.name}: no request to it works since {since}, so the permission gives nothing."
    return (Remark(RETIRED, "retired API", says, since, api.retired.source), *listed)


@cache
def _listed() -> dict[Permission, list[Remark]]:
    by_permission = defaultdict[Permission, list[Remark]](list)
    for entry in data("remarks.json")["remarks"]:
        remark = Remark(entry["key"], entry["short"], entry["says"], entry["dated"], entry["address"])
        for row in entry["permissions"]:
            permission = Permission(apis()[row["api"]].app_id, PermissionType(row["type"]), row["id"])
            by_permission[permission].append(remark)
    return dict(by_permission)
