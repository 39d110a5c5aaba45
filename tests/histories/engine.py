"""One stack as the deployment engine would drive it, over the real provider: state, order, half-finished runs.

The engine here is a model of fifty lines and the provider is the real one. Applications are azuread's, so they are a
stand-in: made, tagged and deleted straight in the tenant, in the place where the program has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lockstep.catalogue import GRAPH, load
from lockstep.emulator import TENANT_ID
from lockstep.provider import MARKER, claim_tags
from tests.histories.town import ATERA_ROLES, ATERA_SCOPES, ATERA_TWINS, OWN, SPFX, Consents, LightProvider, Town
from tests.provider.harness import (
    ADMIN_CONSENT,
    NEW_SPFX,
    PRINCIPAL,
    Json,
    Recorded,
    RefusedByProviderError,
    exact_inputs,
    principal_inputs,
)
from tests.vendors import ATERA_CLIENT_ID

GRAPH_NAME = "Microsoft Graph"
OLD_URI = f"api://{TENANT_ID}/microsoft.spfx3rdparty.com"
SHARED = ("new", "old")


class StoppedError(Exception):
    """A run that the provider stopped."""


@dataclass
class Settings:
    """What a stack says of its permissions."""

    edition: str = "2025-03-01"
    withheld: frozenset[str] = frozenset()
    claim: bool = False
    withdraw: bool = False
    removals: str = "apply"


@dataclass
class Stack:
    """State and settings of one stack. `vendor`: whether it holds Atera. `preexisting`: its app was there before it."""

    town: Town
    name: str
    vendor: bool
    preexisting: bool = False
    settings: Settings = field(default_factory=Settings)
    state: dict[str, Recorded] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    app: tuple[str, str, str] | None = None
    adopted: bool = False
    stale: bool = False
    """Whether the tenant was changed behind the state's back, so that `up` without a refresh need not see it."""
    only_claimed: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """By principal, what the last finished `up` claimed and did not count as added."""
    narrowed: bool = False
    """Whether a refresh found that something of ours on a shared principal is gone, and no `up` was finished since."""
    at: str = ""
    """The resource that a run is at: where a crash finds it."""

    def __post_init__(self) -> None:
        if self.preexisting:
            self.app = self.town.register(f"workspaces sync of {self.name}", ["theirs"])

    @property
    def keys(self) -> list[str]:
        """The resources in the program's order."""
        vendor = ["see atera", "atera"] if self.vendor else []
        return ["see new", "see old", "app", "own", *vendor, "new", "old"]

    def client(self, key: str) -> str:
        """Return the object id of the principal that a consent is on, or nothing."""
        if key == "own":
            return self.app[2] if self.app else ""
        return {"new": self.town.new_spfx, "old": self.town.old_spfx, "atera": self.town.vendor}[key]()

    def wanted(self, key: str) -> Consents:
        """Return what this stack wants on a client."""
        return frozenset(
            (type_, name) for type_, names in self._tree(key).get(GRAPH_NAME, {}).items() for name in names
        )

    def asked(self, key: str) -> Consents:
        """Return what this stack has ever asked for on a shared principal, by its own record."""
        principal = self.state.get(f"see {key}")
        entries = principal.outputs["asked"] if principal else []
        return frozenset(("delegated", entry.rpartition("/")[2]) for entry in entries)

    def tolerable(self, key: str) -> Consents:
        """Return what may stay on a client besides."""
        return frozenset(("delegated", name) for name in ATERA_TWINS) if key == "atera" else frozenset()

    async def up(self) -> None:
        """Bring everything to what the settings say; StoppedError when the provider refuses."""
        provider = LightProvider(self.town, self.name)
        try:
            for key in self.keys:
                self.at = key
                await self._bring(provider, key)
        finally:
            await provider.session.close()

    async def empty(self) -> bool:
        """Tell whether another `up` would have nothing to do."""
        provider = LightProvider(self.town, self.name)
        try:
            for key in self.keys:
                if key == "app":
                    if self.app is None or self.town.tags(self.app[0]) != self._tags():
                        return False
                elif key not in self.state or await provider.diff(self.state[key], self._inputs(key)):
                    return False
            return True
        finally:
            await provider.session.close()

    async def refresh(self) -> None:
        """Write down what is there."""
        provider = LightProvider(self.town, self.name)
        for key, old in list(self.state.items()):
            live = await provider.read(old)
            if live is None:
                del self.state[key]
            else:
                before, now = (set(record.outputs.get("added") or ()) for record in (old, live))
                self.narrowed = self.narrowed or (key in SHARED and not before <= now)
                self.state[key] = live
        await provider.session.close()
        self.stale = False

    async def adopt(self) -> None:
        """Take into the state what was there before: read by id alone, and nothing written."""
        self.adopted = self.adopted or self.preexisting
        provider = LightProvider(self.town, self.name)
        for key in ("own", "atera") if self.vendor else ("own",):
            client = self.client(key)
            if key not in self.state and client and (key != "own" or self.preexisting):
                taken = await provider.read(Recorded(ADMIN_CONSENT, key, client, {}, {}))
                assert taken is not None
                self.state[key] = taken
        await provider.session.close()

    async def destroy(self) -> None:
        """Take everything back, what came last first."""
        provider = LightProvider(self.town, self.name)
        try:
            for key in reversed(self.keys):
                self.at = key
                if key == "app":
                    if self.app is not None and not self.preexisting:
                        self.town.unregister(self.app[0])
                        self.app = None
                elif key in self.state:
                    await provider.delete(self.state[key])
                    del self.state[key]
                    self.unfinished.discard(key)
        finally:
            await provider.session.close()
        self.adopted = False

    async def _bring(self, provider: LightProvider, key: str) -> None:
        if key == "app":
            self._bring_app()
            return
        old, inputs = self.state.get(key), self._inputs(key)
        try:
            if old is None:
                type_ = PRINCIPAL if key.startswith("see") else ADMIN_CONSENT
                self.state[key] = await provider.create(type_, key, inputs)
            elif await provider.diff(old, inputs) or key in self.unfinished:
                self.state[key] = await provider.update(old, inputs)
            else:
                old.inputs = inputs
        except RefusedByProviderError as error:
            if error.unfinished is not None:
                unfinished = error.unfinished
                type_ = PRINCIPAL if key.startswith("see") else ADMIN_CONSENT
                self.state[key] = Recorded(type_, key, unfinished["id"], unfinished["inputs"], unfinished["outputs"])
                self.unfinished.add(key)
            raise StoppedError(str(error)) from error
        self.unfinished.discard(key)

    def _bring_app(self) -> None:
        if self.preexisting and not self.adopted:
            raise StoppedError("an application of this name exists already: adopt it")
        if self.app is None:
            self.app = self.town.register(f"workspaces sync of {self.name}")
        self.town.set_tags(self.app[0], self._tags())

    def _tags(self) -> list[str]:
        tags = ["theirs", MARKER] if self.preexisting else [MARKER]
        for key in SHARED:
            names = sorted(name for _, name in self.wanted(key))
            tags += claim_tags(key, GRAPH, names, self.state[f"see {key}"].outputs["baseline"])
        return tags

    def _inputs(self, key: str) -> Json:
        if key in ("see new", "see old"):
            asks = sorted(f"{GRAPH}/delegated/{name}" for _, name in self.wanted(key.removeprefix("see ")))
            old = {"appId": None, "identifierUris": [OLD_URI]} if key == "see old" else {}
            return {**principal_inputs(NEW_SPFX), "asks": asks, **old}
        if key == "see atera":
            return principal_inputs(ATERA_CLIENT_ID, vendor="atera", app="atera", create=True)
        return self._consent(key)

    def _consent(self, key: str) -> Json:
        settings, tree = self.settings, self._tree(key)
        if key == "own":
            assert self.app is not None
            subject = {"id": self.app[2], "appId": self.app[1]}
            return exact_inputs("workspaces-sync", subject, edition=settings.edition, permissions=tree)
        recorded = self.state[f"see {key}"].outputs
        subject = {"id": recorded["objectId"], "appId": recorded["clientId"]}
        if key == "atera":
            atera = {"vendor": "atera", "edition": "2026-11-22", "removals": settings.removals}
            inputs = exact_inputs("connex-api", subject, **atera, permissions=tree, baseline=recorded["baseline"])
            inputs["app"] = "atera"
            return {
                **inputs,
                "tolerated": {GRAPH_NAME: {"delegated": _ids("atera", "atera", "delegated", ATERA_TWINS)}},
            }
        assert self.app is not None
        inputs = exact_inputs("spfx", subject, edition=settings.edition, permissions=tree, mode="additive")
        address = NEW_SPFX if key == "new" else OLD_URI
        more = {"address": address, "required": False, "claim": settings.claim}
        more |= {"baseline": recorded["baseline"], "asked": recorded["asked"]}
        return {**inputs, **more, "claimant": self.app[1]}

    def _tree(self, key: str) -> dict[str, dict[str, dict[str, str]]]:
        hold = self.settings.withheld
        if key == "own":
            return {GRAPH_NAME: {"application": _ids("atlas", "workspaces-sync", "application", set(OWN) - hold)}}
        if key == "atera":
            types = {"application": ATERA_ROLES, "delegated": ATERA_SCOPES}
            return {
                GRAPH_NAME: {type_: _ids("atera", "atera", type_, set(names) - hold) for type_, names in types.items()}
            }
        if key == "old" and self.settings.withdraw:
            return {}
        return {GRAPH_NAME: {"delegated": _ids("atlas", "spfx", "delegated", set(SPFX) - hold)}}


_IDS: dict[tuple[str, str, str], dict[str, str]] = {}


def _ids(vendor: str, app: str, type_: str, names: Any) -> dict[str, str]:
    key = (vendor, app, type_)
    if key not in _IDS:
        entries = load().editions(vendor)[-1].app(app).permissions
        on_graph = [entry for entry in entries if entry.type.value == type_ and entry.permission.api == GRAPH]
        _IDS[key] = {entry.name: entry.id for entry in on_graph}
    return {name: _IDS[key][name] for name in sorted(names)}
