"""What only service principals refuse."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError, SameKeyError


class NoBackingApplicationError(BadRequestError):
    """No application of this appId is known, here or in another tenant."""

    code = "NoBackingApplicationObject"

    def __init__(self, app_id: str) -> None:
        super().__init__(
            f"The appId '{app_id}' of the service principal does not reference a valid application object."
        )


class NameInUseError(SameKeyError):
    """A service principal of this name is there already."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "The service principal cannot be created, updated, or restored because the service principal name"
            f" {name} is already in use."
        )
