"""`lockstep emulator`: serves the emulator, in the foreground or behind a command, and points a shell at it.

It shows the tokens that an app would get from the emulated tenant, too. What is in force is read off signed tokens, as
the product itself would meet it, and compared with the catalogue.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lockstep.catalogue import App, apis, load
from lockstep.emulator import find_server, resolved, run_server
from lockstep.emulator.faults.reading import read_plan_file
from lockstep.errors import FindingError, UsageError, nearest
from lockstep.local.door import (
    EmulatorDoor,
    open_door,
    refuse_profile,
    refuse_unknown_profile,
    served_door,
    start_server,
    stop_server,
)
from lockstep.local.pulumi_cli import PulumiDriver, copy_stack_file
from lockstep.local.state import LocalState, environment, pulumi_settings, without_callers
from lockstep.local.workplace import DEV, commands_of, emulator_command, open_workplace, relative
from lockstep.report.screen import Screen, print_json
from lockstep.settings.project import find_project
from lockstep.text_file import read_text

_ANYBODY = "ada@local.test"
"""In whose name delegated scopes of a token are shown: a user without consents of her own."""


def serve_emulator(
    port: int | None,
    profile: str,
    state: Path | None,
    cwd: Path,
    *,
    enforce_permissions: bool = False,
    faults: Path | None = None,
) -> int:
    """Serve in the foreground."""
    refuse_unknown_profile(profile)
    plan = read_plan_file(faults) if faults is not None else None
    local, screen, target = _begin(state, cwd)
    local.emulator.parent.mkdir(parents=True, exist_ok=True)
    with environment(without_callers(os.environ)):
        run_server(
            local.emulator,
            port,
            profile,
            lambda url: print(f"ready {url}", flush=True),
            enforce_permissions=enforce_permissions,
            faults=plan,
        )
    screen.progress(f"{target}: stopped", "bold")
    return 0


def print_env(port: int | None, profile: str | None, state: Path | None, shell: str, cwd: Path) -> int:
    """Serve in the background when nobody does, make the dev stack, and print exports, nothing else, on stdout."""
    local, screen, target = _begin(state, cwd)
    server = find_server(local.emulator)
    if server is not None and port not in (None, 0, server.port):
        raise UsageError(
            f"--port {port}: the emulator is served on port {server.port} already;"
            f" `{emulator_command('stop', local)}` ends that"
        )
    if server is not None and profile is not None:
        refuse_profile(local, profile)
    server = server or start_server(local, profile or "fresh", port)
    door = served_door(local, server)
    # Ours are exported even where they have their value already: a shell may not have exported it.
    trusting = ("SSL_CERT_FILE", "NO_PROXY", "no_proxy")
    exports = {
        name: value
        for name, value in door.env.items()
        if os.environ.get(name) != value or name.startswith(("ARM_", "AZURE_")) or name in trusting
    }
    exports |= pulumi_settings(local) | _stack_ready(local, cwd, door, screen)
    for name in sorted(os.environ):
        if name not in exports and name not in without_callers(os.environ):
            print(f"unset {name}" if shell == "bash" else f"Remove-Item Env:{name}")
    for name, value in sorted(exports.items()):
        quoted = "'" + value.replace("'", "''") + "'"
        print(f"export {name}={shlex.quote(value)}" if shell == "bash" else f"$env:{name} = {quoted}")
    screen.progress(f"{target}: served at {server.url}", "bold")
    return 0


def reset_emulator(profile: str, state: Path | None, cwd: Path) -> int:
    """Make the tenant anew; what the stack knew of the old one is put aside with it."""
    refuse_unknown_profile(profile)
    local, screen, target = _begin(state, cwd)
    with open_door(local, None) as door:
        door.ask("POST", "/_emulator/reset", {"profile": resolved(profile)})
    aside = _put_aside(local.owner)
    old_state = f"; what the stack knew of the old one is in {relative(aside)}" if aside else ""
    screen.result(f"{target}: reset to {profile}{old_state}", "bold")
    return 0


def print_snapshot(state: Path | None, cwd: Path) -> int:
    """Print the tenant."""
    local, screen, target = _begin(state, cwd)
    with open_door(local, None) as door:
        print_json(door.ask("GET", "/_emulator/snapshot"))
    screen.progress(f"{target}: snapshot done", "bold")
    return 0


def stop_emulator(state: Path | None, cwd: Path) -> int:
    """End a background server."""
    local, screen, target = _begin(state, cwd)
    server = find_server(local.emulator)
    if server is not None:
        stop_server(local, server)
    screen.result(f"{target}: {'stopped' if server else 'was not served'}", "bold")
    return 0


def _begin(state: Path | None, cwd: Path, *, as_json: bool = False) -> tuple[LocalState, Screen, str]:
    """Say which emulator a command means: with a state file of its own, or the stack dev's."""
    local = LocalState.beside(state) if state is not None else LocalState.of(find_project(cwd), DEV)
    screen, target = Screen(as_json=as_json), f"target: local (emulator {relative(local.emulator)})"
    screen.progress(target, "bold")
    return local, screen, target


