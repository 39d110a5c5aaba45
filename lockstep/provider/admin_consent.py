"""AdminConsent: create, read, update, delete and diff of one client's tenant-wide consents.

Brings the declared set and the tenant together by way of the consent algebra. Knows nothing of gRPC.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from lockstep.consent import Consent, ConsentPlan, plan_additive, plan_exact
from lockstep.directory.consents import SURE, ClientGoneError, InForce, Reached, UnfinishedError, reach
from lockstep.directory.principals import PrincipalRecord, drop_tags
from lockstep.errors import GraphError, NotFinishedError, RefusedError
from lockstep.provider.by_admin import AWAITING, instruction, todo_lines
from lockstep.provider.claims import MARKER, is_claim_on
from lockstep.provider.consent_diff import Previous, difference
from lockstep.provider.documented import declared_app, refuse_other_client, refuse_undocumented, titles
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.looking import look_at, look_for
from lockstep.provider.offered import refuse_unless_offered
from lockstep.provider.outcome import Difference, Found, InitFailedError
from lockstep.provider.provenance import as_recorded, needed_by_others, whose
from lockstep.provider.session import Session, Severity
from lockstep.provider.settled import ABSENT, DISABLED, PRESENT, Settled, must_be_there, named
from lockstep.provider.shared import how_it_comes, principal_key
from lockstep.provider.upgrade import explained, moves
from lockstep.provider.wire import Properties, api_names, baseline_entry, known, line

Say = Callable[[Severity, str], Awaitable[None]]

_NEW = 30.0  # seconds of asking again for a principal that was created a moment ago


@dataclass(frozen=True)
class AdminConsent:
    """The resource over one session."""

    session: Session

    async def create(self, news: Properties, *, preview: bool, say: Say) -> tuple[str, Properties]:
        """Add what is missing; refuse a client that holds undocumented consents. Returns id and outputs."""
        inputs = ConsentInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        id_ = f"additive:{inputs.address}" if inputs.additive else inputs.client
        return id_, await self._bring(id_, news, inputs, None, preview=preview, say=say)

    async def update(self, id_: str, olds: Properties, news: Properties, *, preview: bool, say: Say) -> Properties:
        """Add what is new, remove what is no longer wanted and ours to remove. Returns the outputs."""
        inputs = ConsentInputs.read(news)
        self.session.check_tenant(str(olds.get("tenantId") or inputs.tenant_id))
        self.session.check_tenant(inputs.tenant_id)
        return await self._bring(id_, news, inputs, Previous.read(olds), preview=preview, say=say)

    async def diff(self, olds: Properties, news: Properties, *, declared: Properties) -> Difference:
        """Return the difference by permission name; refuses what create would refuse without a request.

        `declared` are the inputs of the last run, where the engine gives them.
        """
        inputs = ConsentInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        self.session.check_tenant(str(olds.get("tenantId") or inputs.tenant_id))
        # A refresh right after an import compares what nobody has declared yet; create and update judge it.
        if inputs.vendor:
            refuse_undocumented(inputs)
        previous = Previous.read(olds)
        back = previous.state in (ABSENT, DISABLED) and await self._is_present(inputs.client)
        wanted_before = ConsentInputs.read(declared).wanted if declared else None
        return difference(previous, inputs, came_back=back, wanted_before=wanted_before)

    async def read(self, id_: str, olds: Properties, inputs: Properties) -> Found:
        """Return what is in force by name. With an id alone (an import), everything on that client."""
        imported = not inputs and not olds
        if imported and id_.startswith("additive:"):
            raise RefusedError(
                "refused: a shared principal's AdminConsent can't be imported; to fix: let `pulumi up` create it: it "
                "takes up what is there and remembers what was absent"
            )
        tenant = str((inputs or olds).get("tenantId") or self.session.tenant_id)
        self.session.check_tenant(tenant)
        if imported:
            inputs = {"tenantId": tenant, "mode": "exact", "client": id_, "removals": "apply"}
        asked = ConsentInputs.read(inputs)
        client = str(olds.get("client") or asked.client)
        if not client:  # a shared principal that was absent: its Principal looks for it
            return Found(id_, inputs, olds)
        try:
            recorded = Previous.read(olds)
            record, in_force = await look_for(self.session, client, recorded, asked.names, patience=SURE)
        except ClientGoneError:
            if asked.additive:
                return Found(id_, inputs, {**olds, "state": ABSENT, "permissions": {}})
            return Found("", {}, {})
        if imported:
            inputs["address"] = record.app_id
        if asked.additive and not record.enabled:
            return Found(id_, inputs, {**olds, "state": DISABLED, "permissions": {}})
        return self._found(id_, inputs, recorded, in_force)

    async def delete(self, olds: Properties) -> None:
        """Remove only what we added or claimed and, on a shared principal, what no other stack claims."""
        asked = ConsentInputs.read(olds)
        self.session.check_tenant(asked.tenant_id)
        previous = Previous.read(olds)
        await self._take_back(asked, previous)
        if asked.additive and asked.claimant:
            # The application may outlive this by a killed run, or for good, and must not go on claiming.
            key = principal_key(asked)
            async with self.session.tags:
                gone = partial(is_claim_on, key)
                await drop_tags(await self.session.graph(), asked.claimant, gone, MARKER)

    async def _take_back(self, asked: ConsentInputs, previous: Previous) -> None:
        client = asked.client or previous.last_client
        ours = previous.added | previous.claimed
        if not client or not ours:
            return
        try:
            _record, in_force = await look_for(self.session, client, previous, asked.names, patience=SURE, fresh=True)
        except ClientGoneError:
            return
        gone = named(in_force.consents, ours, api_names(in_force.names, asked.names))
        others = await needed_by_others(self.session, asked, gone)
        plan = partial(_additive, frozenset(), gone, others)
        await self._reach(client, in_force, plan, stale=asked.additive and bool(gone))

    async def _bring(
        self, id_: str, news: Properties, inputs: ConsentInputs, before: Previous | None, *, preview: bool, say: Say
    ) -> Properties:
        app = refuse_undocumented(inputs)
        inputs = as_recorded(self.session, inputs)
        if not known(inputs.client):
            if inputs.by_admin:
                for text in todo_lines(ConsentPlan(add=inputs.wanted), inputs.names):
                    await say("info", text)
                return {**news, "permissions": {}, "added": []}
            for consent in sorted(inputs.wanted):
                await say("info", explained("+", consent, inputs.names, inputs, ("", "", "")))
            return dict(news)
        try:
            if not inputs.client:
                raise ClientGoneError("absent", status=404)
            # Before the client is read, so that the write follows the read at once.
            await refuse_unless_offered(await self.session.graph(), await self.session.apis(), inputs, wait=not preview)
            # What is recorded is not believed to be gone on one late answer, in a preview neither.
            known_before = SURE if before is not None else 0.0
            patience = known_before if preview else SURE if inputs.additive else _NEW
            record, in_force = await look_for(
                self.session, inputs.client, before, inputs.names, patience=patience, fresh=not preview
            )
        except ClientGoneError:
            if inputs.additive:
                return await self._not_there(id_, news, inputs, before, ABSENT, preview=preview, say=say)
            raise
        refuse_other_client(inputs, app, record)
        if inputs.additive and not record.enabled:
            return await self._not_there(id_, news, inputs, before, DISABLED, preview=preview, say=say)
        return await self._write(id_, news, inputs, before, record, in_force, preview=preview, say=say)

    async def _write(
        self,
        id_: str,
        news: Properties,
        inputs: ConsentInputs,
        before: Previous | None,
        record: PrincipalRecord,
        in_force: InForce,
        *,
        preview: bool,
        say: Say,
    ) -> Properties:
        _refuse_unresolved(inputs, in_force)
        names = api_names(in_force.names, inputs.names)
        ours, others = await whose(self.session, inputs, before, in_force, names)
        plan = self._planner(inputs, ours, others)
        todo = plan(in_force.consents)
        if inputs.by_admin:
            for text in todo_lines(todo, names):
                await say("info", text)
            return await self._left(news, Settled(inputs, ours, frozenset(), todo, in_force, names), say)
        first = before is None or (before.state in (ABSENT, DISABLED) and not before.in_force)
        if first and todo.remove and not inputs.additive:
            raise RefusedError(
                f"refused: {record.display_name} ({record.object_id}) already holds consents that {inputs.vendor} "
                f"{inputs.edition} does not document, or that this stack withholds: {titles(todo.remove, names)}; "
                "nothing was changed; to fix: take the app over with `lockstep adopt` (or pulumi import), whose next "
                "preview names each removal, or set removals to report"
            )
        for consent in sorted(todo.extra):
            await say("warning", f"undocumented, left in place: {line('?', consent, names)}")
        if preview:
            declared = before.declared if before else ("", "", "")
            if moved := moves(inputs, declared):
                await say("info", moved)
            for sign, consents in (("+", todo.add), ("-", todo.remove)):
                for consent in sorted(consents):
                    await say("info", explained(sign, consent, names, inputs, declared))
            return Settled(inputs, ours, todo.add, todo, in_force, names).outputs(news, planned=todo)
        self.session.wrote(inputs.client)
        try:
            reached = await self._reach(inputs.client, in_force, plan, stale=inputs.additive and before is not None)
        except UnfinishedError as error:
            left = Settled(inputs, ours, _added(error.reached, inputs), todo, error.reached.in_force, names)
            raise InitFailedError(id_, news, left.outputs(news), str(error)) from error
        return Settled(inputs, ours, _added(reached, inputs), todo, reached.in_force, names).outputs(news)

    async def _left(self, news: Properties, found: Settled, say: Say) -> Properties:
        """Return the outputs where an administrator gives the consents: what is in force, and what is still to do."""
        graph = await self.session.graph()
        text = instruction(found.inputs, declared_app(found.inputs), found.todo, graph.login)
        if text:
            await say("warning", f"waiting for an administrator: {text}")
        return {**found.outputs(news), "awaiting": text, "state": AWAITING if text else PRESENT}

    def _planner(
        self,
        inputs: ConsentInputs,
        ours: tuple[frozenset[Consent], frozenset[Consent]],
        others: frozenset[Consent],
    ) -> Callable[[frozenset[Consent]], ConsentPlan]:
        if not inputs.additive:
            return partial(_exact, inputs.wanted, inputs.tolerable, inputs.removals == "apply")
        return partial(_additive, inputs.wanted, ours[0] | ours[1], others)

    async def _not_there(
        self,
        id_: str,
        news: Properties,
        inputs: ConsentInputs,
        before: Previous | None,
        state: str,
        *,
        preview: bool,
        say: Say,
    ) -> Properties:
        """Store that the shared principal is absent or disabled; an error only where the stack needs it."""
        remembered = before or Previous.read({})
        outputs = {
            **news,
            "permissions": {},
            "state": state,
            "lastClient": inputs.client or remembered.client or remembered.last_client,
            "added": sorted(remembered.added),
            "claimed": sorted(remembered.claimed),
            "extra": [],
            "toleratedFound": [],
        }
        if not must_be_there(inputs):
            return outputs
        message = how_it_comes(inputs, state)
        if preview:
            await say("warning", message)
            return outputs
        raise InitFailedError(id_, news, outputs, str(NotFinishedError(message)))

    def _found(self, id_: str, inputs: Properties, previous: Previous, in_force: InForce) -> Found:
        asked = ConsentInputs.read(inputs)
        _refuse_unresolved(asked, in_force)
        names = api_names(in_force.names, asked.names)
        added = named(in_force.consents, previous.added, names)
        claimed = named(in_force.consents, previous.claimed, names)
        if asked.additive:
            todo = plan_additive(asked.wanted, in_force.consents, ours=added | claimed)
        else:
            todo = _exact(asked.wanted, asked.tolerable, asked.removals == "apply", in_force.consents)
        if not asked.vendor:  # an import: all of it is shown, and nothing is ours
            todo = replace(todo, remove=in_force.consents, tolerated=frozenset())
        settled = Settled(asked, (added, claimed), frozenset(), replace(todo, add=frozenset()), in_force, names)
        outputs = settled.outputs(inputs, live=todo.keep | todo.remove)
        if asked.by_admin and not todo.empty:
            outputs["state"] = AWAITING
        live = {**inputs, "permissions": outputs["permissions"]}
        live["apis"] = outputs["apis"] = {**(inputs.get("apis") or {}), **settled.apis(todo.keep | todo.remove)}
        return Found(id_, live, outputs)

    async def _is_present(self, client: str) -> bool:
        if not known(client):
            return True
        if not client:
            return False
        try:
            record, _in_force = await look_at(self.session, client, patience=0.0)
        except ClientGoneError:
            return False
        return record.enabled

    async def _reach(
        self, client: str, in_force: InForce, plan: Callable[[frozenset[Consent]], ConsentPlan], *, stale: bool
    ) -> Reached:
        """Carry out `plan`; `stale` where claims may have been asked for since the client was read."""
        if stale:
            _record, in_force = await look_at(self.session, client, patience=SURE, fresh=True)
        graph, apis = await self.session.graph(), await self.session.apis()
        return await reach(graph, apis, client, in_force, plan, settle=self.session.settle)


def _exact(
    wanted: frozenset[Consent], tolerable: frozenset[Consent], removals: bool, actual: frozenset[Consent]
) -> ConsentPlan:
    return plan_exact(wanted, actual, tolerated=tolerable, remove_extra=removals)


def _additive(
    wanted: frozenset[Consent], ours: frozenset[Consent], others: frozenset[Consent], actual: frozenset[Consent]
) -> ConsentPlan:
    return plan_additive(wanted, actual, ours=ours, needed_by_others=others)


def _added(reached: Reached, inputs: ConsentInputs) -> frozenset[Consent]:
    """Return what a write put there. What was there at first is not counted on the word of a lost answer."""
    baseline = inputs.baseline or frozenset()
    return reached.made - {c for c in reached.unsure if baseline_entry(c).casefold() in baseline}


def _refuse_unresolved(inputs: ConsentInputs, in_force: InForce) -> None:
    """Raise GraphError when a consent stands on an API that the tenant does not show, and ours may be among them."""
    if in_force.unresolved and set(inputs.names) - in_force.names.keys():
        raise GraphError(
            f"the tenant did not show the API {', '.join(sorted(in_force.unresolved))}, on which there are consents; "
            "nothing was changed; to fix: run again in a minute",
            status=404,
        )
