"""Writes the tenant-wide consents of one client until nothing is left to do, and says what holds where that failed.

A write is one `$batch` of up to 18 chained changes that ends with its own read-back; it is made from a read that is
one round trip old, and never sent a second time: after any wait comes a new read. Knows nothing of Pulumi and of what
is documented: what to change comes as a function from what is in force to a `Plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lockstep.consent import Consent, ConsentPlan
from lockstep.directory.consents.changes import changes_of
from lockstep.directory.consents.reading import SURE, InForce, in_force_of, look, reads
from lockstep.directory.exceptions import BusyError, OutcomeUnknownError
from lockstep.directory.graph import BatchAnswer, BatchItem, Graph
from lockstep.directory.principals import Apis
from lockstep.directory.retry import THROTTLED, retry_after
from lockstep.errors import DeadlineError, GraphError, LockstepError

_READS = 2
_WRITES_A_BATCH = 20 - _READS
_TRIES = 5  # rounds without any progress before we give up
_PATIENCE = 300.0  # seconds of waiting for a busy Graph, all rounds together
_SETTLE = 20.0  # seconds of polling before a write that cannot be seen is taken for lost


@dataclass(frozen=True)
class Reached:
    """What is in force after a write, and which of it this write put there."""

    in_force: InForce
    made: frozenset[Consent]
    unsure: frozenset[Consent] = frozenset()
    """Those of `made` whose answer was lost: they may have been there before."""


class UnfinishedError(GraphError):
    """Some changes were made and the rest could not be.

    `cause` is what stopped the rest. `reached` holds what the last read showed, and what we sent and was not refused:
    it may be in force.
    """

    def __init__(self, cause: LockstepError, reached: Reached) -> None:
        super().__init__(str(cause), status=getattr(cause, "status", 0), code=getattr(cause, "code", ""))
        self.cause = cause
        self.reached = reached


async def reach(
    graph: Graph,
    apis: Apis,
    client: str,
    in_force: InForce,
    plan: Callable[[frozenset[Consent]], ConsentPlan],
    *,
    settle: float = _SETTLE,
) -> Reached:
    """Carry out `plan` until it is empty; `in_force` must be fresh.

    Additions go before removals, so that nothing is ever missing. Each round plans anew from the latest read:
    that repairs a write of ours that another writer undid. What was not to be removed at the start is not removed
    later either. Raises UnfinishedError with what holds when a change is refused or agreement is not reached.
    """
    named = plan(in_force.consents).remove
    made, unsure = frozenset[Consent](), frozenset[Consent]()
    tries, waited = 0, 0.0
    failure: GraphError | None = None
    least: int | None = None
    while True:
        todo = plan(in_force.consents)
        todo = replace(todo, remove=todo.remove & named)
        if todo.empty:
            return Reached(in_force, made, unsure)
        left = len(todo.add) + len(todo.remove)
        if least is None or left < least:
            tries, least = 0, left
        if tries == _TRIES:
            raise UnfinishedError(DeadlineError(_no_progress(client, failure)), Reached(in_force, made, unsure))
        try:
            round_ = await _write(graph, apis, client, in_force, todo)
            # What is made a second time is no progress: somebody undoes it.
            tries = 0 if round_.made - made else tries + 1
            made, unsure = made | round_.made, unsure | round_.unsure
            in_force = round_.in_force or in_force
            failure = round_.failure
            if round_.failure is not None:
                if not _worth_another_look(round_.failure):
                    raise round_.failure
                pause = round_.wait if round_.wait is not None else 2.0**tries
                _refuse_too_long(client, waited, pause)
                by_graph = round_.wait is not None and round_.failure.status == 429
                reason = (
                    THROTTLED if by_graph else f"not written ({round_.failure.status or 'no answer'}); looking again"
                )
                await graph.wait(pause, reason, f"the consents of service principal {client}", by_graph=by_graph)
                waited += pause
                in_force = (await look(graph, apis, client, patience=SURE, fresh=True))[1]
            elif not round_.more:
                in_force, spent = await _settled(graph, apis, client, in_force, plan, settle)
                tries = tries + 1 if spent else tries
        except LockstepError as error:
            raise UnfinishedError(error, Reached(in_force, made, unsure)) from error


def _no_progress(client: str, failure: GraphError | None) -> str:
    """Say why we give up: nothing could be written, or something undoes what was."""
    if failure is None:
        problem = "do not stay as written: somebody, or something, undoes it"
    else:
        problem = f"could not be written in {_TRIES} tries, of which the last met {_last(failure)}"
    return (
        f"the consents of service principal {client} {problem}; what was done stays done; to fix: run the command again"
    )


def _last(failure: GraphError) -> str:
    return f"status {failure.status} ({failure.code})" if failure.status else "no answer"


def _refuse_too_long(client: str, waited: float, pause: float) -> None:
    """Raise DeadlineError before a wait with which all of them would take longer than Graph may keep us busy."""
    if waited + pause > _PATIENCE:
        before = f"after {waited:g} s of waiting " if waited else ""
        raise DeadlineError(
            f"the consents of service principal {client} are not all written: {before}the next try in {pause:g} s is "
            f"past the deadline of {_PATIENCE:g} s; what was done stays done; to fix: run the command again in "
            f"{max(pause, 60):g} s"
        )


@dataclass(frozen=True)
class _Round:
    """What one batch of writes came to. `more` says that it did not hold all changes."""

    made: frozenset[Consent]
    unsure: frozenset[Consent] = frozenset()
    in_force: InForce | None = None
    failure: GraphError | None = None
    wait: float | None = None
    more: bool = False


async def _write(graph: Graph, apis: Apis, client: str, in_force: InForce, todo: ConsentPlan) -> _Round:
    """Send as many changes as one batch takes, with its own read-back, once."""
    changes = await changes_of(apis, client, in_force, todo)
    part = changes[:_WRITES_A_BATCH]
    items = [BatchItem(c.item.method, c.item.url, c.item.body, bool(i)) for i, c in enumerate(part)]
    try:
        answers = await graph.batch([*items, *reads(client, chained=True)], once=True)
    except BusyError as error:
        return _Round(frozenset(), failure=error, wait=error.seconds)
    except OutcomeUnknownError as error:
        lost = frozenset[Consent]().union(*(change.adds for change in part))
        return _Round(lost, lost, failure=error)
    made = frozenset[Consent]().union(
        *(c.adds for c, a in zip(part, answers, strict=False) if a.ok or a.outcome_unknown)
    )
    unsure = frozenset[Consent]().union(*(c.adds for c, a in zip(part, answers, strict=False) if a.outcome_unknown))
    failed = _failed(items, answers)
    if failed is not None:
        return _Round(made, unsure, failure=failed.error(), wait=retry_after(failed.headers))
    now = await in_force_of(graph, apis, answers[len(part) :])
    return _Round(made, unsure, now, more=len(changes) > len(part))


async def _settled(
    graph: Graph,
    apis: Apis,
    client: str,
    in_force: InForce,
    plan: Callable[[frozenset[Consent]], ConsentPlan],
    settle: float,
) -> tuple[InForce, bool]:
    """Read until the tenant's answers agree with the plan, for `settle` seconds at most; tell whether it took any."""
    waited, pause, spent = 0.0, 0.5, False
    while not plan(in_force.consents).empty:
        spent = True
        if waited >= settle:
            break
        await graph.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, 5.0)
        in_force = (await look(graph, apis, client, patience=SURE, fresh=True))[1]
    return in_force, spent


def _failed(changes: Sequence[BatchItem], answers: Sequence[BatchAnswer]) -> BatchAnswer | None:
    """Return the first real failure; 424 only echoes it, and a deletion of what is gone has succeeded."""
    for change, answer in zip(changes, answers, strict=False):
        gone = change.method == "DELETE" and answer.status == 404
        if not (answer.ok or answer.skipped or gone):
            return answer
    return next((answer for answer in answers[len(changes) :] if not answer.ok), None)


def _worth_another_look(failure: GraphError) -> bool:
    """True where the change may be there already, or where another writer or a late replica stood in the way."""
    already = failure.status == 400 and "already exists" in str(failure)
    return already or failure.status in (0, 404, 409, 412, 424, 429, 500, 502, 503, 504)
