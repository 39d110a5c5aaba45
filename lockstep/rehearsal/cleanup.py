"""The deletions at the end of an operation: what was replaced, what the program no longer registers, or everything.

A resource is deleted after all that needs it; resources that do not need each other are deleted at the same time.
Decides what is deleted; the steps do it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from lockstep.deployment import StateResource, deletion_levels, is_provider, urn_name
from lockstep.rehearsal.providers import Providers
from lockstep.rehearsal.results import DELETIONS, Rank
from lockstep.rehearsal.steps import StepExecutor

_AT_ONCE = 16


class Cleanup:
    """The deletions of one operation."""

    def __init__(self, executor: StepExecutor, providers: Providers) -> None:
        self._executor = executor
        self._providers = providers
        self._kept: set[str] = set()

    def run(self, doomed: Iterable[StateResource]) -> None:
        """Delete the `doomed` and all that was replaced; what a survivor needs is kept."""
        replaced = list(self._executor.ledger.condemned)
        everything = [*doomed, *replaced]
        together, count = {entry.urn for entry in everything}, itertools.count(1)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rehearsal-delete") as pool:
            for level in deletion_levels(everything):
                ready = [(entry, (DELETIONS, next(count), entry.urn)) for entry in level if self._may_go(entry)]
                outcomes = pool.map(lambda pair: self._delete(pair[0], pair[1], together), ready)
                for (entry, _), gone in zip(ready, outcomes, strict=True):
                    if not gone:
                        self._kept.update(entry.needs())

    def _may_go(self, resource: StateResource) -> bool:
        if resource.urn in self._kept:
            self._kept.update(resource.needs())
            return False
        if resource.protect and not resource.delete:
            self._executor.reporter.error(
                f"{urn_name(resource.urn)} is protected and was not deleted; "
                "to fix: set `protect` to false in the stack file (or take it off in the program), and run up first",
                resource.urn,
            )
            self._kept.update(resource.needs())
            return False
        return True

    def _delete(self, resource: StateResource, rank: Rank, together: set[str]) -> bool:
        if is_provider(resource.type):
            if urn_name(resource.urn).startswith("default"):
                if not self._executor.preview:
                    self._executor.ledger.forget(None, resource)
                return True
            return self._executor.delete(resource, rank, call=False, replaced=resource.delete)
        call = not (resource.retain_on_delete or resource.pending_replacement or resource.deleted_with in together)
        if call and resource.custom and not resource.external:
            self._providers.ensure(resource.provider)
        return self._executor.delete(resource, rank, call=call, replaced=resource.delete)
