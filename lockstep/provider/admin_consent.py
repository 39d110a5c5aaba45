"""AdminConsent: create, read, update, delete and diff of one client's tenant-wide consents.

Brings the declared set and the tenant together by way of the consent algebra. Knows nothing of gRPC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from lockstep.consent import SIGN_IN_SCOPES, Consent, plan_additive
from lockstep.deployment import Properties
from lockstep.directory.consents import SURE, ClientGoneError, InForce
from lockstep.directory.principals import change_tags
from lockstep.errors import RefusedError
from lockstep.provider.claims import MARKER, without_claims_on
from lockstep.provider.consent_write import ConsentWrite, carry_out, planner, refuse_unresolved
from lockstep.provider.documented import is_documented, principal_key, refuse_undocumented
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.operations import Order
from lockstep.provider.outcome import ChangeKind, ReadResult, ResourceDiff
from lockstep.provider.provenance import as_recorded, look_for_ours, needed_by_others
from lockstep.provider.record import ABSENT, AWAITING, DISABLED, Previous, Settled, must_be_there
from lockstep.provider.session import Session
from lockstep.provider.structs import is_known
from lockstep.provider.wire import api_names, entry, path


@dataclass(frozen=True)
class AdminConsentOperations:
    """What the engine asks of the resource, over one session."""

    session: Session

    async def create(self, news: Properties, order: Order) -> tuple[str, Properties]:
        """Add what is missing; refuse a client that holds undocumented consents. Returns id and outputs."""
        inputs = ConsentInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        id_ = f"additive:{inputs.address}" if inputs.additive else inputs.client
        return id_, await self._write(id_, news, inputs, None, order)

    async def update(self, id_: str, olds: Properties, news: Properties, order: Order) -> Properties:
        """Add what is new, remove what is no longer wanted and ours to remove. Returns the outputs."""
        inputs = ConsentInputs.read(news)
        self.session.check_tenant(str(olds.get("tenantId") or inputs.tenant_id))
        self.session.check_tenant(inputs.tenant_id)
        return await self._write(id_, news, inputs, Previous.read(olds), order)

    async def _write(
        self, id_: str, news: Properties, inputs: ConsentInputs, before: Previous | None, order: Order
    ) -> Properties:
        inputs = as_recorded(self.session, inputs)
        return await ConsentWrite(self.session, id_, news, inputs, before, order.preview, order.say).run()

    async def diff(self, olds: Properties, news: Properties, *, declared: Properties) -> ResourceDiff:
        """Return the difference by permission name; refuses what create would refuse without a request.

        `declared` are the inputs of the last run, where the engine gives them.
        """
        inputs = ConsentInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        self.session.check_tenant(str(olds.get("tenantId") or inputs.tenant_id))
        # A refresh compares too: right after an import what nobody has declared yet, and where a vendor or an edition
        # was taken out of the catalogue, what cannot be judged any more. Create and update judge it.
        if inputs.vendor and is_documented(inputs):
            refuse_undocumented(inputs)
        previous = Previous.read(olds)
        back = previous.away and await self._is_present(inputs.client)
        wanted_before = ConsentInputs.read(declared).wanted if declared else None
        return difference(previous, inputs, came_back=back, wanted_before=wanted_before)

    async def read(self, id_: str, olds: Properties, declared: Properties) -> ReadResult:
        """Return what is in force by name. With an id alone (an import), everything on that client."""
        imported = not declared and not olds
        if imported and id_.startswith("additive:"):
            raise RefusedError(
                "refused: a shared principal's AdminConsent can't be imported; to fix: let the next up create it: it "
                "takes up what is there and remembers what was absent"
            )
        tenant = str((declared or olds).get("tenantId") or self.session.tenant_id)
        self.session.check_tenant(tenant)
        if imported:
            declared = {"tenantId": tenant, "mode": "exact", "client": id_, "removals": "apply"}
        inputs = ConsentInputs.read(declared)
        client = str(olds.get("client") or inputs.client)
        if not client:  # a shared principal that was absent: its Principal looks for it
            return ReadResult(id_, declared, olds)
        previous = Previous.read(olds)
        try:
            record, in_force = await look_for_ours(self.session, client, previous, inputs.names, patience=SURE)
        except ClientGoneError:
            if inputs.additive:
                return ReadResult(id_, declared, {**olds, "state": ABSENT, "permissions": {}})
            return ReadResult("", {}, {})
        if imported:
            declared["address"] = record.app_id
        if inputs.additive and not record.enabled:
            return ReadResult(id_, declared, {**olds, "state": DISABLED, "permissions": {}})
        return _read_result(id_, declared, previous, in_force)

    async def delete(self, olds: Properties) -> None:
        """Remove only what we added or claimed and, on a shared principal, what no other stack claims."""
        inputs = ConsentInputs.read(olds)
        self.session.check_tenant(inputs.tenant_id)
        await self._take_back(inputs, Previous.read(olds))
        if inputs.additive and inputs.claimant:
            # The application may outlive this by a killed run, or for good, and must not go on claiming.
            key = principal_key(inputs)
            async with self.session.tags:
                left = partial(without_claims_on, key)
                await change_tags(await self.session.graph(), inputs.claimant, left, MARKER)

    async def _take_back(self, inputs: ConsentInputs, previous: Previous) -> None:
        client = inputs.client or previous.last_client
        if not client or not previous.added | previous.claimed:
            return
        try:
            _record, in_force = await look_for_ours(
                self.session, client, previous, inputs.names, patience=SURE, fresh=True
            )
        except ClientGoneError:
            return
        ours = previous.ours_among(in_force.consents, api_names(in_force.names, inputs.names)).both
        others = await needed_by_others(self.session, inputs, ours)
        plan = partial(plan_additive, frozenset(), ours=ours, needed_by_others=others)
        await carry_out(self.session, client, in_force, plan, stale=inputs.additive and bool(ours))

    async def _is_present(self, client: str) -> bool:
        if not is_known(client):
            return True
        if not client:
            return False
        try:
            record, _in_force = await self.session.look(client, patience=0.0)
        except ClientGoneError:
            return False
        return record.enabled


def _read_result(id_: str, declared: Properties, previous: Previous, in_force: InForce) -> ReadResult:
    inputs = ConsentInputs.read(declared)
    refuse_unresolved(inputs, in_force)
    names = api_names(in_force.names, inputs.names)
    ours = previous.ours_among(in_force.consents, names)
    plan = planner(inputs, ours)(in_force.consents)
    if not inputs.vendor:  # an import: all of it is shown, and nothing is ours
        plan = replace(plan, remove=in_force.consents, tolerated=frozenset())
    live = plan.keep | plan.remove
    settled = Settled(inputs, ours, frozenset(), replace(plan, add=frozenset()), in_force, names)
    outputs = settled.outputs(declared, live=live)
    if inputs.by_admin and not plan.empty:
        outputs["state"] = AWAITING
    outputs["apis"] = {**(declared.get("apis") or {}), **settled.apis(live)}
    return ReadResult(id_, {**declared, "permissions": outputs["permissions"], "apis": outputs["apis"]}, outputs)


def difference(
    old: Previous, new: ConsentInputs, *, came_back: bool, wanted_before: frozenset[Consent] | None = None
) -> ResourceDiff:
    """Return what must change.

    While the principal is absent or disabled nothing changes, until it `came_back`, or until the stack has come to need
    it: then the run has to fail, before anything is withdrawn from the other principal.

    What the stack did not want before (`wanted_before`) on a principal that others share is looked at again, even if
    it is recorded as in force: nobody has watched over it since.
    """
    paths: dict[str, ChangeKind] = {}
    if old.away and not came_back:
        return ResourceDiff({"state": ChangeKind.UPDATE} if must_be_there(new) else {})
    if came_back or old.state == AWAITING:
        # While an administrator has still to act, every run looks again.
        paths["state"] = ChangeKind.UPDATE
    if old.by_admin is not new.by_admin:
        paths["consents"] = ChangeKind.UPDATE
    if new.client and new.client != old.client and (old.client or came_back):
        # A shared principal that was made anew is looked at anew; our own, or the vendor's, is another client.
        paths["client"] = ChangeKind.UPDATE if new.additive else ChangeKind.REPLACE
    for name, was, will in zip(
        ("vendor", "app", "edition"), old.declared, (new.vendor, new.app, new.edition), strict=True
    ):
        if was != will:  # after an import, or in another edition: what is recorded has to say whose it is
            paths[name] = ChangeKind.UPDATE
    if old.mode != new.mode:
        paths["mode"] = ChangeKind.UPDATE
    if new.claim and not old.claim:
        paths["claim"] = ChangeKind.UPDATE
    names = api_names(old.names, new.names)
    unwatched = new.wanted - wanted_before if new.additive and wanted_before is not None else frozenset()
    for consent in sorted((new.wanted - old.in_force) | unwatched):
        paths[path(consent, names)] = ChangeKind.ADD
    for consent in sorted(_leaving(old, new, names)):
        where = path(consent, names)
        paths[where] = ChangeKind.UPDATE if where in paths else ChangeKind.DELETE
    if not new.additive:
        paths.update(_no_longer_left(old, new, names))
    return ResourceDiff(paths)


def _leaving(old: Previous, new: ConsentInputs, names: dict[str, str]) -> frozenset[Consent]:
    beyond = old.in_force - new.wanted
    if new.additive:
        ours = old.added | old.claimed
        return frozenset(consent for consent in beyond if entry(consent, names).casefold() in ours)
    if new.removals == "report":
        return frozenset()
    return beyond - new.tolerable - SIGN_IN_SCOPES


def _no_longer_left(old: Previous, new: ConsentInputs, names: dict[str, str]) -> dict[str, ChangeKind]:
    """What was left in place before and may not be any more."""
    left = {entry(c, names).casefold() for c in (new.tolerable | SIGN_IN_SCOPES) - new.wanted}
    declared = {entry(c, names).casefold() for c in new.wanted}
    paths: dict[str, ChangeKind] = {}
    if new.removals == "apply" and old.extra - declared - left:
        paths["extra"] = ChangeKind.UPDATE
    if new.removals == "apply" and old.tolerated - declared - left:
        paths["toleratedFound"] = ChangeKind.UPDATE
    return paths
