"""Who owns what, kept by watching the tenant: the claims that every history is held to.

`firm` must stay whatever we do. `ours` came by our hand, and must be gone when no stack is left. `loose` is what nobody
can tell, and each way into it is a limit that docs/not-covered.md names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lockstep.catalogue import GRAPH
from lockstep.provider import read_claims
from tests.histories.engine import SHARED, Stack
from tests.histories.town import SIGN_IN, Consents, Town

Consent = tuple[str, str]
MICROSOFTS = frozenset({("delegated", "Files.Read.All")})
"""Microsoft itself grants it on its new SharePoint client: nobody can claim it."""
_SIGN_IN = frozenset(("delegated", name) for name in SIGN_IN)


@dataclass
class Client:
    """One principal, by what is known of each consent on it."""

    firm: set[Consent] = field(default_factory=set)
    ours: set[Consent] = field(default_factory=set)
    loose: set[Consent] = field(default_factory=set)
    at_first: set[Consent] = field(default_factory=set)
    """Was there before us: a stack that found it does not count it as its own when it goes and comes again."""

    def __post_init__(self) -> None:
        self.at_first |= self.firm

    def hand_gave(self, consent: Consent, *, contested: bool) -> None:
        """Somebody consented to what was absent."""
        self.ours.discard(consent)
        (self.loose if contested else self.firm).add(consent)

    def hand_took(self, consent: Consent) -> None:
        """Somebody took a consent away."""
        for pile in (self.firm, self.ours, self.loose):
            pile.discard(consent)

    def doubt(self, consents: set[Consent]) -> None:
        """From now on nobody can tell whose these are."""
        self.firm -= consents
        self.ours -= consents
        self.loose |= consents


def may_have_sent(stack: Stack, key: str) -> Callable[[Consent], bool]:
    """Return what tells of a consent whether runs of `stack` up to now may have sent it and not written it down.

    On a shared principal, what they asked for; on the vendor's app, anything.
    """
    principal = stack.state.get(f"see {key}")
    if principal is None or key in stack.state:
        return lambda consent: False
    entries = frozenset(principal.outputs["asked"])
    return lambda consent: key not in SHARED or f"{GRAPH}/{consent[0]}/{consent[1]}" in entries


class Oracle:
    """The claims, over all clients."""

    def __init__(self, town: Town, stacks: list[Stack]) -> None:
        self.town, self.stacks = town, stacks
        self.clients: dict[str, Client] = {}
        self.needs: dict[tuple[str, str], set[Consent]] = {}
        self.killed: dict[tuple[str, str], set[Consent]] = {}
        self.asked: dict[tuple[str, str], Callable[[Consent], bool]] = {}
        """For the stack that runs: what its earlier runs may have sent, on principals of which no write is recorded."""
        self.lingering: set[tuple[str, str]] = set()
        """(principal, scope) that an adopted application goes on claiming: its stack was killed too early."""

    def client(self, ident: str) -> Client:
        """Return what is known of a client; all that it holds at first sight is other people's."""
        if ident not in self.clients:
            self.clients[ident] = Client(firm=set(self.town.held(ident)))
        return self.clients[ident]

    def claimed_as_added(self, key: str, consent: Consent) -> bool:
        """Tell whether the claims of some stack say that it added a consent."""
        claims = read_claims(self.town.all_tags())
        return any(claim.added and claim.principal == key and claim.name == consent[1] for claim in claims)

    def contested(self, key: str, consent: Consent) -> bool:
        """Tell whether some stack of ours would take a consent that comes now for its own."""
        if self.claimed_as_added(key, consent):
            return True
        entry = f"Microsoft Graph/{consent[0]}/{consent[1]}"
        for stack in self.stacks:
            record = stack.state.get(key)
            if record and entry in [*record.outputs.get("added", ()), *record.outputs.get("claimed", ())]:
                return True
            if (self.asked.get((stack.name, key)) or may_have_sent(stack, key))(consent):
                return True
        return False

    def judge(self, stack: Stack, key: str, before: Consents, after: Consents) -> None:
        """Judge what a run of `stack` did to one client."""
        client, wanted = self.client(stack.client(key)), stack.wanted(key)
        gained, lost = after - before, before - after
        assert gained <= wanted, f"{stack.name} granted {set(gained - wanted)} on {key}, which is not asked for"
        if key in SHARED:
            assert not lost & client.firm, f"{stack.name} took {set(lost & client.firm)} of others on {key}"
            for other in self.stacks:
                needed = self.needs.get((other.name, key), set()) if other is not stack else set()
                assert not lost & needed, f"{stack.name} took {set(lost & needed)} on {key}, which {other.name} needs"
        else:
            removable = before - wanted - stack.tolerable(key) - _SIGN_IN
            assert lost <= removable, f"{stack.name} took {set(lost - removable)} on {key}, which may stay"
            client.firm -= lost
        client.ours |= gained - client.at_first
        client.loose |= gained & client.at_first
        client.ours -= lost
        client.loose -= lost

    def judge_destroy(self, stack: Stack, key: str, before: Consents, after: Consents) -> None:
        """Judge what the destruction of `stack` took from one client: ours, and nothing else."""
        client = self.client(stack.client(key))
        lost = before - after
        assert not after - before
        assert not lost & client.firm, f"destroy of {stack.name} took {set(lost & client.firm)} of others on {key}"
        for other in self.stacks:
            needed = self.needs.get((other.name, key), set()) if other is not stack else set()
            assert not lost & needed, f"destroy of {stack.name} took {set(lost & needed)}, which {other.name} needs"
        client.ours -= lost
        client.loose -= lost
        # What another stack found, somebody took away and this one added again: it stays, as that one found it.
        claims = [claim for claim in read_claims(self.town.all_tags()) if claim.principal == key and not claim.added]
        client.doubt(client.ours & {("delegated", claim.name) for claim in claims})

    def at_the_end(self, key: str, ident: str) -> None:
        """No stack is left: what others have is there, and nothing of ours."""
        client, held = self.client(ident), self.town.held(ident)
        assert client.firm <= held, f"{set(client.firm - held)} of others are gone from {key}"
        lingering = {("delegated", name) for at, name in self.lingering if at == key}
        left = held - client.firm - client.loose - lingering
        assert not left, f"{set(left)} of ours are left on {key}"
