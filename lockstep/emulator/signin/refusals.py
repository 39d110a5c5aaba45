"""What the sign-in refuses, as Entra words it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lockstep.emulator.exceptions import ServiceError


class SignInRefusedError(ServiceError):
    """No token: an OAuth error with an AADSTS number."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message, code=refusal.error, status=refusal.status)
        self.number = refusal.number
        self.suberror = refusal.suberror

    def body(self, now: str, trace: str) -> dict[str, Any]:
        """Return the error body of the token endpoint."""
        body = _written(self.code, [self.number], f"AADSTS{self.number}: {self.message}", now, trace)
        return {**body, "suberror": self.suberror} if self.suberror else body


def plain_body(status: int, message: str, now: str, trace: str) -> dict[str, Any]:
    """Return the error body of the token endpoint for what is no refusal of Entra's: a fault, or what is not here."""
    busy = status == 429 or (status >= 500 and status != 501)
    if busy:
        return _written("temporarily_unavailable", [90033], f"AADSTS90033: {message}", now, trace)
    return _written("invalid_request", [], message, now, trace)


def _written(error: str, numbers: list[int], message: str, now: str, trace: str) -> dict[str, Any]:
    return {
        "correlation_id": trace,
        "error": error,
        "error_codes": numbers,
        "error_description": f"{message} Trace ID: {trace} Correlation ID: {trace} Timestamp: {now}",
        "timestamp": now,
        "trace_id": trace,
    }


@dataclass(frozen=True)
class Refusal:
    """One refusal: the AADSTS number, the OAuth error, and the text, with names in braces for what differs."""

    number: int
    error: str
    text: str
    suberror: str = ""

    @property
    def status(self) -> int:
        """The HTTP status, which follows from the OAuth error."""
        return 401 if self.error == "invalid_client" else 400

    def of(self, **values: object) -> SignInRefusedError:
        """Return the refusal of one request."""
        return SignInRefusedError(self, self.text.format(**values))


WRONG_METHOD = Refusal(
    900561, "invalid_request", "The endpoint only accepts {allowed} requests. Received a {method} request."
)
UNKNOWN_TENANT = Refusal(
    90002, "invalid_request", "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
)
UNKNOWN_CLIENT = Refusal(
    700016,
    "unauthorized_client",
    "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the"
    " application has not been installed by the administrator of the tenant or consented to by any user in the tenant."
    " You may have sent your authentication request to the wrong tenant.",
)
# The application is here and its service principal is not: Azure/Commercial-Marketplace-SaaS-Accelerator#830.
NO_PRINCIPAL = Refusal(
    7000229, "invalid_client", "The client application {client} is missing service principal in the tenant {tenant}."
)
DISABLED_CLIENT = Refusal(7000112, "unauthorized_client", "Application '{client}' is disabled.")
WRONG_SECRET = Refusal(
    7000215,
    "invalid_client",
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value,"
    " not the client secret ID, for a secret added to app '{client}'.",
)
EXPIRED_SECRET = Refusal(7000222, "invalid_client", "The provided client secret keys for app '{client}' are expired.")
NO_CREDENTIAL = Refusal(
    7000218,
    "invalid_client",
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
)
BAD_ASSERTION = Refusal(
    700027,
    "invalid_client",
    "The certificate with identifier used to sign the client assertion is not registered on application,"
    " or the assertion does not hold: {reason}.",
)
UNTIMELY_ASSERTION = Refusal(
    700024,
    "invalid_client",
    "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {begins},"
    " expiry time of assertion {ends}.",
)
_NO_FEDERATION = (
    "No matching federated identity record found for presented assertion {what} '{value}'. Please check your federated"
    " identity credential Subject, Audience and Issuer against the presented assertion."
)
NO_FEDERATION = {
    what: Refusal(number, "invalid_client", _NO_FEDERATION)
    for what, number in (("issuer", 700211), ("audience", 700212), ("subject", 700213))
}
UNKNOWN_RESOURCE = Refusal(
    500011,
    "invalid_resource",
    "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the"
    " application has not been installed by the administrator of the tenant or consented to by any user in the tenant."
    " You might have sent your authentication request to the wrong tenant.",
)
UNSUPPORTED_FLOW = Refusal(
    70003,
    "unsupported_grant_type",
    "The app requested an unsupported grant type '{flow}'; it is none of those here.",
)
NOT_THE_DEFAULT_SCOPE = Refusal(
    1002012,
    "invalid_scope",
    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with"
    " /.default suffixed to the resource identifier (application ID URI).",
)
MIXED_RESOURCES = Refusal(
    28000,
    "invalid_scope",
    "Provided value for the input parameter scope is not valid because it contains more than one resource."
    " Scope {scope} is not valid.",
)
UNKNOWN_USER = Refusal(
    50034, "invalid_grant", "The user account {name} does not exist in the directory. To sign in, it must be added."
)
WRONG_PASSWORD = Refusal(50126, "invalid_grant", "Error validating credentials due to invalid username or password.")
DISABLED_USER = Refusal(50057, "invalid_grant", "The user account is disabled.")
NO_CONSENT = Refusal(
    65001,
    "invalid_grant",
    "The user or administrator has not consented to use the application with ID '{client[appId]}' named"
    " '{client[displayName]}'. Send an interactive authorization request for this user and resource.",
    suberror="consent_required",
)
UNSIGNED_USER_TOKEN = Refusal(50013, "invalid_grant", "Assertion failed signature validation.")
EXPIRED_USER_TOKEN = Refusal(500133, "invalid_grant", "Assertion is not within its valid time range.")
USER_TOKEN_FOR_ANOTHER = Refusal(
    500131, "invalid_grant", "Assertion audience does not match the Client app presenting the assertion."
)
NO_USER_TOKEN = Refusal(50000, "invalid_grant", "The assertion is no token of a user of this tenant.")
BAD_REFRESH_TOKEN = Refusal(9002313, "invalid_grant", "Invalid request. The refresh token is malformed or another's.")
EXPIRED_REFRESH_TOKEN = Refusal(700082, "invalid_grant", "The refresh token has expired due to inactivity.")
UNASSIGNED_USER = Refusal(
    50105,
    "invalid_grant",
    "Your administrator has configured the application {client[displayName]} ('{client[appId]}') to block"
    " users unless they are specifically granted ('assigned') access to the application. The signed-in user"
    " '{name}' is blocked because they are not a direct member of a group with access, nor had access directly"
    " assigned by an administrator.",
)
UNASSIGNED_CLIENT = Refusal(
    501051,
    "invalid_grant",
    "Application '{client[appId]}'({client[displayName]}) is not assigned to a role for the application"
    " '{resource[appId]}'({resource[displayName]}).",
)
