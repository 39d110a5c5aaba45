"""Entra's limits on what one app may ask for, checked when an edition is loaded.

Knows nothing of files: it returns what is exceeded, in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lockstep.catalogue.model import DocumentedPermission
from lockstep.catalogue.permission import PermissionType

MAX_APIS = 50
MAX_PERMISSIONS = 400
MAX_SCOPE_STRING = 3850


def exceeded(permissions: Iterable[DocumentedPermission]) -> str:
    """Return which limit the permissions of one app exceed, or nothing.

    Permissions that are only possible count too: a tenant may hold them all.
    """
    entries = list(permissions)
    scopes: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if entry.type is PermissionType.DELEGATED:
            scopes[entry.api_name].append(entry.name)
    apis = {entry.api for entry in entries}
    if len(apis) > MAX_APIS:
        return f"{len(apis)} APIs; Entra takes at most {MAX_APIS} an app"
    if len(entries) > MAX_PERMISSIONS:
        return f"{len(entries)} permissions; Entra takes at most {MAX_PERMISSIONS} an app"
    for api, names in scopes.items():
        length = len(" ".join(names))
        if length > MAX_SCOPE_STRING:
            return f"a scope string of {length} characters for {api}; Graph takes at most {MAX_SCOPE_STRING} an API"
    return ""
