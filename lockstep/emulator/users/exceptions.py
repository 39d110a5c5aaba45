"""What only users refuse."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError


class UserNameTakenError(BadRequestError):
    """Another user has this user principal name."""

    def __init__(self) -> None:
        super().__init__("Another object with the same value for property userPrincipalName already exists.")


class UnverifiedNameError(BadRequestError):
    """The domain of a user principal name is not the tenant's."""

    def __init__(self) -> None:
        super().__init__("The domain portion of the userPrincipalName property is invalid. You must use one of the"
                         " verified domain names in your organization.")  # fmt: skip