def _stack_ready(local: LocalState, cwd: Path, door: EmulatorDoor, screen: Screen) -> dict[str, str]:
    """Make the dev stack for a `pulumi` by hand; return what else has to be exported for it."""
    if shutil.which("pulumi") is None:
        screen.progress("pulumi is not on PATH: the stack dev is made when it is and this runs again")
        return {}
    place = replace(open_workplace(cwd, DEV), at=local)
    with environment(door.env):
        PulumiDriver(place, door).prepare()
    if "\nencryptionsalt:" in f"\n{read_text(place.path)}":
        return {}
    # Pulumi would write its salt into the tracked stack file.
    copy = copy_stack_file(place)
    screen.progress(f"settings: a copy of {relative(place.path)} as it is now; run this again after changing it")
    return {"PULUMI_OPTION_CONFIG_FILE": str(copy.resolve())}


def _put_aside(local: LocalState) -> Path | None:
    kept = [path for path in (local.state, local.backend, local.handover, local.adopted) if path.exists()]
    if not kept:
        return None
    aside = local.directory / "before-reset"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for path in kept:
        path.replace(aside / path.name)
    return aside


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
    local, screen, target = _begin(state, cwd, as_json=as_json)
    with open_door(local, None) as door:
        principals = door.ask("GET", "/_emulator/snapshot")["servicePrincipals"]
        client = _client(app, edition, principals, local)
        resource = _resource(api, edition, principals, local)
        own, delegated = (_ask(door, client, resource, name) for name in (None, user or _ANYBODY))
    if raw:
        answer = delegated if user else own
        if "refused" in answer:
            raise FindingError(f"no token: {answer['refused']}")
        print(answer["access_token"])
        screen.progress(f"{target}: token printed", "bold")
        return 0
    missing = _missing(client, resource, own, delegated)
    code = 1 if missing else 0
    screen.document(
        {
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
    )
    if not as_json:
        holders = (("in its own name", own), (f"in the name of {user or _ANYBODY}", delegated))
        _show(screen, client, resource, holders)
    outcome = "done"
    if missing:
        outcome = f"not in the token: {', '.join(missing)}"
    elif client.app:
        outcome = f"all that edition {client.edition} documents on {resource['displayName']} is in the tokens"
    screen.result(f"{target}: {outcome}", "bold red" if missing else "bold")
    return code


def _client(word: str, edition: str, principals: list[dict[str, Any]], local: LocalState) -> _Client:
    catalogue = {}
    for vendor in load().vendors:
        chosen = load().edition_as_of(vendor, edition)
        catalogue.update({key.casefold(): (app, chosen.id) for app in chosen.apps for key in (app.key, app.name)})
    app, dated = catalogue.get(word.casefold(), (None, ""))
    ids = [principal.app_id for principal in app.principals if principal.app_id] if app else []
    names = {app.name.casefold() if app else word.casefold(), *ids}
    clients = [row for row in principals if {row["appId"], row["displayName"].casefold()} & names]
    if len(clients) > 1:
        raise UsageError(f"--app {word!r} fits {len(clients)} service principals; give the client id of one")
    if clients:
        return _Client(clients[0], app, dated)
    if app is not None:
        commands = commands_of(local)
        way = f"`{commands.up}`" if commands else "deploy a stack that has it to this emulator"
        raise FindingError(f"{app.name} is not in the tenant; to fix: {way}")
    words = [*catalogue, *(row["displayName"] for row in principals)]
    raise UsageError(f"--app {word!r} is no app of the catalogue and no client here{nearest(word, words)}")


def _resource(word: str, edition: str, principals: list[dict[str, Any]], local: LocalState) -> dict[str, Any]:
    listed = {key: api.app_id for api in apis().values() for key in (api.key, api.name.casefold())}
    name = listed.get(word.casefold(), word)
    for row in principals:
        if name in (row["appId"], row["displayName"]) or name in row["servicePrincipalNames"]:
            return row
    try:
        return _client(word, edition, principals, local).principal
    except UsageError:
        names = [*listed, *(row["displayName"] for row in principals)]
        raise UsageError(f"--api {word!r} is no API of this tenant{nearest(word, names)}") from None


def _ask(door: EmulatorDoor, client: _Client, resource: dict[str, Any], user: str | None) -> dict[str, Any]:
    body = {"client": client.principal["appId"], "api": resource["appId"], "base": door.url}
    answer: dict[str, Any] = door.ask("POST", "/_emulator/token", {**body, **({"user": user} if user else {})})
    return answer


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
