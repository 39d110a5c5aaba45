"""The control door: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.control import responses as r

ROUTES: dict[tuple[str, str], r.Control] = {
    ("DELETE", "faults"): r.clear_faults,
    ("DELETE", "log"): r.clear_log,
    ("GET", "clock"): r.clock,
    ("GET", "faults"): r.faults,
    ("GET", "issuers"): r.issuers,
    ("GET", "log"): r.log,
    ("GET", "snapshot"): r.snapshot,
    ("POST", "assertion"): r.assert_,
    ("POST", "clock"): r.set_clock,
    ("POST", "faults"): r.set_faults,
    ("POST", "reset"): r.reset,
    ("POST", "token"): r.token,
    ("PUT", "faults"): r.set_faults,
    ("PUT", "issuers"): r.trust,
}
