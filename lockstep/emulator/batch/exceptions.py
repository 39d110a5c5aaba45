"""What only a batch refuses."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError

MAX_REQUESTS = 20


class BatchError(BadRequestError):
    """The batch as a whole is wrong; none of it was done."""

    code = "BadRequest"


def too_many(count: int) -> BatchError:
    """More requests than a batch may hold."""
    return BatchError(f"Number of batch request steps ({count}) exceeds the maximum value of {MAX_REQUESTS}.")
