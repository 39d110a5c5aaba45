"""What only delegated permission grants refuse."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError, SameKeyError
from lockstep.emulator.grants.entity import MAX_SCOPE


class GrantExistsError(SameKeyError):
    """One grant a client, resource and user; or one for all users."""

    def __init__(self) -> None:
        super().__init__("Permission entry already exists.")


class ScopeTooLongError(BadRequestError):
    """The scope string is over the limit."""

    def __init__(self, length: int) -> None:
        super().__init__(
            f"The length of property 'scope' of resource 'OAuth2PermissionGrant' is {length};"
            f" at most {MAX_SCOPE} is allowed."
        )
