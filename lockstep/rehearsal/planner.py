"""Decides what one registration of the program becomes, by the deployment engine's rules and in its order.

| order | what happens |
|---|---|
| 1 | the resource of that URN is looked up in the last state |
| 2 | with `import_`, what the tenant holds takes its place |
| 3 | inputs under `ignore_changes` get their old values back |
| 4 | Check: the provider fills in defaults and says what is wrong |
| 5 | the policy packs are asked, also about what the provider refuses: one run names everything |
| 6 | Diff: the provider compares the inputs with the last state |
| 7 | one step is done: create, update, replace or same |

Touches the tenant only through the steps.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from lockstep.deployment import Properties, StateResource, is_provider, package_of
from lockstep.errors import UsageError
from lockstep.rehearsal.calls import ProviderDiff, input_diff
from lockstep.rehearsal.goal import Goal
from lockstep.rehearsal.plugins import PluginError
from lockstep.rehearsal.policies import PolicyGate
from lockstep.rehearsal.providers import Providers
from lockstep.rehearsal.results import REGISTRATIONS, ROOTS, DiffKind, Op, Rank, Step
from lockstep.rehearsal.steps import StepExecutor
from lockstep.rehearsal.values import parse_path, reset_ignored


class StoppedError(Exception):
    """The operation was stopped by an earlier error; nothing more is registered."""


class Planner:
    """The plan of one operation, growing as the program registers resources.

    Without `stops`, what fails keeps only what needs it from going on, as in a preview.
    """

    def __init__(self, executor: StepExecutor, providers: Providers, gate: PolicyGate, *, stops: bool = True) -> None:
        self._executor = executor
        self._stops = stops
        self._providers = providers
        self._gate = gate
        self._lock = threading.Lock()
        self._depths: dict[str, int] = {}
        self._seen: set[str] = set()
        self._lost: set[str] = set()
        self._replaced: set[str] = set()
        self._goals: dict[str, Goal] = {}
        self.skipped: list[str] = []
        self.stopped = False

    def register(self, goal: Goal) -> StateResource | None:
        """Bring one resource to its goal; None when it failed or was skipped."""
        goal = self._enter(goal)
        rank = self._rank(goal.urn, goal.needs())
        if any(urn in self._lost for urn in goal.needs()):
            self._lose(goal, rank)
            self.skipped.append(goal.urn)
            return None
        try:
            done = self._bring(goal, rank)
        except PluginError as error:
            self._executor.reporter.error(str(error), goal.urn, error.exit_code)
            done = None
            self._stop()
        if done is None:
            self._lose(goal, rank)
        return done

    def read(self, resource: StateResource, version: str) -> StateResource | None:
        """Read a resource for the program without managing it."""
        resource.provider = resource.provider or self._providers.default(package_of(resource.type), version)
        self._providers.ensure(resource.provider)
        return resource if self._executor.read(resource, self._rank(resource.urn, resource.needs())) else None

    def _rank(self, urn: str, needs: set[str]) -> Rank:
        """Return the place of a resource: after all that it needs, then by name, whatever registers first."""
        with self._lock:
            depth = max((self._depths.get(other, 0) + 1 for other in needs), default=0)
            self._depths[urn] = depth
        return (REGISTRATIONS if depth else ROOTS, depth, urn)

    def _enter(self, goal: Goal) -> Goal:
        with self._lock:
            if self.stopped:
                raise StoppedError
            if goal.urn in self._seen:
                raise UsageError(f"duplicate resource {goal.urn}: give each {goal.type} a name of its own")
            self._seen.add(goal.urn)
            parent = self._goals.get(goal.parent)
            if parent is not None:
                goal = replace(
                    goal,
                    protect=parent.protect if goal.protect is None else goal.protect,
                    retain_on_delete=parent.retain_on_delete
                    if goal.retain_on_delete is None
                    else goal.retain_on_delete,
                    deleted_with=goal.deleted_with or parent.deleted_with,
                )
            self._goals[goal.urn] = goal
            return goal

    def _bring(self, goal: Goal, rank: Rank) -> StateResource | None:
        if is_provider(goal.type):
            return self._bring_provider(goal, rank)
        reference = ""
        if goal.custom:
            reference = goal.provider or self._providers.default(package_of(goal.type), goal.version)
            self._providers.ensure(reference)
        old = self._executor.ledger.old(goal.urn)
        if goal.custom and goal.import_id and (old is None or old.external or _origin(old) != goal.import_id):
            return self._bring_import(goal, reference, old, rank)
        return self._advance(goal, reference, old, rank)

    def _bring_import(self, goal: Goal, reference: str, old: StateResource | None, rank: Rank) -> StateResource | None:
        taken = self._executor.import_(goal.resource({}, reference), rank)
        if taken is None:
            return None
        if old is not None:
            self._executor.ledger.condemn(old)
        return self._advance(goal, reference, taken, rank, imported=True)

    def _advance(
        self, goal: Goal, reference: str, old: StateResource | None, rank: Rank, *, imported: bool = False
    ) -> StateResource | None:
        managed = old if old is not None and not old.external else None
        inputs = goal.inputs
        if managed is not None:
            inputs = reset_ignored(inputs, managed.inputs, list(goal.ignore_changes))
        try:
            checked, valid = self._check(goal, managed.inputs if managed else {}, inputs)
        except PluginError:
            # A type that no plugin here knows, most likely: what the policies say of it matters all the more.
            self._gate.admit(goal, goal.resource(inputs, reference), self._providers.resource(reference))
            raise
        new = goal.resource(checked, reference)
        # Policies are asked about what the provider refuses as well, so that one run names everything.
        admitted = self._gate.admit(goal, new, self._providers.resource(reference))
        if admitted is None or not valid:
            self._stop()
            return None
        new.inputs = admitted
        if old is None or old.external:
            if old is not None:
                self._executor.ledger.condemn(old)
            return new if self._executor.create(new, rank) else None
        difference = self._diff(goal, old, new)
        if old.pending_replacement or (difference.changed and difference.replace):
            return self._replace(goal, old, new, difference, rank)
        if difference.changed or old.init_errors:
            return new if self._executor.update(old, new, difference, rank) else None
        if imported:
            return old
        self._executor.same(old, new, rank)
        return new

    def _check(self, goal: Goal, olds: Properties, news: Properties) -> tuple[Properties, bool]:
        """Return the checked inputs, and whether the provider has nothing against them."""
        if not goal.custom:
            return news, True
        inputs, failures = self._executor.calls.check(goal.urn, goal.type, olds, news)
        for failure in failures:
            self._executor.reporter.error(f"{goal.name}: {failure}", goal.urn)
        return inputs, not failures

    def _diff(self, goal: Goal, old: StateResource, new: StateResource) -> ProviderDiff:
        if goal.deleted_with in self._replaced:
            return ProviderDiff(changed=True, replace=True, keys=["deletedWith"], detailed={})
        if not goal.custom:
            return input_diff(old.inputs, new.inputs)
        difference = self._executor.calls.diff(old, new.inputs, list(goal.ignore_changes))
        watched = [parse_path(path) for path in goal.replace_on_changes]
        if difference.changed and any(_touches(path, difference) for path in watched):
            return replace(difference, replace=True)
        return difference

    def _replace(
        self, goal: Goal, old: StateResource, new: StateResource, difference: ProviderDiff, rank: Rank
    ) -> StateResource | None:
        """Create the successor; the old one goes first when asked, otherwise at the end."""
        reporter, preview = self._executor.reporter, self._executor.preview
        if old.protect and new.protect:
            reporter.error(
                f"{goal.name} cannot be replaced: it is protected; remove `protect` from it in the program first",
                goal.urn,
            )
            if not preview:
                self._stop()
                return None
        if goal.import_id:
            message = (
                f"{goal.name} was imported and still has an import id, so it may not be replaced; remove the import id"
            )
            if not preview:
                reporter.error(message, goal.urn)
                self._stop()
                return None
            reporter.say("warning", message, goal.urn)
        checked, valid = self._check(goal, {}, goal.inputs)
        if not valid:
            self._stop()
            return None
        new.inputs = checked
        with self._lock:
            self._replaced.add(goal.urn)
        first = difference.delete_first if goal.delete_before_replace is None else goal.delete_before_replace
        if first and not old.pending_replacement:
            self._delete_first(old, rank)
        return new if self._executor.create(new, rank, replaced=old, difference=difference) else None

    def _delete_first(self, old: StateResource, rank: Rank) -> None:
        if not self._executor.preview and not old.retain_on_delete:
            operation = self._executor.ledger.begin("deleting", old)
            try:
                self._executor.calls.delete(old)
            except PluginError:
                self._executor.ledger.end(operation, old, rank)
                raise
            old.pending_replacement = True
            self._executor.ledger.end(operation, old, rank)
        old.pending_replacement = True

    def _bring_provider(self, goal: Goal, rank: Rank) -> StateResource | None:
        old = self._executor.ledger.old(goal.urn)
        resource = goal.resource(goal.inputs, "")
        if self._gate.admit(goal, resource, None) is None:
            self._stop()
            return None
        changed = self._providers.explicit(resource, rank)
        op = Op.CREATE if old is None else Op.UPDATE if changed else Op.SAME
        self._executor.reporter.done(Step.of(op, resource), rank)
        return resource

    def _lose(self, goal: Goal, rank: Rank) -> None:
        """Remember that what depends on this resource cannot go on; its old state, if any, stays as it is."""
        with self._lock:
            self._lost.add(goal.urn)
        ledger = self._executor.ledger
        old = ledger.old(goal.urn)
        if old is not None and ledger.new(goal.urn) is None and not old.delete:
            ledger.keep(old, rank, changed=False)

    def _stop(self) -> None:
        """Refuse further registrations in `up`; a preview goes on, to name every error at once."""
        if self._stops and not self._executor.preview:
            with self._lock:
                self.stopped = True


def _origin(old: StateResource) -> str:
    return old.import_id or old.id


def _touches(path: list[str | int], difference: ProviderDiff) -> bool:
    changed = [parse_path(entry) for entry in (difference.detailed or dict.fromkeys(difference.keys, DiffKind.UPDATE))]
    return any(_matches(path, entry) for entry in changed)


def _matches(path: list[str | int], changed: list[str | int]) -> bool:
    return all(want in ("*", have) for want, have in zip(path, changed, strict=False))
