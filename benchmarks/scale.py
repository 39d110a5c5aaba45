"""What many apps of private vendors cost: reading the catalogue, the emulator, an audit and a report.

In process and without latency. Every app is a vendor's own enterprise app that holds what its edition documents, so
that the audit finds each of them and nothing wrong.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import yaml

from benchmarks.audit import NOW
from benchmarks.phases import BenchmarkError
from lockstep.audit.subjects import of_vendors
from lockstep.audit.tenant import audit
from lockstep.catalogue import CURRENT, lay_over, load
from lockstep.directory import open_graph
from lockstep.dossier import build, html
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.local.door import process_door
from lockstep.report.findings import Severity

APPS = (10, 100, 1000)
_A_VENDOR = 10  # apps of each vendor
_GRAPH = "00000003-0000-0000-c000-000000000000"
_PERMISSIONS = (
    ("application", "Mail.Send", "b633e1c5-b582-4048-a93e-9f11b44c7e96"),
    ("application", "User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
    ("delegated", "User.Read", "e1fe6dd8-ba31-4d61-89e7-88639da4683d"),
)


@dataclass(frozen=True)
class ScaleCost:
    """Seconds for this many apps. `emulator` is to fill a tenant on disk and to open it again."""

    apps: int
    catalogue: float
    emulator: float
    audit: float
    requests: int
    report: float


def measure(apps: int, folder: Path) -> ScaleCost:
    """Write `apps` apps into a private catalogue, and take them through a tenant, an audit and a report."""
    project = folder / f"scale-{apps}"
    vendors = _write(project, apps)
    lay_over(project)
    try:
        begun = time.perf_counter()
        editions = [load().edition_as_of(vendor, CURRENT) for vendor in vendors]
        read = time.perf_counter()
        with Emulator.open(project / "tenant.sqlite", profile="fresh") as emulator:
            _fill(emulator, apps)
        with Emulator.open(project / "tenant.sqlite") as emulator:
            filled = time.perf_counter()
            requests = asyncio.run(_audit(emulator, vendors))
            audited = time.perf_counter()
        html(build(editions, version="0"))
        written = time.perf_counter()
    finally:
        lay_over(None)
        shutil.rmtree(project)
    return ScaleCost(apps, read - begun, filled - read, audited - filled, requests, written - audited)


def _client_id(number: int) -> str:
    return str(uuid5(NAMESPACE_DNS, f"app-{number}.example"))


def _write(project: Path, apps: int) -> list[str]:
    vendors = []
    for first in range(0, apps, _A_VENDOR):
        vendor = f"vendor-{first // _A_VENDOR}"
        vendors.append(vendor)
        edition = {
            "vendor": vendor,
            "name": f"Vendor {first // _A_VENDOR}",
            "valid_from": "2026-11-01",
            "basis": "documented",
            "sources": [{"key": "page", "title": "Permissions", "publisher": vendor, "retrieved": "2026-11-02"}],
            "apps": [_app(number) for number in range(first, first + _A_VENDOR)],
        }
        file = project / "catalogue" / "editions" / vendor / "2026-11-01.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(yaml.safe_dump(edition, sort_keys=False), "utf-8")
    return vendors


def _app(number: int) -> dict[str, object]:
    return {
        "key": f"app-{number}",
        "name": f"Example {number}",
        "kind": "enterprise-app",
        "role": "Does something.",
        "client_id": {"id": _client_id(number)},
        "permissions": [
            {
                "api": "graph",
                "type": type_,
                "name": name,
                "id": ident,
                "capability": "read" if ".Read" in name else "write",
                "purpose": "Does it.",
            }
            for type_, name, ident in _PERMISSIONS
        ],
    }


def _fill(emulator: Emulator, apps: int) -> None:
    tenant = emulator.tenant
    graph = tenant.principals.get(_GRAPH, "appId")
    with tenant.store.transaction():
        for number in range(apps):
            body = {**graph, "appRoles": [], "oauth2PermissionScopes": [], "displayName": f"Example {number}"}
            ident, app_id = tenant.new_id("example"), _client_id(number)
            tenant.store.put(
                "servicePrincipals", {**body, "id": ident, "appId": app_id, "servicePrincipalNames": [app_id]}
            )
            for type_, name, permission in _PERMISSIONS:
                if type_ == "delegated":
                    tenant.grants.consent(ident, graph["id"], name)
                else:
                    tenant.assignments.assign(ident, graph["id"], permission)


async def _audit(emulator: Emulator, vendors: list[str]) -> int:
    door = process_door(emulator)
    async with await open_graph(door.env, TENANT_ID, transport=door.transport()) as graph:
        result = await audit(graph, of_vendors(TENANT_ID, vendors), NOW)
    wrong = [finding.message for finding in result.findings if finding.severity is Severity.ERROR]
    if wrong:
        raise BenchmarkError(f"the audit of {len(vendors)} vendors found {len(wrong)} errors: {wrong[0]}")
    return result.reading.requests
