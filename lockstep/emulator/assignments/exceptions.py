"""What only app role assignments refuse."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError

MAX_ASSIGNMENTS = 1500


class TooManyAssignmentsError(BadRequestError):
    """The limit of Microsoft's service limits page; its wording here is an assumption."""

    code = "Directory_QuotaExceeded"

    def __init__(self) -> None:
        super().__init__(f"The limit of {MAX_ASSIGNMENTS} app role assignments of a principal is reached.")


class AlreadyAssignedError(BadRequestError):
    """The same principal has this role of this resource already."""

    def __init__(self) -> None:
        super().__init__("Permission being assigned already exists on the object")


class UnknownRoleError(BadRequestError):
    """The resource has no such role, or not for this kind of principal."""

    def __init__(self, role: str, resource: str) -> None:
        super().__init__(f"Permission being assigned was not found on application '{resource}' (app role '{role}').")
