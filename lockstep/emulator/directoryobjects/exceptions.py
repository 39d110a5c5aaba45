"""What only owners and deleted items refuse."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError

MAX_OWNERS = 100


class TooManyOwnersError(BadRequestError):
    """The limit of Microsoft's service limits page; its wording here is an assumption."""

    code = "Directory_QuotaExceeded"

    def __init__(self) -> None:
        super().__init__(f"The limit of {MAX_OWNERS} owners of an object is reached.")


class OwnerExistsError(BadRequestError):
    """The owner is one already."""

    def __init__(self) -> None:
        super().__init__(
            "One or more added object references already exist for the following modified properties: 'owners'."
        )
