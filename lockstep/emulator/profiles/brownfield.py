"""A tenant in which both products were set up by hand three years ago, and have drifted from the documents since.

Beside them: a look-alike, a second environment, users' own consents, other vendors' scopes on the shared principals.
"""

from __future__ import annotations

from lockstep.emulator.constants import ATERA_CLIENT_ID
from lockstep.emulator.profiles.base import Base
from lockstep.emulator.profiles.byhand import ByHand, Setup, documented, possible
from lockstep.emulator.roles.entity import USER_ADMINISTRATOR

SINCE = "2023-02-06T09:30:00Z"
TEST_SINCE = "2024-05-14T13:00:00Z"
TEN_YEARS = ("Atlas", "2023-02-06T09:35:00Z", "2033-02-06T09:35:00Z")
LOOK_ALIKE = "Atlas ConneX Provisioning"
ENVIRONMENT = "Test"

_GROUPS = frozenset({("graph", "application", "Group.ReadWrite.All"), ("graph", "delegated", "Group.ReadWrite.All")})
_MEMBERS = frozenset(
    {("graph", "application", "GroupMember.ReadWrite.All"), ("graph", "delegated", "GroupMember.ReadWrite.All")}
)
_TERMS = frozenset({("sharepoint", "application", "TermStore.ReadWrite.All")})
_DIRECTORY = frozenset({("graph", "application", "Directory.ReadWrite.All")})
_SIGN_IN = frozenset(("graph", "delegated", name) for name in ("email", "offline_access", "openid", "profile"))
_ANOTHER_VENDORS = frozenset(
    {
        ("graph", "delegated", "Chat.Read"),
        ("graph", "delegated", "Presence.Read.All"),
        ("intranet", "delegated", "News.Read"),
    }
)


def build(base: Base) -> None:
    """Fill the tenant."""
    from lockstep.catalogue import load

    catalogue = load()
    atlas = catalogue.edition_as_of("atlas", "current")
    hand = ByHand(base)
    ada, ben, cleo = base.users
    new, old = base.new_spfx(), base.old_spfx()

    api = hand.register(
        atlas.app("connex-api"), Setup(SINCE, lacks=_GROUPS, beyond=_MEMBERS, owners=(ada,), secrets=(TEN_YEARS,))
    )
    base.seed.grant(api, base.graph, ("User.Read", "openid", "profile"), ben)
    base.seed.grant(api, base.graph, ("Mail.Read", "User.Read"), cleo)
    provisioning = atlas.app("provisioning")
    hand.register(provisioning, Setup(SINCE, lacks=_TERMS, beyond=_DIRECTORY, owners=(ada, ben)))
    hand.register(atlas.app("workspaces-sync"), Setup(SINCE))
    # Somebody's trial that was never taken away: it may do what the real one may.
    hand.register(provisioning, Setup(TEST_SINCE, renamed=LOOK_ALIKE))
    for key in ("connex-api", "provisioning", "workspaces-sync"):
        hand.register(atlas.app(key), Setup(TEST_SINCE, suffix=ENVIRONMENT))

    atera = catalogue.edition_as_of("atera", "current").app("atera")
    principal = base.seed.principal(ATERA_CLIENT_ID, "Atera", since=SINCE)
    hand.consent(principal, documented(atera) | possible(atera) | _SIGN_IN, since=SINCE)
    base.seed.grant(principal, base.graph, ("User.Read", "openid", "profile"), ben)
    base.seed.role(principal, USER_ADMINISTRATOR)

    # The move of March 2025 copied the grants on Microsoft's APIs, but not the one on the customer's own.
    spfx = documented(atlas.app("spfx"))
    hand.consent(old, spfx, since=SINCE)
    hand.custom_api("intranet", "Contoso Intranet API", "News.Read")
    hand.consent(new, {entry for entry in spfx if entry[0] in ("graph", "sharepoint")} | _ANOTHER_VENDORS)
    base.seed.grant(new, base.graph, ("User.Read",), ben)
    base.seed.grant(old, base.graph, ("People.Read", "User.Read"), cleo)
