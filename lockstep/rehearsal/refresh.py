"""Refresh: reads every resource of the state again and writes down what the tenant really holds.

Runs before a program (with `refresh=True`) or alone. Changes nothing in the tenant.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from lockstep.deployment import StateResource, is_provider, now, urn_name
from lockstep.rehearsal.plugins import InitializationError, PluginError
from lockstep.rehearsal.providers import Providers
from lockstep.rehearsal.results import REFRESHES, Op, Rank, Step
from lockstep.rehearsal.steps import StepExecutor

_AT_ONCE = 16


def refresh(executor: StepExecutor, providers: Providers) -> None:
    """Read all managed resources, at once, and record what changed."""
    resources = [entry for entry in executor.ledger.leftovers() if _readable(entry)]
    ranked = [(entry, (REFRESHES, index, entry.urn)) for index, entry in enumerate(resources)]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rehearsal-refresh") as pool:
        for _ in pool.map(lambda pair: _refresh_one(executor, providers, *pair), ranked):
            pass


def _readable(resource: StateResource) -> bool:
    return resource.custom and not is_provider(resource.type) and not resource.pending_replacement


def _refresh_one(executor: StepExecutor, providers: Providers, old: StateResource, rank: Rank) -> None:
    step = Step.of(Op.REFRESH, old, old)
    try:
        providers.ensure(old.provider)
        _look(executor, old, step)
    except PluginError as error:
        executor.reporter.fail(step, str(error), rank, error.exit_code)
        return
    executor.reporter.done(step, rank)


def _look(executor: StepExecutor, old: StateResource, step: Step) -> None:
    try:
        live = executor.calls.read(old.urn, old.type, old.id, old)
    except InitializationError as error:
        executor.reporter.say("warning", f"{urn_name(old.urn)} is incomplete: {'; '.join(error.reasons)}", old.urn)
        current = replace(
            old,
            id=error.id or old.id,
            inputs=old.inputs if error.inputs is None else error.inputs,
            outputs=error.outputs,
            init_errors=error.reasons,
        )
    else:
        if live is None:
            step.outcome = "delete"
            executor.ledger.forget(None, old)
            return
        inputs = old.inputs if live.inputs is None else live.inputs
        current = replace(old, id=live.id, inputs=inputs, outputs=live.outputs, init_errors=[])
    step.new_inputs, step.outputs, step.init_errors = current.inputs, current.outputs, current.init_errors
    step.outcome = "same" if (current.inputs, current.outputs) == (old.inputs, old.outputs) else "update"
    if not old.external:
        difference = executor.calls.diff(current, old.inputs, old.ignore_changes)
        step.diffs = difference.keys if difference.changed else []
        if difference.changed:
            step.detailed_diff = {path: kind.inverted() for path, kind in difference.detailed.items()}
    if current != old:
        current.modified = now() if step.outcome == "update" else old.modified
        executor.ledger.replace_previous(old, current)
