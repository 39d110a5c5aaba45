"""What requests work on: a tenant with its state file, log, faults and clock. Knows no HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lockstep.emulator.clock import Clock
from lockstep.emulator.constants import EXCHANGE_AUDIENCE, TENANT_ID, TEST_ISSUER
from lockstep.emulator.faults import FaultPlan, Faults, OnWrite
from lockstep.emulator.log import Log
from lockstep.emulator.profiles.catalog import filling, resolved
from lockstep.emulator.signin import keys as signin_keys
from lockstep.emulator.statefile import StateFile
from lockstep.emulator.tenant import Tenant

_SHOWN = ("applications", "servicePrincipals", "oauth2PermissionGrants", "appRoleAssignments", "deletedItems")
_LISTS = ("appRoles", "oauth2PermissionScopes")


class EmulatorState:
    """What the requests of an emulator work on: one tenant, the log of the requests, its faults and its clock."""

    def __init__(self, file: StateFile | None, clock: Callable[[], float]) -> None:
        self._file = file
        self.clock = clock if isinstance(clock, Clock) else Clock(clock)
        self.tenant = Tenant(file, self.clock)
        self.log = Log()
        self.faults = Faults(self.tenant, self.clock)
        self.on_write: list[OnWrite] = []
        self.enforce_permissions = False
        """Whether callers need the Graph permissions that each operation documents. Off: any token may do anything."""

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        profile: str = "fresh",
        clock: Callable[[], float] = time.time,
        enforce_permissions: bool = False,
        faults: FaultPlan | None = None,
    ) -> Self:
        """Open the emulator of a state file; a new one is filled by the profile. Without a path it lives in memory."""
        profile = resolved(profile)
        fill = filling(profile)
        emulator = cls(StateFile(path) if path is not None else None, clock)
        emulator.enforce_permissions = enforce_permissions
        try:
            for table, sequence, row in emulator._file.objects() if emulator._file is not None else ():
                emulator.tenant.store.load(table, sequence, row)
            if "profile" not in emulator.tenant.store["meta"]:
                emulator._build(profile, fill)
        except BaseException:
            emulator.close()
            raise
        if faults is not None:
            emulator.faults.set(faults)
        return emulator

    @property
    def profile(self) -> str:
        """The profile that the tenant was last made with."""
        return str(self.tenant.meta("profile").get("name"))

    def reset(self, profile: str | None = None) -> None:
        """Make the tenant anew, with no faults and an empty log. Ids handed out before are not used again."""
        name = resolved(profile or self.profile)
        fill = filling(name)
        generation = self.tenant.meta("counter").get("generation", 0) + 1
        store = self.tenant.store
        with store.transaction():
            for table in store.tables.values():
                for ident in list(table.rows):
                    if ident != "signing-key":
                        store.remove(table.name, ident)
            store.put("meta", {"id": "counter", "generation": generation, "number": 0})
            self._build(name, fill)
        self.log.clear()
        self.faults.clear()

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything in the tenant, sorted by id.

        Owners and federated credentials are shown with their object. The permission lists of other tenants'
        principals are left out: they are the catalogue's, and thousands of lines.
        """
        tables = {table: [_shown(row) for _, row in sorted(self.tenant.store[table].rows.items())] for table in _SHOWN}
        copy: dict[str, list[dict[str, Any]]] = json.loads(json.dumps(tables))
        return copy

    def trust_issuer(self, issuer: str, keys: dict[str, Any] | None = None) -> None:
        """Check assertions of an OpenID issuer with this key set (JWKS), or with the emulator's own keys for None."""
        signin_keys.trust_issuer(self.tenant, issuer, keys)

    def assertion(self, subject: str, *, issuer: str = TEST_ISSUER, audience: str = EXCHANGE_AUDIENCE) -> str:
        """Return what a pipeline with this subject would sign in with, signed by the emulator for the issuer."""
        return signin_keys.assertion(self.tenant, subject, issuer=issuer, audience=audience)

    def close(self) -> None:
        """Let go of the state file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _build(self, profile: str, fill: Callable[[Tenant], None]) -> None:
        with self.tenant.store.transaction():
            fill(self.tenant)
            self.tenant.store.put("meta", {"id": "profile", "name": profile})


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name[0] != "_"}
    if "_owners" in row:
        shown["owners"] = sorted(row["_owners"])
    if "_federated" in row:
        shown["federatedIdentityCredentials"] = row["_federated"]
    if "servicePrincipalNames" in row and row["appOwnerOrganizationId"] != TENANT_ID:
        for name in _LISTS:
            shown.pop(name, None)
    return shown
