"""A tenant that was exact, and was changed by hand since: one of each change that an audit has to see."""

from __future__ import annotations

from lockstep.emulator.constants import ATERA_CLIENT_ID
from lockstep.emulator.profiles.base import Base
from lockstep.emulator.profiles.byhand import ByHand, Setup, documented

_SCOPE_ADDED = frozenset({("graph", "delegated", "Mail.Read")})
_NEW_API = frozenset({("expenses", "delegated", "Expenses.Read")})
_ROLE_ADDED = frozenset({("graph", "application", "Mail.ReadWrite")})
_ENTRY_ADDED = frozenset({("graph", "application", "Calendars.Read")})
_RIGHT_TYPE = frozenset({("graph", "application", "Files.Read.All")})
_WRONG_TYPE = frozenset({("graph", "delegated", "Files.Read.All")})
# SharePoint has a permission of this very name and id, which stays.
_ROLE_REMOVED = frozenset({("graph", "application", "User.Read.All")})
_ATERA_ADDED = frozenset({("graph", "application", "Directory.ReadWrite.All")})
_ATERA_REMOVED = frozenset({("graph", "application", "Reports.Read.All")})
_ANOTHER_VENDORS = frozenset({("graph", "delegated", "Chat.Read"), ("graph", "delegated", "Presence.Read.All")})


def build(base: Base) -> None:
    """Fill the tenant."""
    from lockstep.catalogue import load

    catalogue = load()
    atlas = catalogue.edition_as_of("atlas", "current")
    hand = ByHand(base)
    new = base.new_spfx()
    hand.custom_api("expenses", "Contoso Expenses API", "Expenses.Read")

    added = _SCOPE_ADDED | _NEW_API
    hand.register(atlas.app("connex-api"), Setup(beyond=added, unconfigured=added, scope_enabled=False))
    extra = _ROLE_ADDED | _ENTRY_ADDED | _WRONG_TYPE
    hand.register(
        atlas.app("provisioning"),
        Setup(lacks=_RIGHT_TYPE, beyond=extra, unconfigured=_ROLE_ADDED, unconsented=_ENTRY_ADDED),
    )
    hand.register(atlas.app("workspaces-sync"), Setup(unconsented=_ROLE_REMOVED))

    atera = catalogue.edition_as_of("atera", "current").app("atera")
    principal = base.seed.principal(ATERA_CLIENT_ID, "Atera")
    hand.consent(principal, (documented(atera) - _ATERA_REMOVED) | _ATERA_ADDED)

    # The grant on the customer's own API is gone; those on Microsoft's are there, with another vendor's scopes.
    spfx = {entry for entry in documented(atlas.app("spfx")) if entry[0] in ("graph", "sharepoint")}
    hand.consent(new, spfx | _ANOTHER_VENDORS)
