"""The steps that change one resource: create, update, replace, import, delete, read.

The state says that a step is under way before it touches the tenant, and what came of it afterwards. Each returns
whether it did all that it was to do. Which steps are done, `planner`, `cleanup` and `refresh` decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lockstep.deployment import PendingOperation, StateResource, now
from lockstep.rehearsal.calls import ProviderCalls, ProviderDiff
from lockstep.rehearsal.ledger import Ledger
from lockstep.rehearsal.plugins import InitializationError, PluginError
from lockstep.rehearsal.results import Op, Rank, Reporter, Step


@dataclass
class StepExecutor:
    """What every step needs."""

    ledger: Ledger
    calls: ProviderCalls
    reporter: Reporter
    preview: bool

    def create(
        self,
        new: StateResource,
        rank: Rank,
        replaced: StateResource | None = None,
        difference: ProviderDiff | None = None,
    ) -> bool:
        """Create `new`; with `replaced`, as the successor of a resource that is deleted at the end."""
        step = Step.of(Op.REPLACE if replaced else Op.CREATE, new, replaced)
        _describe(step, difference)
        operation = self.ledger.begin("creating", new) if new.custom and not self.preview else None
        try:
            if new.custom:
                new.id, new.outputs = self.calls.create(new.urn, new.type, new.inputs)
        except InitializationError as error:
            new.id, new.outputs, new.init_errors = error.id, error.outputs, error.reasons
            step.init_errors, step.outputs = error.reasons, new.outputs
            self._settle_create(operation, new, rank, replaced)
            self.reporter.fail(step, "; ".join(error.reasons) or str(error), rank, error.exit_code)
            return False
        except PluginError as error:
            self.ledger.end(operation, replaced, rank)
            self.reporter.fail(step, str(error), rank, error.exit_code)
            return False
        step.outputs = new.outputs
        self._settle_create(operation, new, rank, replaced)
        self.reporter.done(step, rank)
        return True

    def update(self, old: StateResource, new: StateResource, difference: ProviderDiff, rank: Rank) -> bool:
        """Update in place."""
        step = Step.of(Op.UPDATE, new, old)
        _describe(step, difference)
        operation = self.ledger.begin("updating", new) if new.custom and not self.preview else None
        new.id, new.created, new.modified = old.id, old.created, now()
        try:
            new.outputs = self.calls.update(old, new.inputs, new.ignore_changes) if new.custom else old.outputs
        except InitializationError as error:
            new.outputs, new.init_errors = error.outputs, error.reasons
            step.init_errors, step.outputs = error.reasons, new.outputs
            self.ledger.end(operation, new, rank)
            self.reporter.fail(step, "; ".join(error.reasons) or str(error), rank, error.exit_code)
            return False
        except PluginError as error:
            self.ledger.end(operation, old, rank)
            self.reporter.fail(step, str(error), rank, error.exit_code)
            return False
        step.outputs = new.outputs
        self.ledger.end(operation, new, rank)
        self.reporter.done(step, rank)
        return True

    def same(self, old: StateResource, new: StateResource, rank: Rank) -> None:
        """Keep a resource, with the options and dependencies that the program gives now."""
        new.id, new.outputs, new.init_errors = old.id, old.outputs, old.init_errors
        new.created, new.modified, new.rest = old.created, old.modified, old.rest
        step = Step.of(Op.SAME, new, old)
        step.outputs = new.outputs
        self.ledger.keep(new, rank, changed=new != old)
        self.reporter.done(step, rank)

    def import_(self, new: StateResource, rank: Rank) -> StateResource | None:
        """Take over what exists under `new.import_id`; return the state read, or None when that failed."""
        step = Step.of(Op.IMPORT, new)
        operation = self.ledger.begin("importing", new) if new.custom and not self.preview else None
        try:
            taken = self._read_import(new)
        except PluginError as error:
            self.ledger.end(operation, None, rank)
            self.reporter.fail(step, str(error), rank, error.exit_code)
            return None
        step.new_inputs, step.outputs, step.init_errors = taken.inputs, taken.outputs, taken.init_errors
        self.ledger.end(operation, taken, rank)
        self.reporter.done(step, rank)
        return taken

    def delete(self, old: StateResource, rank: Rank, *, call: bool, replaced: bool = False) -> bool:
        """Delete a resource; without `call` it is only forgotten."""
        step = Step.of(Op.DELETE_REPLACED if replaced else Op.DISCARD if old.external else Op.DELETE, old, old)
        step.new_inputs = {}
        call = call and old.custom and not old.external and not self.preview
        operation = self.ledger.begin("deleting", old) if call else None
        try:
            if call:
                self.calls.delete(old)
        except PluginError as error:
            self.ledger.end(operation, None, rank)
            self.reporter.fail(step, str(error), rank, error.exit_code)
            return False
        if not self.preview:
            self.ledger.forget(operation, old)
        self.reporter.done(step, rank)
        return True

    def read(self, resource: StateResource, rank: Rank) -> bool:
        """Read a resource that the program only looks at."""
        old = self.ledger.old(resource.urn)
        step = Step.of(Op.READ, resource, old)
        try:
            live = self.calls.read(resource.urn, resource.type, resource.id, None)
            if live is None:
                raise PluginError(f"resource '{resource.id}' does not exist")
        except PluginError as error:
            self.reporter.fail(step, str(error), rank, error.exit_code)
            return False
        resource.id, resource.outputs, resource.external = live.id, live.outputs, True
        step.outputs = live.outputs
        resource.created = old.created if old else now()
        resource.modified = old.modified if old else resource.created
        self.ledger.keep(resource, rank, changed=resource != old)
        self.reporter.done(step, rank)
        return True

    def _settle_create(
        self, operation: PendingOperation | None, new: StateResource, rank: Rank, replaced: StateResource | None
    ) -> None:
        new.created = new.modified = now()
        if replaced is not None and not replaced.pending_replacement:
            self.ledger.condemn(replaced)
        self.ledger.end(operation, new, rank)

    def _read_import(self, new: StateResource) -> StateResource:
        taken = replace(new, created=now(), modified=now(), id=new.import_id)
        if not new.custom:
            return replace(taken, id="", import_id="")
        try:
            live = self.calls.read(new.urn, new.type, new.import_id, None)
        except InitializationError as error:
            taken.inputs, taken.outputs = error.inputs or {}, error.outputs
            taken.id, taken.init_errors = error.id or new.import_id, error.reasons
            return taken
        if live is None:
            raise PluginError(f"resource '{new.import_id}' does not exist")
        if live.inputs is None:
            raise PluginError(f"{new.type} does not support import")
        taken.id, taken.inputs, taken.outputs = live.id, live.inputs, live.outputs
        return taken


def _describe(step: Step, difference: ProviderDiff | None) -> None:
    if difference is not None:
        step.diffs, step.detailed_diff = difference.keys, difference.detailed
