"""The page's first minute: counts by type and tier, the strongest permissions by name, what is optional."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lockstep.catalogue import Permission
from lockstep.dossier.model import AppPart, Dossier, Entry, Treatment

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True, slots=True)
class TierRow:
    """The counts of one tier, or of all."""

    tier: int | None
    delegated: int
    application: int
    writes: int

    @property
    def total(self) -> int:
        """Both types together."""
        return self.delegated + self.application


@dataclass(frozen=True, slots=True)
class Strong:
    """A tier 0 permission, and the apps that ask for it."""

    name: str
    type: str
    reason: str
    holders: tuple[tuple[AppPart, Entry], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a manager reads."""

    sentences: tuple[str, ...]
    rows: tuple[TierRow, ...]
    total: TierRow
    strongest: tuple[Strong, ...]
    optional: tuple[AppPart, ...]
    withheld: tuple[tuple[AppPart, Entry], ...]


def summary(dossier: Dossier) -> Summary:
    """Return the summary of a dossier; what is withheld, possible or not deployed does not count."""
    entries = dossier.requested
    total = _row(None, entries)
    tiers = sorted({entry.tier for entry in entries}, key=lambda tier: (tier is None, tier))
    return Summary(
        sentences=_sentences(dossier, total, [entry for entry in entries if entry.tier == 0]),
        rows=tuple(_row(tier, [entry for entry in entries if entry.tier == tier]) for tier in tiers),
        total=total,
        strongest=_strongest(dossier),
        optional=tuple(part for part in dossier.apps if part.app.optional and part.deployed is not False),
        withheld=tuple(
            (part, entry) for part in dossier.apps for entry in part.entries if entry.standing is Treatment.WITHHELD
        ),
    )


def number(count: int) -> str:
    """Return a count in words where it is small."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def plural(count: int, noun: str) -> str:
    """Return a count and its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def _strongest(dossier: Dossier) -> tuple[Strong, ...]:
    """Return the tier 0 permissions, those that work without a user first."""
    holders: dict[tuple[str, Permission], list[tuple[AppPart, Entry]]] = {}
    for part in dossier.apps:
        for entry in part.requested:
            if entry.tier == 0:
                holders.setdefault((entry.documented.name, entry.documented.permission), []).append((part, entry))
    strongest = [
        Strong(name, permission.type.value, held[0][1].risk.reason if held[0][1].risk else "", tuple(held))
        for (name, permission), held in holders.items()
    ]
    return tuple(sorted(strongest, key=lambda strong: not strong.holders[0][1].application))


def _row(tier: int | None, entries: Sequence[Entry]) -> TierRow:
    application = sum(entry.application for entry in entries)
    return TierRow(tier, len(entries) - application, application, sum(entry.writes for entry in entries))


def _sentences(dossier: Dossier, total: TierRow, tier_0: Sequence[Entry]) -> tuple[str, ...]:
    apps = [part for part in dossier.apps if part.deployed is not False]
    verb = "asks" if len(apps) == 1 else "ask"
    return (
        f"{plural(len(apps), 'application').capitalize()} {verb} for {total.total} permissions.",
        f"{total.delegated} of them are delegated, bounded by the signed-in user;"
        f" {total.application} are application permissions, which work without a user and with their full effect.",
        f"{total.writes} can change something; {total.total - total.writes} only read.",
        _control(tier_0),
    )


def _control(tier_0: Sequence[Entry]) -> str:
    if not tier_0:
        return "None is in tier 0, the control plane."
    alone = sum(entry.application for entry in tier_0)
    return (
        f"{plural(len(tier_0), 'permission').capitalize()} {'is' if len(tier_0) == 1 else 'are'} in tier 0, the control"
        " plane: whoever misuses one may come to control the whole tenant."
        f" {number(alone).capitalize()} of them {'works' if alone == 1 else 'work'} without a user."
    )
