"""The difference between a recorded AdminConsent and a declared one, by permission name. Pure."""

from __future__ import annotations

from lockstep.consent import SIGN_IN_SCOPES, Consent
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.outcome import ChangeKind, ResourceDiff
from lockstep.provider.record import AWAITING, Previous, must_be_there
from lockstep.provider.wire import api_names, entry, path


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
