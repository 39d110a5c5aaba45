"""What the sign-in refuses, as Entra words it."""

from __future__ import annotations

from typing import Any

from lockstep.emulator.exceptions import ServiceError


class SignInRefusedError(ServiceError):
    """No token: an OAuth error with an AADSTS number."""

    def __init__(self, number: int, error: str, message: str, status: int = 400) -> None:
        super().__init__(message, code=error, status=status)
        self.number = number

    def body(self, now: str, trace: str) -> dict[str, Any]:
        """Return the error body of the token endpoint."""
        described = f"AADSTS{self.number}: {self.message} Trace ID: {trace} Correlation ID: {trace} Timestamp: {now}"
        return {
            "correlation_id": trace,
            "error": self.code,
            "error_codes": [self.number],
            "error_description": described,
            "timestamp": now,
            "trace_id": trace,
        }


def unknown_tenant(tenant: str) -> SignInRefusedError:
    """No such tenant."""
    return SignInRefusedError(
        90002, "invalid_request", f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
    )


def unknown_client(client: str) -> SignInRefusedError:
    """No such application in the tenant."""
    return SignInRefusedError(
        700016, "unauthorized_client", f"Application with identifier '{client}' was not found in the directory."
    )


def disabled_client(client: str) -> SignInRefusedError:
    """The service principal is disabled."""
    return SignInRefusedError(7000112, "unauthorized_client", f"Application '{client}' is disabled.")


def wrong_secret(client: str) -> SignInRefusedError:
    """The secret is not one of the application's."""
    return SignInRefusedError(
        7000215, "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value,"
        f" not the client secret ID, for a secret added to app '{client}'.", 401,
    )  # fmt: skip


def expired_secret(client: str) -> SignInRefusedError:
    """The secret is past its end."""
    return SignInRefusedError(
        7000222, "invalid_client", f"The provided client secret keys for app '{client}' are expired.", 401
    )


def no_credential() -> SignInRefusedError:
    """Neither a secret nor an assertion."""
    return SignInRefusedError(
        7000218, "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.", 401,
    )  # fmt: skip


def bad_assertion(reason: str) -> SignInRefusedError:
    """The certificate's assertion does not hold."""
    return SignInRefusedError(
        700027,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application,"
        f" or the assertion does not hold: {reason}.",
        401,
    )


def no_federation(issuer: str, subject: str) -> SignInRefusedError:
    """No federated credential matches the assertion."""
    return SignInRefusedError(
        700213,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject"
        f" '{subject}' of issuer '{issuer}'.",
        401,
    )


def unknown_resource(resource: str) -> SignInRefusedError:
    """The API asked for is not in the tenant."""
    return SignInRefusedError(
        500011, "invalid_resource", f"The resource principal named {resource} was not found in the tenant."
    )
