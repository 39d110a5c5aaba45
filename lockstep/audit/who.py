"""Who made a change: the tenant's own audit log, as far back as the tenant keeps it. Reads only.

Needs AuditLog.Read.All. An entry is about a change when it is about the same object and mentions the same thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from lockstep.audit.compare import TenantChange
from lockstep.audit.document import ChangeEvent
from lockstep.directory import BatchItem, Graph, address, literal
from lockstep.directory.consents import all_pages

NEEDS = "AuditLog.Read.All"


async def with_authors(graph: Graph, changes: Sequence[TenantChange], since: str) -> tuple[list[TenantChange], str]:
    """Return the changes with what the log says of each since then, and why it could not be read, if it could not."""
    targets = sorted({target for change in changes for target in change.targets})
    if not targets:
        return list(changes), ""
    answers = await graph.batch([_log_of(target, since) for target in targets])
    refused = next((answer for answer in answers if answer.refused), None)
    if refused is not None:
        return list(changes), f"{refused.problem}; {f'it takes {NEEDS}' if refused.lacks_permission else refused.fix}"
    entries = [entry for answer in answers for entry in await all_pages(graph, answer)]
    return [replace(change, events=_events(change, entries)) for change in changes], ""


def _log_of(target: str, since: str) -> BatchItem:
    about = f"activityDateTime ge {since} and targetResources/any(t:t/id eq {literal(target)})"
    return BatchItem("GET", address("/auditLogs/directoryAudits", filter=about))


def _events(change: TenantChange, entries: Iterable[Any]) -> tuple[ChangeEvent, ...]:
    events = {}
    # Whole words only: Mail.Read is not Mail.ReadWrite.
    mentioned = [re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])") for word in change.words]
    for entry in entries:
        text = _mentions(entry)
        about = {str(target.get("id") or "").lower() for target in entry.get("targetResources") or ()}
        if about & set(change.targets) and any(pattern.search(text) for pattern in mentioned):
            events[str(entry.get("id"))] = ChangeEvent(
                time=str(entry.get("activityDateTime") or ""),
                activity=str(entry.get("activityDisplayName") or ""),
                by=_by(entry),
            )
    return tuple(sorted(events.values(), key=lambda event: event.time))


def _mentions(entry: Any) -> str:
    """Return what an entry says of its targets. Tags are left out: ours name permissions without granting any."""
    mentions = [
        (
            target.get("id"),
            [change for change in target.get("modifiedProperties") or () if change.get("displayName") != "Tags"],
        )
        for target in entry.get("targetResources") or ()
    ]
    return json.dumps(mentions, ensure_ascii=False)


def _by(entry: Any) -> str:
    by = entry.get("initiatedBy") or {}
    user, app = by.get("user") or {}, by.get("app") or {}
    name = user.get("userPrincipalName") or user.get("displayName") or user.get("id")
    if name:
        return str(name)
    return f"{app.get('displayName') or 'an application'} ({app.get('appId') or app.get('servicePrincipalId') or '?'})"
