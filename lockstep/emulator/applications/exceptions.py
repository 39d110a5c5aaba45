"""What only applications refuse."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError, SameKeyError


class IdentifierUriTakenError(SameKeyError):
    """Another application has this identifier URI."""

    status = 400

    def __init__(self) -> None:
        super().__init__("Another object with the same value for property identifierUris already exists.")


class UnverifiedDomainError(BadRequestError):
    """An identifier URI that is not the tenant's to give."""

    code = "HostNameNotOnVerifiedDomain"

    def __init__(self, uri: str) -> None:
        super().__init__(
            "Values of identifierUris property must use a verified domain of the organization or its subdomain:"
            f" '{uri}'. An api:// URI must hold the app id, the tenant id or a verified domain."
        )


class FederatedNameTakenError(SameKeyError):
    """The application has a federated credential of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"FederatedIdentityCredential with name {name} already exists.")


class ManifestTooLargeError(BadRequestError):
    """The application holds too many values. Code and words were seen in public reports, with status 403."""

    status = 403
    code = "Directory_ResourceSizeExceeded"

    def __init__(self) -> None:
        super().__init__(
            "The size of the object has exceeded its limit. Please reduce the number of values and retry your request."
        )


class UnknownPreAuthorizedError(BadRequestError):
    """A client is pre-authorised for a scope that is not there yet, or comes with it: seen in public reports."""

    code = "InvalidValue"

    def __init__(self) -> None:
        super().__init__(
            "Property api.preAuthorizedApplications.delegatedPermissionIds has a Permission Id that cannot be found in"
            " the AppPermissions sets."
        )
