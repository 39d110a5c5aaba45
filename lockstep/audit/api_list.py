"""The permissions that an API offers, as one tenant's own service principal shows them, as a list for the catalogue.

For APIs that have no list in `lockstep/catalogue/data/apis`: the file has the shape of those. It holds nothing of the
tenant, neither its id nor who uses the API. Only reads the tenant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lockstep.audit.run import TenantSource
from lockstep.catalogue import api_of, apis, words_for_apis
from lockstep.directory.principals import read_api
from lockstep.directory.records import Body
from lockstep.errors import FindingError, UsageError, nearest
from lockstep.event_loop import run_to_end
from lockstep.report.screen import Screen
from lockstep.report.text import visible
from lockstep.text_file import write_new

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def write_api_list(source: TenantSource, api: str, key: str | None, out: Path | None) -> int:
    """Write what an API offers in a tenant to `out`, else to stdout; return the exit code. `api` is id, key or name."""
    app_id = _app_id(api)
    if key is not None and not _KEY.fullmatch(key):
        raise UsageError(
            f"--key {key!r}: a key is lower case letters, digits and single hyphens, such as exchange-online"
        )
    screen = Screen(as_json=True)
    screen.progress(visible(source.target), "bold")

    async def read() -> Body | None:
        async with source.graph(lambda text: screen.progress(f"  {text}")) as graph:
            return await read_api(graph, app_id)

    body = run_to_end(read())
    if body is None:
        raise FindingError(
            f"tenant {source.tenant} has no service principal of the API {app_id}; to fix: check the app id (Microsoft"
            " Entra admin center > Enterprise applications > Application ID), or ask a tenant in which the API is used"
        )
    document = api_list(body, key, datetime.now(UTC).date().isoformat())
    _write(document, out)
    for remark in _remarks(body, document, source.tenant):
        screen.progress(visible(remark))
    count = len(document["permissions"])
    place = f"wrote {out}" if out else "printed the list"
    screen.progress(visible(f"{place}: {count} permissions of {document['name']}, key {document['key']}"), "bold")
    return 0


def api_list(body: Body, key: str | None, day: str) -> dict[str, Any]:
    """Return the list of a principal as Graph shows it; what has no name cannot be asked for and is left out."""
    app_id, name = str(body["appId"]).lower(), str(body.get("displayName") or "")
    listed = api_of(app_id)
    rows = [row for row in _rows(body) if row["value"]]
    return {
        "key": key or (listed.key if listed else _key_of(name) or app_id),
        "name": name,
        "app_id": app_id,
        "snapshot": day,
        "sources": ["observed in a tenant"],
        "permissions": sorted(rows, key=lambda row: (row["value"], row["type"], row["id"])),
    }


def _rows(body: Body) -> Iterator[dict[str, Any]]:
    for role in body.get("appRoles") or ():
        # Roles for users and groups alone are no permissions of applications.
        if "Application" in (role.get("allowedMemberTypes") or ()):
            yield _row(role, "application", role.get("displayName"), admin=True)
    for scope in body.get("oauth2PermissionScopes") or ():
        yield _row(scope, "delegated", scope.get("adminConsentDisplayName"), admin=scope.get("type") == "Admin")


def _row(entry: Body, type_: str, title: Any, *, admin: bool) -> dict[str, Any]:
    return {
        "value": str(entry.get("value") or ""),
        "id": str(entry["id"]).lower(),
        "type": type_,
        "display_name": str(title or entry.get("value") or ""),
        "admin_consent_required": admin,
        "enabled": bool(entry.get("isEnabled", True)),
    }


def _remarks(body: Body, document: dict[str, Any], tenant: str) -> Iterator[str]:
    listed = api_of(document["app_id"])
    if listed is not None:
        yield f"Lockstep has a list of {listed.name} already, key {listed.key}, of {listed.snapshot}"
    elif document["key"] in apis():
        taken = apis()[document["key"]].name
        yield f"warning: the key {document['key']} is that of {taken} already; choose another one with --key"
    if str(body.get("appOwnerOrganizationId") or "").lower() == tenant.lower():
        yield "warning: the API is registered in this tenant itself, so its app id and its ids hold in this tenant only"


def _app_id(word: str) -> str:
    if _GUID.fullmatch(word.casefold()):
        return word.casefold()
    called = words_for_apis()
    if word.casefold() in called:
        return apis()[called[word.casefold()]].app_id
    raise UsageError(
        f"--api {word!r} is neither an app id (a GUID) nor an API that Lockstep has a list of{nearest(word, called)};"
        " to fix: give the app id, from Microsoft Entra admin center > Enterprise applications"
    )


def _key_of(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.casefold()))


def _write(document: dict[str, Any], out: Path | None) -> None:
    # One permission a line, as in the shipped lists: a later one shows in a diff what changed.
    head = "".join(
        f" {json.dumps(name)}: {json.dumps(value)},\n" for name, value in document.items() if name != "permissions"
    )
    rows = ",\n".join(f"  {json.dumps(row)}" for row in document["permissions"])
    text = f'{{\n{head} "permissions": [\n{rows}\n ]\n}}\n'
    if out is None:
        print(text, end="", flush=True)
        return
    write_new(out, text, "--out")
