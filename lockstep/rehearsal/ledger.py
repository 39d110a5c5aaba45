"""The state during one operation: the resources as they were, as they are now, and the steps under way.

The file is written after every step, so that a kill loses nothing. Safe to call from many threads. Knows no plugin.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lockstep.deployment import PendingOperation, Snapshot, StateResource, StateWriter
from lockstep.rehearsal.results import Rank


class Ledger:
    """Old resources, new resources, pending operations and the condemned: replaced resources, to be deleted at the end.

    With `path` None or `dry`, nothing is written, nor after a kill: `alive` tells whether there was none.
    """

    def __init__(self, snapshot: Snapshot, path: Path | None, *, dry: bool, alive: Callable[[], bool]) -> None:
        self._file = None if dry or path is None else StateWriter(path)
        self._alive = alive
        self._lock = threading.RLock()
        self._metadata = snapshot.metadata
        self._previous = [entry for entry in snapshot.resources if not entry.delete]
        self._news: dict[str, tuple[Rank, StateResource]] = {}
        self.condemned = [entry for entry in snapshot.resources if entry.delete]
        self.pending = list(snapshot.pending)

    def old(self, urn: str) -> StateResource | None:
        """Return the resource of the previous state."""
        with self._lock:
            return next((entry for entry in self._previous if entry.urn == urn), None)

    def new(self, urn: str) -> StateResource | None:
        """Return the resource as this operation left it so far."""
        with self._lock:
            entry = self._news.get(urn)
            return entry[1] if entry else None

    def any(self, urn: str) -> StateResource | None:
        """Return the newest state of a resource."""
        return self.new(urn) or self.old(urn)

    def leftovers(self) -> list[StateResource]:
        """Return the previous resources that this operation has not seen."""
        with self._lock:
            return [entry for entry in self._previous if entry.urn not in self._news]

    def begin(self, type_: str, resource: StateResource) -> PendingOperation:
        """Write down that a step starts."""
        operation = PendingOperation(type_, replace(resource))
        with self._lock:
            self.pending.append(operation)
            self._save()
        return operation

    def end(self, operation: PendingOperation | None, resource: StateResource | None, rank: Rank) -> None:
        """Write down how a step ended: the resource's new state, or None when nothing came of it."""
        with self._lock:
            if operation is not None:
                self.pending.remove(operation)
            if resource is not None:
                self._news[resource.urn] = (rank, resource)
            self._save()

    def keep(self, resource: StateResource, rank: Rank, *, changed: bool) -> None:
        """Note a resource that stays as it is; the file is written only when something about it `changed`."""
        with self._lock:
            self._news[resource.urn] = (rank, resource)
            if changed:
                self._save()

    def condemn(self, resource: StateResource) -> None:
        """Mark a replaced resource for deletion at the end; saved together with its replacement."""
        with self._lock:
            self._previous = [entry for entry in self._previous if entry is not resource]
            resource.delete = True
            self.condemned.append(resource)

    def forget(self, operation: PendingOperation | None, resource: StateResource) -> None:
        """Write down that a resource is gone."""
        with self._lock:
            if operation is not None:
                self.pending.remove(operation)
            self._previous = [entry for entry in self._previous if entry is not resource]
            self.condemned = [entry for entry in self.condemned if entry is not resource]
            if self.new(resource.urn) is resource:
                del self._news[resource.urn]
            self._save()

    def replace_previous(self, old: StateResource, new: StateResource) -> None:
        """Write down what a refresh, or an import before the program, found."""
        with self._lock:
            self._previous = [new if entry is old else entry for entry in self._previous]
            self._save()

    def adopt(self, operation: PendingOperation, resource: StateResource | None) -> None:
        """Settle a pending operation of an earlier run, taking over what it had created."""
        with self._lock:
            self.pending.remove(operation)
            if resource is not None:
                self._previous.append(resource)
            self._save()

    def save(self) -> None:
        """Write the state as it is now."""
        with self._lock:
            self._save()

    def snapshot(self) -> Snapshot:
        """Return the whole state: new resources first, in rank order, then what is left of the old."""
        with self._lock:
            current = [resource for _, resource in sorted(self._news.values(), key=lambda entry: entry[0])]
            return Snapshot([*current, *self.leftovers(), *self.condemned], list(self.pending), self._metadata)

    def _save(self) -> None:
        if self._file is not None and self._alive():
            self._file.write(self.snapshot())
