"""Where a command that reads tenants reads: the tenant of a stack, or tenants by their ids; and how it signs in there.

A local stack, or one that is rehearsed, is its emulator. Everything else is reached with the caller's own sign-in.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lockstep.audit.subjects import AuditPlan, of_vendors
from lockstep.catalogue import CURRENT, AppKind, load
from lockstep.directory import Graph, open_graph
from lockstep.directory.retry import Waiting
from lockstep.errors import LockstepError, UsageError, nearest
from lockstep.local.backend import Handover
from lockstep.local.door import open_door
from lockstep.local.preflight import Entry, entries_of, stack_plan
from lockstep.local.workplace import Workplace, open_workplace, relative
from lockstep.settings.project import find_project
from lockstep.settings.stack_app import stack_apps
from lockstep.text_file import read_text

DEADLINE = 120.0
"""Seconds for one request with all its waits: a tenant that stays busy is reported, the others go on."""

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True)
class TenantAccess:
    """One tenant to read, what is expected of it, and the way there."""

    tenant: str
    target: str
    plan: AuditPlan
    env: Mapping[str, str]
    transport: Callable[[], httpx.AsyncBaseTransport | None]
    place: Workplace | None = None
    deadline: float = DEADLINE
    waiting: Waiting = field(default_factory=Waiting)
    """By which clock to wait."""

    @property
    def stack(self) -> str | None:
        """The stack whose tenant it is."""
        return self.place.stack if self.place else None

    @property
    def withheld(self) -> list[dict[str, Any]]:
        """The decisions of the stack to withhold permissions, as the evidence records them."""
        apps = stack_apps(self.place.settings) if self.place else []
        return [{"app": app.key, **entry.model_dump(by_alias=True)} for app in apps for entry in app.setting.withhold]

    @asynccontextmanager
    async def graph(self, on_wait: Callable[[str], None] | None = None) -> AsyncIterator[Graph]:
        """Open a client; LockstepError where nobody can sign in."""
        opened = await open_graph(
            self.env,
            self.tenant,
            transport=self.transport(),
            deadline=self.deadline,
            clock=self.waiting.clock,
            sleep=self.waiting.sleep,
            on_wait=on_wait,
        )
        async with opened as graph:
            yield graph


@dataclass(frozen=True)
class TenantWords:
    """The words of the command line that say which tenants are meant."""

    stack: str | None = None
    cwd: Path = Path()
    rehearse: bool = False
    tenants: tuple[str, ...] = ()
    file: Path | None = None
    vendors: tuple[str, ...] = ()
    edition: str = "current"
    client_ids: tuple[str, ...] = ()
    """Of enterprise apps, each as KEY=CLIENT_ID."""

    @property
    def project(self) -> Path | None:
        """The project that the command runs in, if it runs in one."""
        try:
            return find_project(self.cwd)
        except UsageError:
            return None


def sources(words: TenantWords, cleanup: ExitStack) -> list[TenantAccess]:
    """Return the tenants to read; UsageError for words that do not fit together. `cleanup` closes an emulator."""
    if words.stack is not None:
        _refuse_with_stack(words)
        place = open_workplace(words.cwd, words.stack, rehearse=words.rehearse)
        return [of_place(place, cleanup)]
    tenants = [*words.tenants, *(_listed(words.file) if words.file else ())]
    if not tenants:
        raise UsageError("says no tenant; give --stack NAME, --tenant ID or --tenants FILE")
    if words.rehearse:
        raise UsageError("--rehearse goes with --stack: a tenant by its id has no emulator")
    for tenant in tenants:
        _check_tenant(tenant, "--tenant")
    vendors = list(dict.fromkeys(words.vendors)) or list(load().vendors)
    client_ids = _client_ids(words.client_ids, vendors)
    accesses = []
    for tenant in (word.casefold() for word in dict.fromkeys(tenants)):
        # One sign-in for many tenants: each is asked for its own token, and that token is held against it.
        env = {**os.environ, "ARM_TENANT_ID": tenant} if words.file else dict(os.environ)
        plan = of_vendors(tenant, vendors, words.edition, client_ids=client_ids)
        accesses.append(TenantAccess(tenant, f"target: tenant {tenant}", plan, env, lambda: None))
    return accesses


def of_place(place: Workplace, cleanup: ExitStack, *, deadline: float = DEADLINE) -> TenantAccess:
    """Return the tenant of a stack: its emulator where it is local, which `cleanup` closes again.

    `deadline` is in seconds, for one request with all its waits.
    """
    tenant, entries = place.settings.tenant_id, list[Entry]()  # of a real stack, or an unreadable one, nothing is known
    if not place.settings.is_local:
        plan = stack_plan(place, entries)
        return TenantAccess(tenant, place.target, plan, dict(os.environ), lambda: None, place, deadline)
    with suppress(LockstepError):
        entries = entries_of(Handover(place.backend).latest())
    door, plan = cleanup.enter_context(open_door(place.local, None)), stack_plan(place, entries)
    return TenantAccess(tenant, place.target, plan, door.env, door.transport, place, deadline, door.waiting)


def _client_ids(words: Sequence[str], vendors: Sequence[str]) -> dict[str, str]:
    """Return the app ids of enterprise apps by app key; UsageError for words that name none."""
    editions = [load().edition_as_of(vendor, CURRENT) for vendor in vendors]
    keys = [app.key for edition in editions for app in edition.apps if app.kind is AppKind.ENTERPRISE_APP]
    client_ids = {}
    for word in words:
        key, _, client_id = word.partition("=")
        if key not in keys:
            listed = ", ".join(keys) or "none of these vendors"
            raise UsageError(f"--client-id {word!r} is not KEY=CLIENT_ID of {listed}{nearest(key, keys)}")
        if not _GUID.fullmatch(client_id.casefold()):
            raise UsageError(f"--client-id {key}: {client_id!r} is not a client id (a GUID)")
        client_ids[key] = client_id.casefold()
    return client_ids


def _refuse_with_stack(words: TenantWords) -> None:
    options = {
        "--tenant": words.tenants,
        "--tenants": words.file,
        "--vendor": words.vendors,
        "--client-id": words.client_ids,
        "--edition": words.edition != "current",
    }
    for option, value in options.items():
        if value:
            raise UsageError(f"{option} does not go with --stack: the stack file says it")


def _listed(path: Path) -> list[str]:
    lines = read_text(path, f"--tenants {path}").splitlines()
    tenants = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if words:
            _check_tenant(words[0], f"--tenants {relative(path)}:{number}")
            tenants.append(words[0])
    if not tenants:
        raise UsageError(f"--tenants {path}: names no tenant; write one id a line")
    return tenants


def _check_tenant(tenant: str, where: str) -> None:
    if not _GUID.fullmatch(tenant.casefold()):
        raise UsageError(
            f"{where}: {tenant!r} is not a tenant id (a GUID); to find it: az account show --query tenantId"
        )
