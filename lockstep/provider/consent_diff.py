"""The difference between a recorded AdminConsent and a declared one, by permission name. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.consent import SIGN_IN_SCOPES, Consent
from lockstep.provider.by_admin import AWAITING
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.outcome import Difference, Kind
from lockstep.provider.settled import ABSENT, DISABLED, must_be_there
from lockstep.provider.wire import Properties, api_names, entry, path, to_consents


@dataclass(frozen=True)
class Previous:
    """The recorded outputs. The lists' entries are casefolded `API name/type/name`."""

    state: str
    client: str
    last_client: str
    """The client when it was last there, while the principal is absent."""
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


def _entries(olds: Properties, name: str) -> frozenset[str]:
    return frozenset(str(item).casefold() for item in olds.get(name) or ())


def difference(
    old: Previous, new: ConsentInputs, *, came_back: bool, wanted_before: frozenset[Consent] | None = None
) -> Difference:
    """Return what must change. An absent or disabled principal rests until it `came_back`, or has to be there now.

    Resting while the stack has come to need it would let a withdrawal from the other principal go ahead. What this
    stack did not want before (`wanted_before`) on a principal that others share, it did not watch over either: that it
    is recorded as in force says nothing of today.
    """
    paths: dict[str, Kind] = {}
    if old.state in (ABSENT, DISABLED) and not came_back:
        return Difference({"state": Kind.UPDATE} if must_be_there(new) else {})
    if came_back or old.state == AWAITING:
        # While an administrator has still to act, every run looks again.
        paths["state"] = Kind.UPDATE
    if old.by_admin is not new.by_admin:
        paths["consents"] = Kind.UPDATE
    if new.client and new.client != old.client and (old.client or came_back):
        # A shared principal that was made anew is looked at anew; our own, or the vendor's, is another client.
        paths["client"] = Kind.UPDATE if new.additive else Kind.REPLACE
    for name, was, will in zip(
        ("vendor", "app", "edition"), old.declared, (new.vendor, new.app, new.edition), strict=True
    ):
        if was != will:  # after an import, or in another edition: what is recorded has to say whose it is
            paths[name] = Kind.UPDATE
    if old.mode != new.mode:
        paths["mode"] = Kind.UPDATE
    if new.claim and not old.claim:
        paths["claim"] = Kind.UPDATE
    names = api_names(old.names, new.names)
    unwatched = new.wanted - wanted_before if new.additive and wanted_before is not None else frozenset()
    for consent in sorted((new.wanted - old.in_force) | unwatched):
        paths[path(consent, names)] = Kind.ADD
    for consent in sorted(_leaving(old, new, names)):
        where = path(consent, names)
        paths[where] = Kind.UPDATE if where in paths else Kind.DELETE
    if not new.additive:
        paths.update(_no_longer_left(old, new, names))
    return Difference(paths)


def _leaving(old: Previous, new: ConsentInputs, names: dict[str, str]) -> frozenset[Consent]:
    beyond = old.in_force - new.wanted
    if new.additive:
        ours = old.added | old.claimed
        return frozenset(consent for consent in beyond if entry(consent, names).casefold() in ours)
    if new.removals == "report":
        return frozenset()
    return beyond - new.tolerable - SIGN_IN_SCOPES


def _no_longer_left(old: Previous, new: ConsentInputs, names: dict[str, str]) -> dict[str, Kind]:
    """What was left in place before and may not be any more."""
    left = {entry(c, names).casefold() for c in (new.tolerable | SIGN_IN_SCOPES) - new.wanted}
    wanted = {entry(c, names).casefold() for c in new.wanted}
    paths: dict[str, Kind] = {}
    if new.removals == "apply" and old.extra - wanted - left:
        paths["extra"] = Kind.UPDATE
    if new.removals == "apply" and old.tolerated - wanted - left:
        paths["toleratedFound"] = Kind.UPDATE
    return paths
