"""A write's or a read's result on its way to outputs: what is in force, and whose each consent is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.consent import Consent, ConsentPlan
from lockstep.directory.consents import InForce
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.wire import Properties, entry, to_map

PRESENT, ABSENT, DISABLED = "present", "absent", "disabled"
"""The states in which a principal is stored. Absent and disabled are states, never a deletion."""


def must_be_there(inputs: ConsentInputs) -> bool:
    """Return whether a run without the client, or with a disabled one, is not finished."""
    return inputs.required and inputs.alternative != PRESENT and bool(inputs.wanted)


@dataclass(frozen=True)
class Settled:
    """A write's or a read's result on its way to outputs."""

    inputs: ConsentInputs
    ours: tuple[frozenset[Consent], frozenset[Consent]]
    """What was added and what was claimed before."""
    made: frozenset[Consent]
    """What this write put there, or may have."""
    todo: ConsentPlan
    in_force: InForce
    names: dict[str, str]

    def outputs(
        self, news: Properties, *, planned: ConsentPlan | None = None, live: frozenset[Consent] | None = None
    ) -> Properties:
        """Return the outputs: what is in force of ours, and whose each consent is."""
        now = self.in_force.consents
        if planned is not None:
            now = (now - planned.remove) | planned.add
        # What we may have sent counts as ours even where the last read does not show it yet.
        added, claimed = (self.ours[0] & now) | self.made, self.ours[1] & now
        if live is not None:
            shown = live
        elif self.inputs.additive:
            shown = now & (self.inputs.wanted | added | claimed)
        else:
            shown = now - self.todo.tolerated - self.todo.extra
        return {
            **news,
            "permissions": to_map(shown, self.names),
            "state": PRESENT,
            "added": self._entries(added),
            "claimed": self._entries(claimed),
            "extra": self._entries(self.todo.extra & now),
            "toleratedFound": self._entries(self.todo.tolerated & now),
        }

    def apis(self, shown: frozenset[Consent]) -> dict[str, str]:
        """Return the app ids of the APIs that `shown` names."""
        return {self.names.get(consent.api, consent.api): consent.api for consent in sorted(shown)}

    def _entries(self, consents: Iterable[Consent]) -> list[str]:
        return sorted(entry(consent, self.names) for consent in consents)


def named(consents: frozenset[Consent], entries: frozenset[str], names: dict[str, str]) -> frozenset[Consent]:
    """Return those of `consents` whose casefolded `API name/type/name` is among `entries`."""
    return frozenset(consent for consent in consents if entry(consent, names).casefold() in entries)
