"""The one error that belongs to this package: a write of which nobody knows whether it happened.

The tree of errors is in `lockstep.errors`; this is a leaf of it:

    GraphError                  3
    └── OutcomeUnknownError     3   look before you send again
"""

from __future__ import annotations

from lockstep.errors import GraphError


class OutcomeUnknownError(GraphError):
    """A write was sent and its answer is lost: it may be done or not. Never repeated here; the caller looks first.

    `status` is 0 when there was no answer at all.
    """
