"""Random histories of the unmodified program, rehearsed: foreign consents stay, a second up is empty, destroy returns.

Fewer and shorter than those of test_histories.py, which leave the program and the engine out; here both are in, with
azuread's applications and the state file. A second stack comes and goes beside the one that is tried. The same seeds in
every run; `make soak` takes more.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import GRAPH, AppKind, load
from lockstep.emulator import Emulator
from lockstep.rehearsal import Killed, Result
from tests.histories.machine import killer
from tests.provider.harness import Tenant
from tests.scenarios import drift
from tests.scenarios.estate import (
    HOST,
    NEW_SPFX,
    NO_OPTIONAL,
    Consents,
    Estate,
    consents,
    documented,
    edition,
    held,
    of_apps,
    our_writes,
)
from tests.scenarios.test_decisions import DECIDED, WITHHELD
from tests.scenarios.test_whole_estate import spfx_principals
from tests.settings.reading import merged
from tests.vendors import ATERA_CLIENT_ID

SEEDS = int(os.environ.get("LOCKSTEP_SOAK_SEEDS", "0"))
HISTORIES = 16 * SEEDS or 6
API = "Atlas.ConneX API"
SUFFIX = "Two"
STRANGE = ("Chat.Read", "Presence.Read.All", "Tasks.Read")
EDITS = [drift.scope_added, drift.role_assigned, drift.role_removed, drift.entry_added, drift.exposed_scope_disabled,
         drift.twin_consented, drift.somebody_signed_in]  # fmt: skip
"""On what is ours alone; the shared principals have edits of their own below."""
TOLERATED = {(GRAPH, "delegated", name) for name in ("openid", "profile", "email", "offline_access")}
SWITCHES = {
    "edition": edition(atlas="2025-02-28", atera="2026-11-22"),
    "claim": of_apps({"spfx": {"claim": True}}),
    "withdraw": of_apps({"spfx": {"principals": "new", "withdraw": True}}),
    "withhold": DECIDED,
}


class Life:
    """One stack over one tenant, with another one beside it, and whose each consent on the shared principals is.

    `firm` is other people's and stays; `loose` is what nobody can tell, by the limits in docs/not-covered.md; `needed`
    is what the other stack has deployed and nobody took away by hand.
    """

    def __init__(self, seed: int, state: Path) -> None:
        self.random = random.Random(seed)  # noqa: S311 (no secret: the same history again)
        self.emulator = Emulator.open(profile=self.random.choice(["fresh", "legacy-spfx", "both-spfx"]))
        self.shared = spfx_principals(self.emulator)
        self.estate = Estate(self.emulator, state=state)
        settings = {"lockstep:vendors": '["atlas"]', "lockstep:nameSuffix": SUFFIX, **of_apps(NO_OPTIONAL)}
        self.other = Estate(self.emulator, "other", settings, state.with_name("other.json"))
        self.needed: dict[str, Consents] = {client: set() for client in self.shared}
        self.on: set[str] = set()
        self.deployed = self.dirty = self.killed = False
        for _ in range(self.random.randint(0, 4)):
            self._give_documented()
        self.start = held(self.emulator)
        self.firm = {client: consents(self.emulator, client) for client in self.shared}
        self.loose: dict[str, Consents] = {client: set() for client in self.shared}
        self.told: list[str] = []
        self.steps: Counter[str] = Counter()

    def step(self) -> None:
        """Do one thing at random."""
        steps: list[Callable[[], None]] = [
            *(self.up, self.switch, self.switch, self.edit, self.kill, self.destroy, self.beside)
        ]
        chosen = self.random.choice(steps)
        self.told.append(chosen.__name__)
        self.steps[chosen.__name__] += 1
        chosen()

    def up(self) -> None:
        """Deploy to the end: all is exact then, and a second run has nothing to do."""
        self._run(lambda: self.estate.up(refresh=self.dirty), "up")
        self.deployed, self.dirty, self.killed = True, False, False
        for client in self.shared:
            wanted, in_force = self.wanted("spfx", client), consents(self.emulator, client)
            others = self.firm[client] | self.loose[client] | self.needed[client]
            assert wanted <= in_force <= wanted | others, self.told
        for key, ident in self._own().items():
            wanted, in_force = self.wanted(key), consents(self.emulator, ident)
            assert wanted <= in_force <= wanted | TOLERATED | self._twins(key), (key, self.told)
        writes = our_writes(self.emulator)
        assert not self.estate.up().changed, self.told
        assert our_writes(self.emulator) == writes, self.told

    def switch(self) -> None:
        """Change one setting of the stack file, and deploy that."""
        # Where the new principal is absent there is nothing to withdraw for: the run waits for it, with exit code 1.
        name = self.random.choice(sorted(SWITCHES.keys() - (set() if self._new() else {"withdraw"})))
        self.told.append(name)
        self.on ^= {name}
        self.estate.settings = {}
        for switch in sorted(self.on):
            self.estate.settings = merged(self.estate.settings, SWITCHES[switch])
        self.up()

    def edit(self) -> None:
        """Somebody changes something in the portal; the next `up` is one with a refresh."""
        client = self.random.choice(self.shared)
        more = [] if self.killed else ["ours", "ours"] if self.deployed else [] if self.both else ["documented"]
        choice = self.random.choice(["foreign", "taken", *more])
        self.told.append(choice)
        if choice == "foreign":
            self._give(client, self.random.choice(STRANGE))
        elif choice == "taken":
            self._take(client)
        elif choice == "ours":
            self._by_hand(self.random.choice(EDITS))
        else:
            self._give_documented()
        self.dirty = True

    def kill(self) -> None:
        """Kill a run of `up` or `destroy` at some write, before or after the tenant has done it."""
        number, when = self.random.randint(1, 45), self.random.choice(["before", "after"])
        # After a destroy that was killed, `up` refuses an app of ours on which somebody has put what is undocumented.
        goes = self.deployed and not self.killed and not self.dirty and self.random.random() < 0.3
        operation = "destroy" if goes else "up"
        first = not self.deployed
        self.told.append(f"{operation} {when} {number}")
        before = {client: consents(self.emulator, client) for client in self.shared}
        self.emulator.on_write.append(killer(number, when))
        try:
            self._run(lambda: getattr(self.estate, operation)(), operation)
        except Killed:
            self.killed = self.dirty = True
            for client in self.shared if not first else []:  # what a killed update had sent is somebody else's
                self.loose[client] |= consents(self.emulator, client) - before[client]
        else:
            self.deployed = operation == "up"
        finally:
            self.emulator.on_write.clear()

    def destroy(self) -> None:
        """Take all back; after a killed run by way of `up`, as docs/not-covered.md says."""
        if self.killed:
            self.up()
        if self.dirty:
            assert self.estate.rehearsal().refresh().exit_code == 0, self.told
        self._run(self.estate.destroy, "destroy")
        self.deployed = self.dirty = False
        self._ended()

    def beside(self) -> None:
        """The other stack comes, or goes."""
        before = {client: consents(self.emulator, client) for client in self.shared}
        comes = not self.both
        self.told.append("other comes" if comes else "other goes")
        safe = self.deployed and not self.killed
        ours = {client: self.wanted("spfx", client) for client in self.shared} if safe else {}
        result = self.other.up() if comes else self.other.destroy()
        assert result.exit_code == 0, (self.told, [entry.message for entry in result.diagnostics])
        for client in self.shared:
            now = consents(self.emulator, client)
            kept = self.firm[client] | (ours.get(client, set()) & before[client])
            assert kept <= now, (self.told, kept - now)
            self.needed[client] = self._wants() if comes else set()
            assert self.needed[client] <= now, self.told
        if not comes and not self.deployed and not self.killed:
            self._ended()

    @property
    def both(self) -> bool:
        """Whether the other stack is deployed."""
        return any(self.needed.values())

    def end(self) -> None:
        """Take both stacks back, in whatever order: all is as it was."""
        last = [self.destroy, *([self.beside] if self.both else [])]
        self.random.shuffle(last)
        for operation in last:
            operation()

    def _ended(self) -> None:
        """Our stack is gone: what others have is there, and nothing of ours but what the other stack needs."""
        now = held(self.emulator)
        for kind in now if not self.both else ():
            if kind != "oauth2PermissionGrants":
                assert now[kind] == self.start[kind], (kind, self.told)
        for client in self.shared:
            left = consents(self.emulator, client)
            others = self.firm[client] | self.loose[client] | self.needed[client]
            assert self.firm[client] <= left <= others, (self.told, left - others)
            if not self.both:
                self.firm[client], self.loose[client] = left, set()  # the next life of the stack finds these

    def _wants(self) -> Consents:
        """Return what the other stack wants on each principal: it has no settings of its own."""
        return documented(self.emulator, "atlas", "2025-03-01", "spfx", suffix=f" {SUFFIX}")

    def wanted(self, key: str, client: str = "") -> Consents:
        """Return what is documented now for an app, less what is withheld or withdrawn."""
        if client and "withdraw" in self.on and client != self._new():
            return set()
        if key == "atera":
            return documented(self.emulator, "atera", "2026-11-22", "atera")
        api = [row["appId"] for row in self._principals() if row["displayName"] == API]
        withheld = {WITHHELD[key]["permission"]} if "withhold" in self.on and key in WITHHELD else set()
        documented_now: Consents = set()
        for entry in self._edition().app(key).permissions:
            ours = entry.on_own_api
            if entry.certain and entry.name not in withheld and (api or not ours):
                documented_now.add((api[0] if ours else entry.permission.api, entry.type.value, entry.name))
        return documented_now

    def _run(self, run: Callable[[], Result], operation: str) -> None:
        """Run; even when it is killed, nothing foreign is gone and nothing undocumented was granted."""
        before = {row["id"]: consents(self.emulator, row["id"]) for row in self._principals()}
        if operation == "up" and "claim" in self.on:
            for client in self.shared:
                claimed = self.firm[client] & self.wanted("spfx")
                self.firm[client] -= claimed
                self.loose[client] |= claimed
        try:
            result = run()
            assert result.exit_code == 0, (self.told, [entry.message for entry in result.diagnostics])
        finally:
            for client in self.shared:
                assert self.firm[client] | self.needed[client] <= consents(self.emulator, client), self.told
            for key, ident in [*self._own().items(), *(("spfx", client) for client in self.shared)]:
                gained = consents(self.emulator, ident) - before.get(ident, set())
                assert gained <= (self.wanted(key) if operation == "up" else set()), (key, gained, self.told)

    def _give(self, client: str, scope: str) -> None:
        consent = (GRAPH, "delegated", scope)
        if consent not in consents(self.emulator, client):
            self._by_hand(lambda tenant: tenant.grant(client, GRAPH, scope))
            if hasattr(self, "firm"):
                self.firm[client].add(consent)

    def _give_documented(self) -> None:
        scopes = sorted(name for api, _, name in self.wanted("spfx") if api == GRAPH)
        self._give(self.random.choice(self.shared), self.random.choice([*scopes, *STRANGE]))

    def _take(self, client: str) -> None:
        scopes = sorted(name for api, _, name in consents(self.emulator, client) if api == GRAPH)
        if not scopes:
            return
        gone = self.random.choice(scopes)
        self._by_hand(lambda tenant: tenant.take(client, GRAPH, gone))
        consent = (GRAPH, "delegated", gone)
        self.needed[client].discard(consent)
        if consent in self.firm[client]:
            self.firm[client].discard(consent)
            self.loose[client].add(consent)  # found by us, gone and perhaps added again: nobody can tell whose it is

    def _by_hand(self, change: Callable[[Tenant], Awaitable[None]]) -> None:
        async def act() -> None:
            await change(Tenant(self.emulator))

        asyncio.run(act())

    def _edition(self) -> Any:
        return load().edition("atlas", "2025-02-28" if "edition" in self.on else "2025-03-01")

    def _own(self) -> dict[str, str]:
        """Return key -> object id of the apps that are there and ours alone."""
        keys = {app.name: app.key for app in self._edition().apps if app.kind is AppKind.REGISTRATION}
        own = {keys[row["displayName"]]: row["id"] for row in self._principals() if row["displayName"] in keys}
        atera = [row["id"] for row in self._principals() if row["appId"] == ATERA_CLIENT_ID]
        return own | ({"atera": atera[0]} if atera else {})

    def _twins(self, key: str) -> Consents:
        if key != "atera":
            return set()
        entries = load().edition("atera", "2026-11-22").app("atera").permissions
        return {(entry.permission.api, entry.type.value, entry.name) for entry in entries if not entry.certain}

    def _new(self) -> str:
        ids = [row["id"] for row in self._principals() if row["appId"] == NEW_SPFX]
        return str(ids[0]) if ids else ""

    def _principals(self) -> list[dict[str, Any]]:
        return list(self.emulator.snapshot()["servicePrincipals"])


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_any_history_of_the_program(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", HOST)
    life = Life(seed, tmp_path / "state.json")
    for _ in range(life.random.randint(3, 6)):
        life.step()
    life.end()
    record_property("histories of the whole program", {**life.steps, "histories": 1})
