"""What an audit costs depends on our apps only. Requests, never seconds: `make bench` looks at those."""

from __future__ import annotations

from benchmarks import bars
from benchmarks.audit import LARGE, SMALL, measure


def test_ten_thousand_principals_and_a_hundred_thousand_grants_of_others_cost_nothing_more() -> None:
    small, large = measure(SMALL), measure(LARGE)
    assert (LARGE.principals, LARGE.grants) == (10_000, 100_000)
    assert (large.requests, large.inner, large.findings) == (small.requests, small.inner, small.findings)
    assert 0 < large.requests <= bars.AUDIT_REQUESTS
