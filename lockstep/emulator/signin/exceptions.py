"""What the sign-in refuses, as Entra words it."""

from __future__ import annotations

from typing import Any

from lockstep.emulator.exceptions import ServiceError
from lockstep.emulator.store import Object


class SignInRefusedError(ServiceError):
    """No token: an OAuth error with an AADSTS number."""

    def __init__(self, number: int, error: str, message: str, status: int = 400, suberror: str = "") -> None:
        super().__init__(message, code=error, status=status)
        self.number = number
        self.suberror = suberror

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
            **({"suberror": self.suberror} if self.suberror else {}),
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


def no_federation(number: int, what: str, value: str) -> SignInRefusedError:
    """No federated credential has this issuer, subject or audience."""
    return SignInRefusedError(
        number,
        "invalid_client",
        f"No matching federated identity record found for presented assertion {what} '{value}'. Please check your"
        " federated identity credential Subject, Audience and Issuer against the presented assertion.",
        401,
    )


def unknown_resource(resource: str) -> SignInRefusedError:
    """The API asked for is not in the tenant."""
    return SignInRefusedError(
        500011, "invalid_resource", f"The resource principal named {resource} was not found in the tenant."
    )


def untimely_assertion(now: str, begins: str, ends: str) -> SignInRefusedError:
    """The assertion is not valid yet, or no more."""
    return SignInRefusedError(
        700024,
        "invalid_client",
        f"Client assertion is not within its valid time range. Current time: {now}, assertion valid from {begins},"
        f" expiry time of assertion {ends}.",
        401,
    )


def unsupported_flow(flow: str) -> SignInRefusedError:
    """A grant type that is none of those here."""
    return SignInRefusedError(
        70003,
        "unsupported_grant_type",
        f"The app requested an unsupported grant type '{flow}'; it is none of those here.",
    )


def not_the_default_scope(scope: str) -> SignInRefusedError:
    """An application asks in its own name for single scopes."""
    return SignInRefusedError(
        1002012,
        "invalid_scope",
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with"
        " /.default suffixed to the resource identifier (application ID URI).",
    )


def mixed_resources(scope: str) -> SignInRefusedError:
    """Scopes of more than one API in one request."""
    return SignInRefusedError(
        28000,
        "invalid_scope",
        f"Provided value for the input parameter scope is not valid because it contains more than one resource."
        f" Scope {scope} is not valid.",
    )


def unknown_user(name: str) -> SignInRefusedError:
    """No such user."""
    return SignInRefusedError(
        50034,
        "invalid_grant",
        f"The user account {name} does not exist in the directory. To sign in, it must be added.",
    )


def wrong_password() -> SignInRefusedError:
    """The password is not the user's."""
    return SignInRefusedError(
        50126, "invalid_grant", "Error validating credentials due to invalid username or password."
    )


def disabled_user() -> SignInRefusedError:
    """The account is disabled."""
    return SignInRefusedError(50057, "invalid_grant", "The user account is disabled.")


def no_consent(client: Object) -> SignInRefusedError:
    """Nobody has consented to what is asked for."""
    return SignInRefusedError(
        65001,
        "invalid_grant",
        f"The user or administrator has not consented to use the application with ID '{client['appId']}' named"
        f" '{client['displayName']}'. Send an interactive authorization request for this user and resource.",
        suberror="consent_required",
    )


def bad_user_assertion(number: int, message: str) -> SignInRefusedError:
    """The user's token that came along does not hold."""
    return SignInRefusedError(number, "invalid_grant", message)


def unassigned_user(name: str, client: Object) -> SignInRefusedError:
    """The application wants its users assigned."""
    return SignInRefusedError(
        50105,
        "invalid_grant",
        f"Your administrator has configured the application {client['displayName']} ('{client['appId']}') to block"
        f" users unless they are specifically granted ('assigned') access to the application. The signed-in user"
        f" '{name}' is blocked because they are not a direct member of a group with access, nor had access directly"
        " assigned by an administrator.",
    )


def unassigned_client(client: Object, resource: Object) -> SignInRefusedError:
    """The API wants its clients assigned."""
    return SignInRefusedError(
        501051,
        "invalid_grant",
        f"Application '{client['appId']}'({client['displayName']}) is not assigned to a role for the application"
        f" '{resource['appId']}'({resource['displayName']}).",
    )
