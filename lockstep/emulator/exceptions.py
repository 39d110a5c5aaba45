"""What the services refuse, with Graph's own code and status.

These are answers, not failures of ours: each becomes the error body of one response. What only one service refuses, it
raises as one of these with its own words. Knows no HTTP library.
"""

from __future__ import annotations


class ServiceError(Exception):
    """A refusal as Graph words it."""

    status = 400
    code = "Request_BadRequest"

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.status = status or self.status


class BadRequestError(ServiceError):
    """The request itself is wrong."""


class UnsupportedQueryError(ServiceError):
    """A query that Graph refuses."""

    code = "Request_UnsupportedQuery"


class NotFoundError(ServiceError):
    """The object, or one that it names, is not there."""

    status = 404
    code = "Request_ResourceNotFound"

    def __init__(self, ident: str) -> None:
        super().__init__(
            f"Resource '{ident}' does not exist or one of its queried reference-property objects are not present."
        )


class SameKeyError(ServiceError):
    """An object with the same key is there already."""

    status = 409
    code = "Request_MultipleObjectsWithSameKeyValue"


class NotSupportedError(ServiceError):
    """What this emulator does not do: refused by its name, and never answered with an empty success."""

    status = 501
    code = "NotImplemented"

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"The Lockstep emulator does not support {operation}; docs/emulator-coverage.md lists what it does."
        )


class UnauthorizedError(ServiceError):
    """The request has no valid token."""

    status = 401
    code = "InvalidAuthenticationToken"


class ForbiddenError(ServiceError):
    """The caller lacks a permission. Graph does not say which one, and neither does the emulator."""

    status = 403
    code = "Authorization_RequestDenied"

    def __init__(self, message: str = "Insufficient privileges to complete the operation.") -> None:
        super().__init__(message)


class ConnectionLostError(Exception):
    """A fault asked for the connection to be dropped: no answer at all."""
