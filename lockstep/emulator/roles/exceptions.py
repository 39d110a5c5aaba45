"""What only directory roles refuse. The words of both are from memory of public reports."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError


class RoleAssignedError(BadRequestError):
    """The principal has this role already."""

    def __init__(self) -> None:
        super().__init__(
            "A conflicting object with one or more of the specified property values is present in the directory."
        )


class RoleActiveError(BadRequestError):
    """The directory role has been activated before."""

    def __init__(self) -> None:
        super().__init__(
            "A conflicting object with one or more of the specified property values is present in the directory."
        )
