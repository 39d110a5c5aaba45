"""The state machine: two stacks, the people beside them, and what is held against the oracle after each step."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from lockstep.emulator import Write
from lockstep.provider import read_claims
from lockstep.rehearsal import Killed
from tests.histories.engine import SHARED, Settings, Stack, StoppedError
from tests.histories.oracle import MICROSOFTS, Client, Consent, Oracle, may_have_sent
from tests.histories.strategies import (
    ATERA_CONSENTS,
    OWN_CONSENTS,
    SHARED_CONSENTS,
    Meddling,
    change,
    configured,
    crash,
    meddling,
    which,
)
from tests.histories.town import SIGN_IN, Consents, Town

COUNTS: Counter[str] = Counter()
Value = TypeVar("Value")


@cache
def town() -> Town:
    """Return the tenant of this process."""
    return Town()


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def do(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Run one thing to its end."""
    return _runner().run(coroutine)


class Histories(RuleBasedStateMachine):
    """One history."""

    @initialize(
        shared=st.tuples(
            st.frozensets(st.sampled_from(SHARED_CONSENTS), max_size=4), st.frozensets(st.sampled_from(SHARED_CONSENTS))
        ),
        preexisting=st.tuples(st.booleans(), st.booleans()),
        adopted=st.tuples(st.booleans(), st.booleans()),
        own=st.frozensets(st.sampled_from(OWN_CONSENTS)),
        atera=st.none() | st.frozensets(st.sampled_from(ATERA_CONSENTS), max_size=8),
    )
    def begin(
        self,
        shared: tuple[frozenset[Consent], frozenset[Consent]],
        preexisting: tuple[bool, bool],
        adopted: tuple[bool, bool],
        own: frozenset[Consent],
        atera: frozenset[Consent] | None,
    ) -> None:
        """Make a random tenant."""
        self.town = town()
        self.town.reset()
        self.stacks = [
            Stack(self.town, "a", vendor=True, preexisting=preexisting[0]),
            Stack(self.town, "b", vendor=False, preexisting=preexisting[1]),
        ]
        self.oracle = Oracle(self.town, self.stacks)
        self.unsure: set[tuple[str, Consent]] = set()
        self.given: set[tuple[str, str, Consent]] = set()
        self.ran: set[str] = set()
        self.before: dict[str, set[Consent]] = {}
        for client, consents in zip((self.town.new_spfx(), self.town.old_spfx()), shared, strict=True):
            for consent in sorted(consents):
                self.town.give(client, consent)
        for stack in self.stacks:
            for consent in sorted(own) if stack.preexisting else ():
                self.town.give(stack.client("own"), consent)
        if atera is not None:
            vendor = self.town.make_vendor()
            for consent in sorted(atera):
                self.town.give(vendor, consent)
        for _, ident in self._clients():
            self.oracle.client(ident)
        for number in (0, 1):
            if adopted[number]:
                self.adopt(number)

    @rule(number=which, crash=crash, meddling=meddling)
    def up(self, number: int, crash: tuple[int, str] | None, meddling: Meddling) -> None:
        """Deploy, perhaps killed half-way, perhaps with somebody else at work."""
        self._up(number, crash, meddling)

    @rule(number=which, meddling=meddling)
    def up_with_refresh(self, number: int, meddling: Meddling) -> None:
        """Deploy as one should after changes by hand: what is there is read first."""
        self._reads_only(self.stacks[number].refresh)
        self._up(number, None, meddling)

    def _up(self, number: int, crash: tuple[int, str] | None, meddling: Meddling) -> None:
        stack = self.stacks[number]
        self.ran.add(stack.name)
        for key in SHARED:
            self.oracle.needs[stack.name, key] = self.oracle.needs.get((stack.name, key), set()) & stack.wanted(key)
        ended = self._watched(stack, stack.up, crash, meddling)
        stack.narrowed = stack.narrowed and ended != "done"
        COUNTS[f"up {ended}"] += 1
        self._claimed(stack)
        for key in ("own", "atera", *SHARED):
            if key in stack.keys and stack.client(key):
                self._judge(stack, key, killed=ended == "killed" and stack.at == key)
        stack.stale = stack.stale or ended == "killed" or self.disturbed
        for key in SHARED if ended == "done" else ():
            # What was given by hand in the middle of its first run. A stack that is alone forgets nothing of its own;
            # where there are two, it may be what one has left to the other.
            stack.only_claimed[key] = self._only_claimed(stack, key)
            forgotten = stack.only_claimed[key] & self.oracle.client(stack.client(key)).ours
            assert not forgotten or len(self.ran) > 1, f"{stack.name} has forgotten {forgotten} on {key}"
        if ended == "done" and not stack.stale:
            for key in SHARED:
                self.oracle.needs[stack.name, key] = set(stack.wanted(key))
            self._at_rest(stack)

    @rule(number=which, settings=configured)
    def settle(self, number: int, settings: Settings) -> None:
        """Change the stack file, and deploy that: edition, what is withheld, claim, withdraw."""
        self.stacks[number].settings = settings
        COUNTS["settings"] += 1
        self._up(number, None, None)

    @rule(number=which, what=st.sampled_from(["adopt", "refresh", "destroy"]), crash=crash)
    def other(self, number: int, what: str, crash: tuple[int, str] | None) -> None:
        """Adopt what is there, refresh, or destroy, which may be killed half-way."""
        if what == "adopt":
            self.adopt(number)
        elif what == "destroy":
            self.destroy(number, crash)
        else:
            self._reads_only(self.stacks[number].refresh)
            COUNTS["refresh"] += 1

    def adopt(self, number: int) -> None:
        """Take over what is there; the tenant is only read."""
        stack = self.stacks[number]
        held_it = "atera" in stack.state
        self._reads_only(stack.adopt)
        if not held_it and "atera" in stack.state:  # what a killed run had sent looks like what was there before
            self.oracle.client(stack.client("atera")).doubt(self.oracle.killed.pop((stack.name, "atera"), set()))
        COUNTS["adopt"] += 1

    def destroy(self, number: int, crash: tuple[int, str] | None) -> None:
        """Take everything back, perhaps killed half-way."""
        stack = self.stacks[number]
        for key in SHARED:
            self.oracle.needs[stack.name, key] = set()
            if key not in stack.state:  # a killed first run left it, and its stack has forgotten it
                self.oracle.client(stack.client(key)).doubt(self.oracle.killed.pop((stack.name, key), set()))
                if stack.app:  # and its claims, for as long as its application was there
                    claims = read_claims(self.town.tags(stack.app[0]))
                    self.oracle.lingering |= {(key, claim.name) for claim in claims if claim.principal == key}
                # What it had ever claimed, another stack may have left to it; and it never wrote that down.
                self.oracle.lingering |= {(key, name) for _, name in stack.asked(key)}
            elif stack.app:
                self._left_to_it(stack, key)
        if "atera" in stack.keys and "atera" not in stack.state and self.town.vendor():
            self.oracle.client(self.town.vendor()).doubt(self.oracle.killed.pop((stack.name, "atera"), set()))
        idents = {key: stack.client(key) for key in ("own", "atera", *SHARED) if key in stack.keys}
        ended = self._watched(stack, stack.destroy, crash, None)
        stack.stale = stack.stale or ended == "killed"
        stack.narrowed = stack.narrowed and ended != "done"
        COUNTS[f"destroy {ended}"] += 1
        for key, ident in idents.items():
            if ident and stack.client(key) == ident:
                before = frozenset(self.before[ident])
                self.oracle.judge_destroy(stack, key, before, self.town.held(ident))

    @rule(change=change, number=which)
    def hand(self, change: tuple[str, Consent, bool], number: int) -> None:
        """Somebody gives or takes a consent in the portal."""
        self._by_hand(self.stacks[number], change)
        COUNTS["by hand"] += 1

    def teardown(self) -> None:
        """Take both stacks back: the tenant is as others left it."""
        if not hasattr(self, "town"):
            return
        self.town.line.before = None
        self.town.emulator.on_write.clear()
        for number in (0, 1):
            self.destroy(number, None)
        for key, ident in self._clients():
            self.oracle.at_the_end(key, ident)
        COUNTS["histories"] += 1

    def _clients(self) -> list[tuple[str, str]]:
        clients = [("new", self.town.new_spfx()), ("old", self.town.old_spfx())]
        clients += [("atera", self.town.vendor())] if self.town.vendor() else []
        return clients + [("own", stack.client("own")) for stack in self.stacks if stack.app]

    def _watched(
        self,
        stack: Stack,
        run: Callable[[], Coroutine[Any, Any, None]],
        crash: tuple[int, str] | None,
        meddling: Meddling,
    ) -> str:
        """Run, with a crash or other people in the middle; return how it ended. `before` is what was there."""
        self.before = {ident: set(self.town.held(ident)) for _, ident in self._clients()}
        self.unsure, self.given, self.disturbed = set(), set(), False
        self.oracle.asked = {(stack.name, key): may_have_sent(stack, key) for key in ("atera", *SHARED)}
        again = {key: stack.asked(key) for key in SHARED}
        if crash is not None:
            self.town.emulator.on_write.append(killer(*crash))
        if meddling is not None:
            self.town.line.before = self._meddler(stack, *meddling)
        try:
            do(run())
        except Killed:
            return "killed"
        except StoppedError:
            return "stopped"
        finally:
            self.town.emulator.on_write.clear()
            self.town.line.before = None
            self.oracle.asked.clear()
            for key, ident, consent in self.given:
                # What came in the middle of this run, the next one can't tell from what was asked for here and not
                # written down; and the other stack believes our claim, made when it was absent.
                if may_have_sent(stack, key)(consent) or self.oracle.claimed_as_added(key, consent):
                    self.oracle.client(ident).doubt({consent})
            for key, consents in again.items():
                # Asked for, given up and asked for again: somebody gave it meanwhile, and our claim says otherwise.
                client = self.oracle.client(stack.client(key))
                client.doubt({c for c in client.firm & consents if self.oracle.claimed_as_added(key, c)})
        return "done"

    def _meddler(
        self, stack: Stack, number: int, window: bool, change: tuple[str, Consent, bool]
    ) -> Callable[[httpx.Request], None]:
        """Return what lets somebody act before one request: a read, or with `window` one of our writes."""
        count = 0

        def before(request: httpx.Request) -> None:
            nonlocal count
            if _writes(request) is not window:
                return
            count += 1
            if count == number:
                self.disturbed = True
                self._by_hand(stack, change, window=window)
                COUNTS["in our round trip" if window else "while we ran"] += 1

        return before

    def _by_hand(self, stack: Stack, change: tuple[str, Consent, bool], *, window: bool = False) -> None:
        """Give or take by hand; `window`: between our read and our write."""
        key, consent, gives = change
        ident = stack.client(key) if key in stack.keys else ""
        if not ident or (consent in self.town.held(ident)) is gives:
            return
        client = self._known(ident)
        for other in self.stacks:
            other.stale = True
        if gives:
            contested = self.oracle.contested(key, consent) or window
            self.given.add((key, ident, consent))
            self.town.give(ident, consent)
            client.hand_gave(consent, contested=contested)
            self.before.setdefault(ident, set()).add(consent)
        else:
            self.town.take(ident, consent)
            client.hand_took(consent)
            self.before.setdefault(ident, set()).discard(consent)
            for (_, at), needed in self.oracle.needs.items():
                if at == key:
                    needed.discard(consent)
        if window:  # Graph replaces the whole string: what comes in that one round trip can be lost, or come back
            client.doubt({consent})
            self.unsure.add((ident, consent))

    def _known(self, ident: str) -> Client:
        """Return what is known of a client. One that this run has made is first seen empty: nothing was others'."""
        if ident not in self.before and ident not in self.oracle.clients:
            self.oracle.clients[ident] = Client()
        return self.oracle.client(ident)

    def _judge(self, stack: Stack, key: str, *, killed: bool) -> None:
        ident = stack.client(key)
        self._known(ident)
        unsure = {consent for client, consent in self.unsure if client == ident}
        before = frozenset(self.before.get(ident, set()) - unsure)
        after: Consents = self.town.held(ident) - unsure
        self.oracle.judge(stack, key, before, after)
        gained = set(after - before)
        pile = self.oracle.killed
        if killed and (key in stack.state or key == "own"):
            self.oracle.client(ident).doubt(gained)  # what a killed update had sent counts as somebody else's
        elif killed:
            pile[stack.name, key] = pile.get((stack.name, key), set()) | gained
        elif key in stack.state:
            sent = pile.pop((stack.name, key), set())
            if key not in SHARED:  # of which no state knows any more; a shared principal's remembers what was asked for
                self.oracle.client(ident).doubt(sent - stack.wanted(key))

    def _left_to_it(self, stack: Stack, key: str) -> None:
        """What it claims and never added, or wrote down as gone, another stack may have brought and left to it."""
        client = self.oracle.client(stack.client(key))
        more = self._only_claimed(stack, key) if stack.narrowed else stack.only_claimed.get(key, set())
        client.doubt(client.ours & more & self._only_claimed(stack, key))

    def _only_claimed(self, stack: Stack, key: str) -> set[Consent]:
        """Return what the stack claims to have added and does not hold as added, or as claimed."""
        assert stack.app is not None
        outputs = stack.state[key].outputs
        recorded = {entry.rpartition("/")[2] for name in ("added", "claimed") for entry in outputs.get(name) or ()}
        claims = {
            claim.name for claim in read_claims(self.town.tags(stack.app[0])) if claim.principal == key and claim.added
        }
        return {("delegated", name) for name in claims - recorded}

    def _claimed(self, stack: Stack) -> None:
        """What was there and is wanted becomes ours with `claim`; not what Microsoft itself grants."""
        for key in SHARED if stack.settings.claim else ():
            ident = stack.client(key)
            microsofts = MICROSOFTS if key == "new" else frozenset()
            client = self.oracle.client(ident)
            client.doubt((client.firm & stack.wanted(key)) - microsofts)

    def _at_rest(self, stack: Stack) -> None:
        """After a run that nobody disturbed all is exact, and a second run has nothing to do."""
        for key in ("own", "atera", *SHARED):
            if key not in stack.keys:
                continue
            held, wanted = self.town.held(stack.client(key)), stack.wanted(key)
            assert wanted <= held, f"{key} lacks {set(wanted - held)}"
            if key not in SHARED and stack.settings.removals == "apply":
                left = {("delegated", name) for name in SIGN_IN} | stack.tolerable(key)
                assert held <= wanted | left, f"{key} has {set(held - wanted - left)} beyond"
        assert do(stack.empty()), "a second up would change something"
        writes = sum(bool(entry.get("write")) for entry in self.town.emulator.log)
        do(stack.up())
        assert sum(bool(entry.get("write")) for entry in self.town.emulator.log) == writes

    def _reads_only(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        before = [self.town.held(ident) for _, ident in self._clients()]
        writes = sum(bool(entry.get("write")) for entry in self.town.emulator.log)
        do(run())
        assert sum(bool(entry.get("write")) for entry in self.town.emulator.log) == writes
        assert [self.town.held(ident) for _, ident in self._clients()] == before


def killer(number: int, when: str) -> Callable[[Write], None]:
    """Return what kills the client at the so-maniest write, `before` or `after` the tenant has done it."""
    count = 0

    def on_write(write: Write) -> None:
        nonlocal count
        if write.when == when and not write.path.endswith("$batch"):
            count += 1
            if count == number:
                raise Killed

    return on_write


def _writes(request: httpx.Request) -> bool:
    if request.url.path.endswith("/$batch"):
        return any(item["method"] != "GET" for item in json.loads(request.content)["requests"])
    return request.method != "GET"
