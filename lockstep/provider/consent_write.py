"""One create or update of an AdminConsent: brings the tenant to the declared set, or says in a preview what that takes.

Before the first write it looks every wanted permission up on the tenant's own API principal. National clouds lack
some, and a list in a release grows old: id, name, type and enabled must all agree. A preview passes over an API that is
not Microsoft's: the run itself creates it, or enables its scope.

Knows nothing of gRPC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lockstep.catalogue import is_public
from lockstep.consent import Consent, ConsentPlan, plan_additive, plan_exact
from lockstep.deployment import Properties
from lockstep.directory import Graph
from lockstep.directory.consents import SURE, ClientGoneError, InForce, Reached, UnfinishedError, reach
from lockstep.directory.offers import lacking
from lockstep.directory.principals import Apis
from lockstep.directory.records import ApiRecord, PrincipalRecord
from lockstep.directory.retry import pauses
from lockstep.errors import GraphError, NotFinishedError, RefusedError
from lockstep.provider.documented import declared_app, refuse_other_client, refuse_undocumented
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.operations import Say
from lockstep.provider.outcome import InitFailedError
from lockstep.provider.provenance import look_for_ours, whose
from lockstep.provider.record import ABSENT, AWAITING, DISABLED, PRESENT, Ours, Previous, Settled, must_be_there
from lockstep.provider.session import Session
from lockstep.provider.structs import is_known
from lockstep.provider.wire import api_names, baseline_entry, line
from lockstep.provider.wording import adopt_command, explained, how_it_comes, instruction, moves, titles, todo_lines

_NEW = 30.0  # seconds of asking again for a principal that was created a moment ago
_NEW_API = 20.0  # seconds of asking again for an API whose principal was created a moment ago


@dataclass(frozen=True)
class ConsentWrite:
    """One write, or its preview. `before` is what the last run recorded; None for a create."""

    session: Session
    id: str
    news: Properties
    inputs: ConsentInputs
    before: Previous | None
    preview: bool
    say: Say

    async def run(self) -> Properties:
        """Return the outputs; raises InitFailedError with the outputs so far when not all could be done."""
        inputs = self.inputs
        app = refuse_undocumented(inputs)
        if not is_known(inputs.client):
            return await self._client_unknown()
        try:
            if not inputs.client:
                raise ClientGoneError("absent", status=404)
            # Before the client is read, so that the write follows the read at once.
            graph, apis = await self.session.graph(), await self.session.apis()
            await refuse_unless_offered(graph, apis, inputs, wait=not self.preview)
            record, in_force = await look_for_ours(
                self.session,
                inputs.client,
                self.before,
                inputs.names,
                patience=self._patience(),
                fresh=not self.preview,
            )
        except ClientGoneError:
            if inputs.additive:
                return await self._not_there(ABSENT)
            raise
        refuse_other_client(app, record, tenant_id=inputs.tenant_id, address=inputs.address)
        if inputs.additive and not record.enabled:
            return await self._not_there(DISABLED)
        return await self._write(record, in_force)

    def _patience(self) -> float:
        """Return for how long a client that is not found is asked for again.

        What is recorded is not believed to be gone on one late answer, in a preview neither.
        """
        if self.preview:
            return 0.0 if self.before is None else SURE
        return SURE if self.inputs.additive else _NEW

    async def _client_unknown(self) -> Properties:
        """Say what a first preview can say: the run itself is to make the client."""
        inputs = self.inputs
        if inputs.by_admin:
            for text in todo_lines(ConsentPlan(add=inputs.wanted), inputs.names):
                await self.say("info", text)
            return {**self.news, "permissions": {}, "added": []}
        for consent in sorted(inputs.wanted):
            await self.say("info", explained("+", consent, inputs.names, inputs, ("", "", "")))
        return dict(self.news)

    async def _write(self, record: PrincipalRecord, in_force: InForce) -> Properties:
        inputs, before = self.inputs, self.before
        refuse_unresolved(inputs, in_force)
        names = api_names(in_force.names, inputs.names)
        ours, others = await whose(self.session, inputs, before, in_force, names)
        plan = planner(inputs, ours, others)
        todo = plan(in_force.consents)
        if inputs.by_admin:
            for text in todo_lines(todo, names):
                await self.say("info", text)
            return await self._left_to_the_administrator(Settled(inputs, ours, frozenset(), todo, in_force, names))
        first = before is None or (before.away and not before.in_force)
        if first and todo.remove and not inputs.additive:
            raise RefusedError(
                f"refused: {record.display_name} ({record.object_id}) already holds consents that {inputs.vendor} "
                f"{inputs.edition} does not document, or that this stack withholds: {titles(todo.remove, names)}; "
                f"no consent of it was changed; to fix: {adopt_command()} takes the app over, and the next preview "
                "names each removal; or set removals to report"
            )
        for consent in sorted(todo.extra):
            await self.say("warning", f"undocumented, left in place: {line('?', consent, names)}")
        if self.preview:
            await self._announce(todo, names)
            return Settled(inputs, ours, todo.add, todo, in_force, names).outputs(self.news, planned=True)
        self.session.wrote(inputs.client)
        try:
            stale = inputs.additive and before is not None
            reached = await carry_out(self.session, inputs.client, in_force, plan, stale=stale)
        except UnfinishedError as error:
            written = _written(error.reached, inputs)
            left = Settled(inputs, ours, written, todo, error.reached.in_force, names)
            raise InitFailedError(self.id, self.news, left.outputs(self.news), str(error)) from error
        return Settled(inputs, ours, _written(reached, inputs), todo, reached.in_force, names).outputs(self.news)

    async def _announce(self, todo: ConsentPlan, names: dict[str, str]) -> None:
        """Say in a preview what the run would do, and why."""
        declared = self.before.declared if self.before else ("", "", "")
        if moved := moves(self.inputs, declared):
            await self.say("info", moved)
        for sign, consents in (("+", todo.add), ("-", todo.remove)):
            for consent in sorted(consents):
                await self.say("info", explained(sign, consent, names, self.inputs, declared))

    async def _left_to_the_administrator(self, settled: Settled) -> Properties:
        """Return the outputs where an administrator gives the consents: what is in force, and what is still to do."""
        graph = await self.session.graph()
        text = instruction(settled.inputs, declared_app(settled.inputs), settled.plan, graph.login)
        if text:
            await self.say("warning", f"waiting for an administrator: {text}")
        return {**settled.outputs(self.news), "awaiting": text, "state": AWAITING if text else PRESENT}

    async def _not_there(self, state: str) -> Properties:
        """Store that the shared principal is absent or disabled; an error only where the stack needs it."""
        remembered = self.before or Previous.read({})
        outputs = {
            **self.news,
            "permissions": {},
            "state": state,
            "lastClient": self.inputs.client or remembered.client or remembered.last_client,
            "added": sorted(remembered.added),
            "claimed": sorted(remembered.claimed),
            "extra": [],
            "toleratedFound": [],
        }
        if not must_be_there(self.inputs):
            return outputs
        message = how_it_comes(self.inputs, state)
        if self.preview:
            await self.say("warning", message)
            return outputs
        raise InitFailedError(self.id, self.news, outputs, str(NotFinishedError(message)))


def planner(
    inputs: ConsentInputs, ours: Ours, others: frozenset[Consent] = frozenset()
) -> Callable[[frozenset[Consent]], ConsentPlan]:
    """Return what makes a plan from the consents in force, as the inputs declare it."""

    def plan(actual: frozenset[Consent]) -> ConsentPlan:
        if inputs.additive:
            return plan_additive(inputs.wanted, actual, ours=ours.both, needed_by_others=others)
        return plan_exact(inputs.wanted, actual, tolerated=inputs.tolerable, remove_extra=inputs.removals == "apply")

    return plan


async def carry_out(
    session: Session,
    client: str,
    in_force: InForce,
    plan: Callable[[frozenset[Consent]], ConsentPlan],
    *,
    stale: bool,
) -> Reached:
    """Carry out `plan`; `stale` where claims may have been asked for since the client was read."""
    if stale:
        _record, in_force = await session.look(client, patience=SURE, fresh=True)
    return await reach(await session.graph(), await session.apis(), client, in_force, plan, settle=session.settle)


def refuse_unresolved(inputs: ConsentInputs, in_force: InForce) -> None:
    """Raise GraphError when a consent stands on an API that the tenant does not show, and ours may be among them."""
    if in_force.unresolved and set(inputs.names) - in_force.names.keys():
        raise GraphError(
            f"the tenant did not show the API {', '.join(sorted(in_force.unresolved))}, on which there are consents; "
            "no consent of this app was changed; to fix: run again in a minute",
            status=404,
        )


def _written(reached: Reached, inputs: ConsentInputs) -> frozenset[Consent]:
    """Return what a write put there. What was there at first is not counted on the word of a lost answer."""
    baseline = inputs.baseline or frozenset()
    return reached.made - {c for c in reached.unsure if baseline_entry(c).casefold() in baseline}


async def refuse_unless_offered(graph: Graph, apis: Apis, inputs: ConsentInputs, *, wait: bool) -> None:
    """Raise RefusedError for the first wanted permission that the tenant's API does not offer under that id."""
    wanted_apis = ((app_id, inputs.permissions.get(name)) for name, app_id in inputs.apis.items())
    needed = {app_id.lower() for app_id, permissions in wanted_apis if is_known(app_id) and permissions}
    own = {app_id for app_id in needed if not is_public(app_id)}
    records: Mapping[str, ApiRecord] = await apis.by_app_id(needed)
    for pause in pauses(_NEW_API if wait else 0.0):
        late = {api for api in own if not _offers(records.get(api), api, inputs)} | (needed - records.keys())
        if not late:
            break
        # This run may have made the API, or enabled its scope, a moment ago: what was read before that is old.
        await graph.sleep(pause)
        apis.forget(late)
        records = await apis.by_app_id(needed)
    for consent in sorted(inputs.wanted):
        if consent.api in (needed if wait else needed - own):
            _check(consent, inputs.names.get(consent.api, consent.api), records.get(consent.api), inputs)


def _offers(record: ApiRecord | None, api: str, inputs: ConsentInputs) -> bool:
    """Tell whether an API of the stack's own offers everything that is wanted of it."""
    mine = [consent for consent in inputs.wanted if consent.api == api]
    scopes = [record.scopes.get(consent.key) for consent in mine] if record else [None]
    return all(scope is not None and scope.enabled for scope in scopes)


def _check(consent: Consent, api: str, record: ApiRecord | None, inputs: ConsentInputs) -> None:
    """Raise RefusedError for a permission that the API does not offer. The program asked before the first write of the
    run; this is for a run whose program did not, and for an API that the run itself has made."""
    missing = lacking(consent, api, record)
    if missing is not None:
        raise RefusedError(
            f"refused: {missing.title} for {inputs.vendor} {inputs.app}: {missing.why}; no consent of this app was "
            f"written; to fix: {missing.fix}"
        )
