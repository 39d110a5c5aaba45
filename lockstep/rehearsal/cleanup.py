"""The deletions at the end of an operation: what was replaced, what the program no longer registers, or everything.

A resource is deleted after all that needs it; resources that do not need each other are deleted at the same time.
Decides what is deleted; the steps do it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from lockstep.deployment import StateResource, deletion_levels, is_provider, urn_name
from lockstep.rehearsal.providers import Providers
from lockstep.rehearsal.results import DELETIONS, Rank, Reporter
from lockstep.rehearsal.steps import StepExecutor

_AT_ONCE = 16


class Cleanup:
    """The deletions of one operation."""

    def __init__(self, executor: StepExecutor, providers: Providers, reporter: Reporter) -> None:
        self._executor = executor
        self._providers = providers
        self._reporter = reporter
        self._lock = threading.Lock()
        self._count = 0
        self._kept: set[str] = set()

    def run(self, doomed: Iterable[StateResource]) -> None:
        """Delete the `doomed` and all that was replaced; what a survivor needs is kept."""
        replaced = list(self._executor.ledger.condemned)
        everything = [*doomed, *replaced]
        together = {entry.urn for entry in everything}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rehearsal-delete") as pool:
            for level in deletion_levels(everything):
                ready = [(entry, self._rank(entry.urn)) for entry in level if self._may_go(entry)]
                outcomes = pool.map(lambda pair: self._delete(pair[0], pair[1], together), ready)
                for (entry, _), gone in zip(ready, outcomes, strict=True):
                    if not gone:
                        self._keep(entry)

    def _may_go(self, resource: StateResource) -> bool:
        if resource.urn in self._kept:
            self._keep(resource)
            return False
        if resource.protect and not resource.delete:
            self._reporter.error(
                f"{urn_name(resource.urn)} is protected and was not deleted; "
                "remove `protect` from it in the program and run up first",
                resource.urn,
            )
            self._keep(resource)
            return False
        return True

    def _delete(self, resource: StateResource, rank: Rank, together: set[str]) -> bool:
        if is_provider(resource.type) and not self._declared(resource):
            self._executor.ledger.forget(None, resource) if not self._executor.preview else None
            return True
        call = not (
            resource.retain_on_delete or resource.pending_replacement or resource.deleted_with in together
        ) and not is_provider(resource.type)
        if call and resource.custom and not resource.external:
            self._providers.ensure(resource.provider)
        return self._executor.delete(resource, rank, call=call, replaced=resource.delete)

    def _keep(self, resource: StateResource) -> None:
        with self._lock:
            self._kept.update(resource.needs())

    def _rank(self, urn: str) -> Rank:
        with self._lock:
            self._count += 1
            return DELETIONS, self._count, urn

    @staticmethod
    def _declared(resource: StateResource) -> bool:
        return not urn_name(resource.urn).startswith("default")
