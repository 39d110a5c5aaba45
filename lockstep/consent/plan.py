"""From what is wanted and what is in force to what must change: exact and additive.

Pure functions over sets. `apply(plan, actual)` is the state that the plan leads to; a plan made of that
state is empty. No I/O; knows nothing of Pulumi or Graph.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from lockstep.consent.consents import SIGN_IN_SCOPES, Consent

_NONE: frozenset[Consent] = frozenset()


@dataclass(frozen=True)
class Plan:
    """What to do to one client's consents, and what is left alone and why.

    `add` and `remove` are the changes. `keep` is wanted and in force. `tolerated` is in force, possible by
    the documentation, and left. `extra` is in force, undocumented, and left because removals are only
    reported. `foreign` belongs to others and is never touched.
    """

    add: frozenset[Consent] = _NONE
    remove: frozenset[Consent] = _NONE
    keep: frozenset[Consent] = _NONE
    tolerated: frozenset[Consent] = _NONE
    extra: frozenset[Consent] = _NONE
    foreign: frozenset[Consent] = _NONE

    @property
    def empty(self) -> bool:
        """True when there is nothing to write."""
        return not self.add and not self.remove


def plan_exact(
    desired: Set[Consent], actual: Set[Consent], *, tolerated: Set[Consent] = _NONE, remove_extra: bool = True
) -> Plan:
    """Plan for a client whose whole set of consents is ours.

    What is tolerated (and what sign-in adds) is neither added nor removed. With `remove_extra` false,
    undocumented consents stay and are reported as `extra`.
    """
    left = (frozenset(tolerated) | SIGN_IN_SCOPES) - desired
    beyond = frozenset(actual) - desired - left
    return Plan(
        add=frozenset(desired) - actual,
        remove=beyond if remove_extra else _NONE,
        keep=frozenset(actual) & desired,
        tolerated=frozenset(actual) & left,
        extra=_NONE if remove_extra else beyond,
    )


def plan_additive(
    desired: Set[Consent], actual: Set[Consent], *, ours: Set[Consent] = _NONE, needed_by_others: Set[Consent] = _NONE
) -> Plan:
    """Plan for a client that others share.

    `ours` is what we added or claimed before: the only consents that may go, and they go when they are no
    longer wanted and no other stack needs them. Everything else in force is foreign.
    """
    remove = (frozenset(ours) & actual) - desired - needed_by_others
    keep = frozenset(actual) & desired
    return Plan(
        add=frozenset(desired) - actual,
        remove=remove,
        keep=keep,
        foreign=frozenset(actual) - keep - remove,
    )


def apply(plan: Plan, actual: Set[Consent]) -> frozenset[Consent]:
    """Return the consents in force once `plan` has been carried out on `actual`."""
    return (frozenset(actual) - plan.remove) | plan.add
