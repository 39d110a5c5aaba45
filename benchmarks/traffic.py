"""Counts what went over the wire: all requests, those for consents, writes, and what was inside batches.

Reads the emulator's log; knows neither engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_CHANGES = ("POST", "PATCH", "PUT", "DELETE")
_CONSENT_PATHS = ("/$batch", "/oauth2PermissionGrants", "/appRoleAssignments", "/appRoleAssignedTo")
# What only entraconsent asks of a principal, and of the applications that carry claims. azuread selects nothing.
_OUR_QUERIES = ("appOwnerOrganizationId", "tags%2Fany", "tags/any")


@dataclass(frozen=True)
class Traffic:
    """Requests of one phase. A `$batch` is one request; what is in it is `inner`."""

    requests: int = 0
    consents: int = 0
    writes: int = 0
    batches: int = 0
    inner: int = 0


def count(entries: Iterable[Mapping[str, Any]]) -> Traffic:
    """Count the entries of the emulator's log, sign-in and metadata included."""
    found = list(entries)
    outer = [entry for entry in found if not entry["batch"]]
    return Traffic(
        requests=len(outer),
        consents=sum(map(is_for_consents, outer)),
        writes=sum(map(is_write, found)),
        batches=sum(_is_batch(entry) for entry in outer),
        inner=len(found) - len(outer),
    )


def is_for_consents(entry: Mapping[str, Any]) -> bool:
    """Tell whether a request is made for consents: a change, a read, or a look-up that one of them needs."""
    path, query = str(entry["path"]), str(entry["query"])
    if any(part in path for part in _CONSENT_PATHS):
        return True
    if any(part in query for part in _OUR_QUERIES):
        return True
    # The one service principal that entraconsent creates and deletes itself, which says so in its tags.
    return entry["method"] == "POST" and "lockstep-created" in str(entry["body"])


def is_write(entry: Mapping[str, Any]) -> bool:
    """Tell whether a request asks Graph for a change. A batch is none: what is in it counts."""
    on_graph = str(entry["path"]).startswith(("/v1.0/", "/beta/"))
    return on_graph and entry["method"] in _CHANGES and not _is_batch(entry)


def _is_batch(entry: Mapping[str, Any]) -> bool:
    return str(entry["path"]).endswith("/$batch")
