"""Whose a consent on one client is: ours, somebody else's, or another stack's, who needs it still.

Rests on what was recorded before the first write (a Principal's baseline, and what the stack has asked for), on what
this stack recorded after its writes, and on the claims of other stacks. Plans and writes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from lockstep.catalogue import load
from lockstep.consent import Consent
from lockstep.directory.consents import InForce
from lockstep.directory.principals import claim_tags_of_others
from lockstep.provider.claims import MARKER, read_claims
from lockstep.provider.consent_diff import Previous
from lockstep.provider.documented import is_public
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.session import Session
from lockstep.provider.settled import named
from lockstep.provider.shared import microsofts_own, principal_key
from lockstep.provider.wire import baseline_entry

Ours = tuple[frozenset[Consent], frozenset[Consent]]
"""What we added, and what we claimed."""


def as_recorded(session: Session, inputs: ConsentInputs) -> ConsentInputs:
    """Return the inputs with what the Principal of this run has recorded: a program can't make us forget it."""
    found = session.recorded.get(inputs.client)
    if found is None or inputs.baseline is None:
        return inputs
    return replace(inputs, baseline=found[0], asked=found[1])


async def whose(
    session: Session, inputs: ConsentInputs, before: Previous | None, in_force: InForce, names: dict[str, str]
) -> tuple[Ours, frozenset[Consent]]:
    """Return what counts as added and as claimed before this write, and what other stacks need of it.

    On the first write to a principal, what earlier runs of this stack have asked for and is in force, yet not in the
    Principal's baseline, is ours: one of them added it and was killed before it could say so, or another stack of ours
    left it to us. Later, such a scope is somebody else's, unless another stack of ours says that it added it.
    """
    there = in_force.consents & inputs.wanted
    added, claimed = frozenset[Consent](), frozenset[Consent]()
    seen = before is not None and inputs.client in (before.client, before.last_client)
    if before is not None and seen:
        # What is wanted and not shown may be hidden by a late replica: it is ours as before once it is there again.
        shown = in_force.consents | inputs.wanted
        added, claimed = named(shown, before.added, names), named(shown, before.claimed, names)
    if not inputs.by_admin:  # what an administrator gave is not ours
        if not seen:
            added |= _absent_at_first(inputs, _sent_before(session, inputs, in_force.consents))
        if inputs.additive and (unknown := _absent_at_first(inputs, there - added)):
            added |= await _claimed_by_others(session, inputs, unknown, added_only=True)
        if inputs.claim:
            claimed |= there - added - microsofts_own(inputs.address, there, in_force.names)
    others = await needed_by_others(session, inputs, (added | claimed) - inputs.wanted)
    return (added - others, claimed - others), others


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
    there = consents & inputs.wanted
    if inputs.client in session.first_seen:
        return frozenset()
    if not inputs.additive or inputs.asked is None:  # None: a state of an earlier release
        return there
    own = frozenset(c for c in there if not is_public(c.api))  # the stack's own API, which nobody else's consent is on
    asked = inputs.asked - session.first_asked.get(inputs.client, frozenset())
    sent = frozenset(c for c in consents if baseline_entry(c).casefold() in asked)
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
        if claim.principal == key and (claim.added or not added_only)
    }
    return frozenset(consent for consent in consents if (consent.api, consent.key) in claims)
