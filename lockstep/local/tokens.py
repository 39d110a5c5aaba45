"""`lockstep emulator token`: the tokens that an app would get from the emulated tenant, which show what is in force.

The consents are read off signed tokens, as the product itself would meet them, and compared with the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.catalogue import App, apis, load
from lockstep.errors import FindingError, UsageError, nearest
from lockstep.local.door import EmulatorDoor, open_door
from lockstep.local.emulator import local_of
from lockstep.local.workplace import relative
from lockstep.report.screen import Screen

_ANYBODY = "ada@local.test"
"""In whose name delegated scopes are shown: a user without consents of her own."""


@dataclass(frozen=True)
class _Client:
    """The app that a token is for: its principal in the tenant, and what the catalogue says of it, if anything."""

    principal: dict[str, Any]
    app: App | None
    edition: str


def print_token(
    app: str, api: str, user: str | None, edition: str, raw: bool, as_json: bool, state: Path | None, cwd: Path
) -> int:
    """Show the tokens of an app for an API; 1 where a documented permission is in neither."""
    local = local_of(state, cwd)
    screen = Screen(as_json=as_json)
    target = f"target: local (emulator {relative(local.emulator)})"
    screen.progress(target, "bold")
    with open_door(local, None) as door:
        principals = door.ask("GET", "/_emulator/snapshot")["servicePrincipals"]
        client = _client(app, edition, principals)
        resource = _resource(api, edition, principals)
        own, delegated = (_ask(door, client, resource, name) for name in (None, user or _ANYBODY))
    if raw:
        print(_word(delegated if user else own))
        screen.progress(f"{target}: token printed", "bold")
        return 0
    missing = _missing(client, resource, own, delegated)
    code = 1 if missing else 0
    screen.document(_document(client, resource, own, delegated, missing, code))
    if not as_json:
        _show(screen, client, resource, ((_SELF, own), (f"in the name of {user or _ANYBODY}", delegated)))
    outcome = f"not in the token: {', '.join(missing)}" if missing else _agreement(client, resource)
    screen.result(f"{target}: {outcome}", "bold red" if missing else "bold")
    return code


_SELF = "in its own name"


def _client(word: str, edition: str, principals: list[dict[str, Any]]) -> _Client:
    catalogue = {}
    for vendor in load().vendors:
        chosen = load().edition_as_of(vendor, edition)
        catalogue.update({key.casefold(): (app, chosen.id) for app in chosen.apps for key in (app.key, app.name)})
    app, dated = catalogue.get(word.casefold(), (None, ""))
    names = {word.casefold()} if app is None else {app.name.casefold(), *_ids(app)}
    clients = [row for row in principals if {row["appId"], row["displayName"].casefold()} & names]
    if len(clients) > 1:
        raise UsageError(f"--app {word!r} fits {len(clients)} service principals; give the client id of one")
    if clients:
        return _Client(clients[0], app, dated)
    if app is not None:
        raise FindingError(f"{app.name} is not in the tenant; to deploy it: lockstep up")
    words = [*catalogue, *(row["displayName"] for row in principals)]
    raise UsageError(f"--app {word!r} is no app of the catalogue and no client here{nearest(word, words)}")


def _ids(app: App) -> Iterable[str]:
    return (principal.app_id for principal in app.principals if principal.app_id)


def _resource(word: str, edition: str, principals: list[dict[str, Any]]) -> dict[str, Any]:
    listed = {key: api.app_id for api in apis().values() for key in (api.key, api.name.casefold())}
    name = listed.get(word.casefold(), word)
    for row in principals:
        if name in (row["appId"], row["displayName"]) or name in row["servicePrincipalNames"]:
            return row
    try:
        return _client(word, edition, principals).principal
    except UsageError:
        names = [*listed, *(row["displayName"] for row in principals)]
        raise UsageError(f"--api {word!r} is no API of this tenant{nearest(word, names)}") from None


def _ask(door: EmulatorDoor, client: _Client, resource: dict[str, Any], user: str | None) -> dict[str, Any]:
    body = {"client": client.principal["appId"], "api": resource["appId"], "base": door.url}
    answer: dict[str, Any] = door.ask("POST", "/_emulator/token", {**body, **({"user": user} if user else {})})
    return answer


def _word(answer: dict[str, Any]) -> str:
    if "refused" in answer:
        raise FindingError(f"no token: {answer['refused']}")
    return str(answer["access_token"])


def _held(answer: dict[str, Any]) -> list[str]:
    claims = answer.get("claims", {})
    return list(claims.get("roles", [])) if claims.get("idtyp") == "app" else str(claims.get("scp", "")).split()


def _missing(client: _Client, resource: dict[str, Any], own: dict[str, Any], delegated: dict[str, Any]) -> list[str]:
    if client.app is None:
        return []
    held = {"application": _held(own), "delegated": _held(delegated)}
    return [
        entry.title
        for entry in client.app.permissions
        if entry.certain
        and entry.name not in held[entry.type.value]
        and (entry.permission.api == resource["appId"] or entry.api_name == resource["displayName"])
    ]


def _agreement(client: _Client, resource: dict[str, Any]) -> str:
    if client.app is None:
        return "done"
    return f"all that edition {client.edition} documents on {resource['displayName']} is in the tokens"


def _show(screen: Screen, client: _Client, resource: dict[str, Any], tokens: Iterable[tuple[str, Any]]) -> None:
    principal = client.principal
    screen.result(f"{principal['displayName']} ({principal['appId']}) for {resource['displayName']}")
    for title, answer in tokens:
        if "refused" in answer:
            screen.result(f"{title}: no token: {answer['refused']}")
            continue
        claims, values = answer["claims"], _held(answer)
        kind = "roles" if claims["idtyp"] == "app" else "scp"
        screen.result(f"{title}: aud {claims['aud']}, ver {claims['ver']}, {kind} ({len(values)})")
        for value in values:
            screen.result(f"  {value}")


def _document(
    client: _Client,
    resource: dict[str, Any],
    own: dict[str, Any],
    delegated: dict[str, Any],
    missing: list[str],
    code: int,
) -> dict[str, Any]:
    return {
        "api": {"appId": resource["appId"], "name": resource["displayName"]},
        "app": {
            "clientId": client.principal["appId"],
            "edition": client.edition or None,
            "key": client.app.key if client.app else None,
            "name": client.principal["displayName"],
        },
        "application": {"claims": own.get("claims"), "refused": own.get("refused")},
        "delegated": {"claims": delegated.get("claims"), "refused": delegated.get("refused")},
        "exitCode": code,
        "missing": missing,
    }
