"""What may happen in a history, and to which consents."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.histories.engine import Settings
from tests.histories.oracle import Consent
from tests.histories.town import ATERA_ROLES, ATERA_SCOPES, ATERA_TWINS, OWN, SIGN_IN, SPFX, STRANGE, STRANGE_ROLES

Meddling = tuple[int, bool, tuple[str, Consent, bool]] | None
"""Somebody acts before the so-maniest request, of our reads or (True) of our writes: (principal, consent, gives)."""

SHARED_CONSENTS = [("delegated", name) for name in (*SPFX, *STRANGE)]
OWN_CONSENTS = [("application", name) for name in (*OWN, *STRANGE_ROLES)]
ATERA_CONSENTS = [
    *(("delegated", name) for name in (*ATERA_SCOPES, *ATERA_TWINS, *STRANGE, *SIGN_IN)),
    *(("application", name) for name in (*ATERA_ROLES, *STRANGE_ROLES)),
]
_POOLS = {"new": SHARED_CONSENTS, "old": SHARED_CONSENTS, "own": OWN_CONSENTS, "atera": ATERA_CONSENTS}
_NAMES = sorted({*SPFX, *OWN, *ATERA_SCOPES, *ATERA_ROLES})

which = st.integers(0, 1)
crash = st.none() | st.tuples(st.integers(1, 6), st.sampled_from(["before", "after"]))
change = st.sampled_from(["new", "old", "own", "atera"]).flatmap(
    lambda key: st.tuples(st.just(key), st.sampled_from(_POOLS[key]), st.booleans())
)
meddling = (
    st.none()
    | st.tuples(st.integers(1, 10), st.just(False), change)  # (which request, whether it is one of our writes, what)
    | st.tuples(st.integers(1, 4), st.just(True), change)
)
configured = st.builds(
    Settings,
    edition=st.sampled_from(["2025-02-28", "2025-03-01"]),
    withheld=st.frozensets(st.sampled_from(_NAMES), max_size=3),
    claim=st.booleans(),
    withdraw=st.booleans(),
    removals=st.sampled_from(["apply", "report"]),
)
