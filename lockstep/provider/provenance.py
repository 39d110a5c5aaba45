"""Whose a consent on one client is: ours, somebody else's, or another stack's that still needs it.

On a principal that others share, a consent of the stack's has one of these origins. Only the first two are ours, and
only what is ours is ever taken away:

| origin | when |
|---|---|
| added | it was absent before us: the Principal's `baseline`, recorded before the first write, lacks it |
| claimed | it was there before us, is documented, and the stack says `claim`; never what Microsoft grants itself |
| foreign | it was there before us and is not claimed, or it came later and nobody of ours says that it added it |
| another stack's | a claim of another stack of ours (a tag on its application) names it: it stays while that is so |

Example: the baseline is `{User.Read}` and the stack wants `{User.Read, Mail.Send}`. Mail.Send is added. User.Read is
foreign, or claimed if the stack says `claim`. A run that is killed right after the write has recorded neither. The next
run finds Mail.Send in force, absent from the baseline, and among what an earlier run asked for: it is added, as before.

Reads the tenant, in distrust of replicas that are late; plans and writes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from lockstep.catalogue import is_public, load
from lockstep.consent import Consent
from lockstep.directory.consents import SURE, InForce
from lockstep.directory.principals import claim_tags_of_others
from lockstep.directory.records import PrincipalRecord
from lockstep.directory.retry import pauses
from lockstep.provider.claims import MARKER, read_claims
from lockstep.provider.documented import microsofts_own, principal_key
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.record import Ours, Previous
from lockstep.provider.session import Session
from lockstep.provider.wire import api_names, baseline_entry


async def look_for_ours(
    session: Session,
    client: str,
    previous: Previous | None,
    own_names: dict[str, str],
    *,
    patience: float,
    fresh: bool = False,
) -> tuple[PrincipalRecord, InForce]:
    """Return the client and its consents; ClientGoneError when it is not found for `patience` seconds.

    Asks again for a while before it is believed that something which is recorded as ours is not there.
    """
    record, in_force = await session.look(client, patience=patience, fresh=fresh)
    recorded = previous.added | previous.claimed if previous is not None and patience else frozenset()
    for pause in pauses(SURE):
        names = api_names(in_force.names, own_names)
        if previous is None or len(previous.ours_among(in_force.consents, names).both) >= len(recorded):
            break
        await (await session.graph()).sleep(pause)
        record, in_force = await session.look(client, patience=patience, fresh=fresh)
    return record, in_force


def as_recorded(session: Session, inputs: ConsentInputs) -> ConsentInputs:
    """Return the inputs with what the Principal of this run has recorded: a program can't make us forget it."""
    recorded = session.recorded.get(inputs.client)
    if recorded is None or inputs.baseline is None:
        return inputs
    return replace(inputs, baseline=recorded[0], asked=recorded[1])


async def whose(
    session: Session, inputs: ConsentInputs, before: Previous | None, in_force: InForce, names: dict[str, str]
) -> tuple[Ours, frozenset[Consent]]:
    """Return what is ours before this write, and what other stacks need of it.

    On the first write to a principal, what earlier runs of this stack have asked for and is in force, yet not in the
    Principal's baseline, is ours: one of them added it and was killed before it could say so, or another stack of ours
    left it to us. Later, such a scope is somebody else's, unless another stack of ours says that it added it.
    """
    live = in_force.consents & inputs.wanted
    added, claimed = frozenset[Consent](), frozenset[Consent]()
    met_before = before is not None and inputs.client in (before.client, before.last_client)
    if before is not None and met_before:
        # What is wanted and not shown may be hidden by a late replica: it is ours as before once it is there again.
        added, claimed = before.ours_among(in_force.consents | inputs.wanted, names)
    if not inputs.by_admin:  # what an administrator gave is not ours
        if not met_before:
            added |= _absent_at_first(inputs, _sent_before(session, inputs, in_force.consents))
        if inputs.additive and (unknown := _absent_at_first(inputs, live - added)):
            added |= await _claimed_by_others(session, inputs, unknown, added_only=True)
        if inputs.claim:
            claimed |= live - added - microsofts_own(inputs.address, live, in_force.names)
    others = await needed_by_others(session, inputs, (added | claimed) - inputs.wanted)
    return Ours(added - others, claimed - others), others


async def needed_by_others(session: Session, inputs: ConsentInputs, leaving: frozenset[Consent]) -> frozenset[Consent]:
    """Return those of `leaving` that another stack's claim names; asks the tenant only when something would go."""
    if not leaving or not inputs.additive:
        return frozenset()
    return await _claimed_by_others(session, inputs, leaving, added_only=False)


def _absent_at_first(inputs: ConsentInputs, consents: frozenset[Consent]) -> frozenset[Consent]:
    """Return those that the baseline lacks; none where there is no baseline."""
    if inputs.baseline is None:
        return frozenset()
    return frozenset(c for c in consents if baseline_entry(c).casefold() not in inputs.baseline)


def _sent_before(session: Session, inputs: ConsentInputs, consents: frozenset[Consent]) -> frozenset[Consent]:
    """Return what an earlier run of this stack may have sent here, wanted still or not."""
    live = consents & inputs.wanted
    if inputs.client in session.first_seen:
        return frozenset()
    if not inputs.additive or inputs.asked is None:  # None: a state of an earlier release
        return live
    own = frozenset(c for c in live if not is_public(c.api))  # the stack's own API, which nobody else's consent is on
    earlier = inputs.asked - session.first_asked.get(inputs.client, frozenset())
    sent = frozenset(c for c in consents if baseline_entry(c).casefold() in earlier)
    return own | _documented(inputs, sent)


def _documented(inputs: ConsentInputs, consents: frozenset[Consent]) -> frozenset[Consent]:
    """Return those that some edition of the vendor documents: no program can make us take away anything else."""
    documented = {
        (entry.permission.api, entry.type, entry.id)
        for edition in load().editions(inputs.vendor)
        for app in edition.apps
        if app.key == inputs.app
        for entry in app.permissions
    }
    return frozenset(c for c in consents if (c.api, c.type, c.id) in documented)


async def _claimed_by_others(
    session: Session, inputs: ConsentInputs, consents: frozenset[Consent], *, added_only: bool
) -> frozenset[Consent]:
    key = principal_key(inputs)
    tags = await claim_tags_of_others(await session.graph(), MARKER, inputs.claimant)
    claims = {
        (claim.api, claim.name.casefold())
        for claim in read_claims(tags)
        # Where nothing knows the principal's key any more, whatever another stack claims is kept.
        if claim.principal == (key or claim.principal) and (claim.added or not added_only)
    }
    return frozenset(consent for consent in consents if (consent.api, consent.key) in claims)
