"""What an AdminConsent records: read back from the last run's outputs, and written to this run's. Pure.

| output | what it holds |
|---|---|
| `state` | `present`; `absent` or `disabled`, of a principal that others share; `awaiting` an administrator's act |
| `permissions` | what is in force and is ours or wanted |
| `added` | ours: it was absent before us |
| `claimed` | ours: it was there before us, is documented, and the stack says `claim` |
| `extra` | undocumented and left in place, because removals are only reported |
| `toleratedFound` | not wanted and left in place: possible by the documentation, or added by sign-in |
| `lastClient` | the principal's object id when it was last there |

An entry of the lists is `API name/type/name`. What is in none of them is foreign and is not
recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lockstep.consent import Consent, ConsentPlan
from lockstep.deployment import Properties
from lockstep.directory.consents import InForce
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.wire import entry, to_consents, to_map

PRESENT, ABSENT, DISABLED, AWAITING = "present", "absent", "disabled", "awaiting"
"""The states that are recorded."""


class Ours(NamedTuple):
    """The consents on a client that are ours, and how they became so."""

    added: frozenset[Consent] = frozenset()
    claimed: frozenset[Consent] = frozenset()

    @property
    def both(self) -> frozenset[Consent]:
        """All that is ours."""
        return self.added | self.claimed


@dataclass(frozen=True)
class Previous:
    """The recorded outputs. The lists' entries are casefolded."""

    state: str
    client: str
    last_client: str
    mode: str
    declared: tuple[str, str, str]
    """Vendor, app and edition."""
    claim: bool
    by_admin: bool
    in_force: frozenset[Consent]
    names: dict[str, str]
    added: frozenset[str]
    claimed: frozenset[str]
    extra: frozenset[str]
    tolerated: frozenset[str]

    @classmethod
    def read(cls, olds: Properties) -> Previous:
        """Return the typed form of recorded outputs."""
        apis = dict(olds.get("apis") or {})
        return cls(
            state=str(olds.get("state") or ""),
            client=str(olds.get("client") or ""),
            last_client=str(olds.get("lastClient") or ""),
            mode=str(olds.get("mode") or ""),
            declared=(str(olds.get("vendor") or ""), str(olds.get("app") or ""), str(olds.get("edition") or "")),
            claim=bool(olds.get("claim", False)),
            by_admin=olds.get("consents") == "by-admin",
            in_force=to_consents(olds.get("permissions") or {}, apis),
            names={str(app_id).lower(): name for name, app_id in apis.items()},
            added=_entries(olds, "added"),
            claimed=_entries(olds, "claimed"),
            extra=_entries(olds, "extra"),
            tolerated=_entries(olds, "toleratedFound"),
        )

    @property
    def away(self) -> bool:
        """Whether the principal was absent or disabled."""
        return self.state in (ABSENT, DISABLED)

    def ours_among(self, consents: frozenset[Consent], names: dict[str, str]) -> Ours:
        """Return which of `consents` are recorded as added and as claimed."""
        return Ours(named(consents, self.added, names), named(consents, self.claimed, names))


def _entries(olds: Properties, name: str) -> frozenset[str]:
    return frozenset(str(item).casefold() for item in olds.get(name) or ())


def named(consents: frozenset[Consent], entries: frozenset[str], names: dict[str, str]) -> frozenset[Consent]:
    """Return those of `consents` whose casefolded `API name/type/name` is among `entries`."""
    return frozenset(consent for consent in consents if entry(consent, names).casefold() in entries)


def must_be_there(inputs: ConsentInputs) -> bool:
    """Return whether a run without the client, or with a disabled one, is not finished."""
    return inputs.required and inputs.alternative != PRESENT and bool(inputs.wanted)


@dataclass(frozen=True)
class Settled:
    """The result of a write or a read, on its way to outputs."""

    inputs: ConsentInputs
    ours: Ours
    """What was ours before."""
    written: frozenset[Consent]
    """What this write put there, or may have."""
    plan: ConsentPlan
    in_force: InForce
    names: dict[str, str]

    def outputs(self, news: Properties, *, planned: bool = False, live: frozenset[Consent] | None = None) -> Properties:
        """Return the outputs: what is in force of ours, and whose each consent is.

        `planned`: the plan is a preview's, so they are what it would do. `live` is what a read shows in place of what
        is ours or wanted.
        """
        now = self.plan.apply(self.in_force.consents) if planned else self.in_force.consents
        # What we may have sent counts as ours even where the last read does not show it yet.
        added, claimed = (self.ours.added & now) | self.written, self.ours.claimed & now
        if live is not None:
            shown = live
        elif self.inputs.additive:
            shown = now & (self.inputs.wanted | added | claimed)
        else:
            shown = now - self.plan.tolerated - self.plan.extra
        return {
            **news,
            "permissions": to_map(shown, self.names),
            "state": PRESENT,
            "added": self._entries(added),
            "claimed": self._entries(claimed),
            "extra": self._entries(self.plan.extra & now),
            "toleratedFound": self._entries(self.plan.tolerated & now),
        }

    def apis(self, shown: frozenset[Consent]) -> dict[str, str]:
        """Return the app ids of the APIs that `shown` names."""
        return {self.names.get(consent.api, consent.api): consent.api for consent in sorted(shown)}

    def _entries(self, consents: Iterable[Consent]) -> list[str]:
        return sorted(entry(consent, self.names) for consent in consents)
