"""Settles what a killed run left pending, and takes over what it had created.

Which object in the tenant a killed create has left is found by the plugin, or by the caller. Changes nothing in the
tenant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lockstep.deployment import PendingOperation, Properties, StateResource, now, package_of, urn_name
from lockstep.rehearsal.plugins import PluginError, PluginHost
from lockstep.rehearsal.providers import Providers
from lockstep.rehearsal.steps import StepExecutor

Finder = Callable[[StateResource], str | None]
"""Given the resource of a pending create, returns the id of what that create left in the tenant, if anything."""


@dataclass(frozen=True)
class Repaired:
    """One pending operation and what became of it; `adopted` is the id of an orphan that was taken over."""

    type: str
    urn: str
    adopted: str = ""


def repair(executor: StepExecutor, providers: Providers, finder: Finder) -> list[Repaired]:
    """Settle every pending operation of the state."""
    ledger, reporter = executor.ledger, executor.reporter
    settled = []
    for operation in list(ledger.pending):
        orphan = None
        if operation.type == "creating" and ledger.old(operation.resource.urn) is None:
            orphan = _adopt(executor, providers, finder, operation)
        ledger.adopt(operation, orphan)
        name = urn_name(operation.resource.urn)
        creates = operation.type in ("creating", "importing")
        outcome = f"took over {orphan.id}" if orphan else "nothing was left of it" if creates else "it runs again"
        reporter.say(
            "info", f"an earlier run was cut off while {operation.type} {name}; {outcome}", operation.resource.urn
        )
        settled.append(Repaired(operation.type, operation.resource.urn, orphan.id if orphan else ""))
    return settled


def plugin_finder(host: PluginHost, providers: Providers) -> Finder:
    """Return a finder that asks the resource's own plugin, where it can tell (`find_orphan(type, inputs)`)."""

    def find(resource: StateResource) -> str | None:
        search: Callable[[str, Properties], Any] | None = getattr(
            host.plugin(package_of(resource.type)), "find_orphan", None
        )
        if search is None:
            return None
        providers.ensure(resource.provider)
        orphan = host.run(search(resource.type, resource.inputs))
        return str(orphan) if orphan else None

    return find


def _adopt(
    executor: StepExecutor, providers: Providers, finder: Finder, operation: PendingOperation
) -> StateResource | None:
    resource = operation.resource
    id_ = finder(resource)
    resources = executor.ledger.snapshot().resources
    if not id_ or any(entry.type == resource.type and entry.id == id_ for entry in resources):
        return None
    providers.ensure(resource.provider)
    live = executor.calls.read(resource.urn, resource.type, id_, resource)
    if live is None:
        raise PluginError(f"{urn_name(resource.urn)}: {id_} was found after an interrupted run but cannot be read")
    resource.id, resource.outputs = live.id, live.outputs
    resource.created = resource.modified = now()
    return resource
