"""The whole estate of the dev stack, rehearsed in process: the unmodified program over an emulated tenant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lockstep.catalogue import AppKind, load
from lockstep.directory.retry import Waiting
from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, Emulator
from lockstep.rehearsal import Rehearsal, Result, local_plugins
from lockstep.settings.stack_file import read_stack_file
from tests.settings.reading import merged

KEYS = {vendor: [app.key for app in load().edition_as_of(vendor, "current").apps] for vendor in load().vendors}
NO_OPTIONAL = {"api-client": None, "pnp": None}
ROOT = Path(__file__).resolve().parents[2]
NEW_SPFX = "08e18876-6177-487e-b8b5-cf950c1e598c"
OLD_NAME = "SharePoint Online Client Extensibility Web Application Principal"
HOST = "localhost:8443"
ENV = {
    "ARM_METADATA_HOSTNAME": HOST,
    "ARM_TENANT_ID": TENANT_ID,
    "ARM_CLIENT_ID": DEPLOYER_CLIENT_ID,
    "ARM_CLIENT_SECRET": DEPLOYER_SECRET,
}
Consents = set[tuple[str, str, str]]
"""(API app id, type, name)."""


@dataclass
class Estate:
    """One stack over one tenant, in which time passes by waiting.

    `settings` replace or add to those of the dev stack, `env` adds to the plugins'.
    """

    emulator: Emulator
    stack: str = "dev"
    settings: dict[str, str] = field(default_factory=dict)
    state: Path | None = None
    packs: tuple[Path, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    project: Path = ROOT

    def __post_init__(self) -> None:
        self.emulator.clock.stop()
        self._rehearsal: Rehearsal | None = None

    def rehearsal(self) -> Rehearsal:
        """Return the rehearsal; with a state file, a new one each time, as each run of a command is."""
        if self._rehearsal is None or self.state is not None:
            config = changed(read_stack_file(ROOT / "Pulumi.dev.yaml").config, self.settings)
            self._rehearsal = Rehearsal(
                self.project, self.stack, config, plugins=self._plugins(), state=self.state, policy_packs=self.packs
            )
        return self._rehearsal

    def change(self, *settings: Mapping[str, str]) -> None:
        """Change settings of the stack that is there, those of apps app by app."""
        config = self.rehearsal().config
        for each in settings:
            config.update(changed(config, each))

    def _plugins(self) -> dict[str, Any]:
        """Return the plugins: each has a door of its own, and waits by the tenant's clock."""
        waiting = Waiting(clock=self.emulator.clock, sleep=self.emulator.clock.sleep)
        env, found = {**ENV, **self.env}, {}
        for name in ("azuread", "entraconsent"):
            transport = httpx.ASGITransport(app=self.emulator.app_behind(name))
            found[name] = local_plugins(lambda transport=transport: transport, env, waiting)[name]  # type: ignore[misc]
        return found

    def up(self, **options: Any) -> Result:
        return self.rehearsal().up(**options)

    def preview(self, **options: Any) -> Result:
        return self.rehearsal().preview(**options)

    def destroy(self) -> Result:
        return self.rehearsal().destroy()


def changed(config: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return stack config with settings over it, those of apps app by app, and of deployed vendors only."""
    result = merged(config, settings)
    deployed = json.loads(result["lockstep:vendors"])
    for vendor, keys in KEYS.items():
        if vendor not in deployed:
            result = merged(result, of_apps(dict.fromkeys(keys)))
    editions = json.loads(result.get("lockstep:editions") or "{}")
    kept = {vendor: date for vendor, date in editions.items() if vendor in deployed}
    there = {key: entry for key, entry in json.loads(result["lockstep:apps"]).items() if entry is not None}
    return {**result, "lockstep:editions": json.dumps(kept), "lockstep:apps": json.dumps(there)}


def of_apps(changes: Mapping[str, Mapping[str, Any] | None]) -> dict[str, str]:
    """Return the settings of these apps; None takes an app out."""
    return {"lockstep:apps": json.dumps(changes)}


def edition(**editions: str) -> dict[str, str]:
    """Return the setting that pins these editions, by vendor."""
    return {"lockstep:editions": json.dumps(editions)}


def held(emulator: Emulator) -> dict[str, Any]:
    """Return what the tenant holds, without what is in its bin."""
    snapshot = emulator.snapshot()
    return {kind: objects for kind, objects in snapshot.items() if kind != "deletedItems"}


def principal(emulator: Emulator, *, name: str = "", app_id: str = "") -> dict[str, Any]:
    """Return the one service principal with this name or app id."""
    found = [
        each
        for each in emulator.snapshot()["servicePrincipals"]
        if (app_id and each["appId"] == app_id) or (name and each["displayName"] == name)
    ]
    assert len(found) == 1, f"{name or app_id}: {len(found)} service principals"
    return dict(found[0])


def consents(emulator: Emulator, client: str) -> Consents:
    """Return everything in force tenant-wide on a client, read from the snapshot and by no code of ours."""
    snapshot = emulator.snapshot()
    by_id = {each["id"]: each for each in snapshot["servicePrincipals"]}
    roles = {
        (api.app_id, entry.id): entry.name
        for api in load().edition("atlas", "2025-03-01").apis.values()
        for entry in api.permissions
        if entry.type == "application"
    }
    found: Consents = set()
    for grant in snapshot["oauth2PermissionGrants"]:
        if grant["clientId"] == client and grant["consentType"] == "AllPrincipals":
            found |= {(by_id[grant["resourceId"]]["appId"], "delegated", value) for value in grant["scope"].split()}
    for assignment in snapshot["appRoleAssignments"]:
        if assignment["principalId"] == client:
            api = by_id[assignment["resourceId"]]["appId"]
            found.add((api, "application", roles[(api, assignment["appRoleId"])]))
    return found


def documented(emulator: Emulator, vendor: str, edition: str, app: str, *, suffix: str = "") -> Consents:
    """Return what an edition documents for an app, the stack's own API by its app id in this tenant."""
    found: Consents = set()
    for entry in load().edition(vendor, edition).app(app).permissions:
        if entry.certain:
            api = entry.permission.api
            if api.startswith("app:"):
                api = str(principal(emulator, name=f"{entry.api_name}{suffix}")["appId"])
            found.add((api, entry.type.value, entry.name))
    return found


REGISTRATIONS = {
    app.key: app.name for app in load().edition("atlas", "2025-03-01").apps if app.kind is AppKind.REGISTRATION
}


def our_writes(emulator: Emulator) -> list[str]:
    """Return every write that the tenant has seen, as `METHOD path`."""
    return [f"{entry['method']} {entry['path']}" for entry in emulator.log if entry.get("write")]
