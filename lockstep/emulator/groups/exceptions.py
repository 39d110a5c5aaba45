"""What only groups refuse."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError


class MemberExistsError(BadRequestError):
    """The member is one already."""

    def __init__(self) -> None:
        super().__init__(
            "One or more added object references already exist for the following modified properties: 'members'."
        )
