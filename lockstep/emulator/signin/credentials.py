"""Who a client is: its secret, its certificate, or an assertion that speaks for it. Knows no HTTP.

An assertion is a token signed with the client's certificate, or another issuer's token that a federated credential
allows.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lockstep.emulator.applications import expressions
from lockstep.emulator.applications.parts import credentials as federated
from lockstep.emulator.constants import AZURE_CLI_APP_ID, TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.objects import digest, seconds, written
from lockstep.emulator.records import fixed_id
from lockstep.emulator.signin import refusals
from lockstep.emulator.signin.keys import keys_of
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

_LEEWAY = 300
_ALGORITHMS = ("RS256", "PS256")

AZURE_CLI: Object = {
    "accountEnabled": True,
    "appId": AZURE_CLI_APP_ID,
    "appRoleAssignmentRequired": False,
    "displayName": "Microsoft Azure CLI",
    "id": fixed_id("servicePrincipal", AZURE_CLI_APP_ID),
    "isFallbackPublicClient": True,
    "keyCredentials": [],
    "passwordCredentials": [],
    "servicePrincipalNames": [AZURE_CLI_APP_ID],
}
AZURE_CLI_SCOPES = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "AuditLog.Read.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.AccessAsUser.All",
    "Group.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "email",
    "openid",
    "profile",
)
"""What Microsoft has given its own client on Graph in every tenant, as its tokens show."""


def find_client(tenant: Tenant, client: str) -> tuple[Object, list[Object]]:
    """Return a client's service principal, and what may hold its credentials, its application first."""
    principal = tenant.principals.find(client, "appId")
    if principal is None and client == AZURE_CLI["appId"]:
        return AZURE_CLI, [AZURE_CLI]
    application = tenant.applications.find(client, "appId")
    if principal is None and application is not None:
        raise refusals.NO_PRINCIPAL.of(client=client, tenant=TENANT_ID)
    if principal is None:
        raise refusals.UNKNOWN_CLIENT.of(client=client, tenant=TENANT_NAME)
    if not principal["accountEnabled"]:
        raise refusals.DISABLED_CLIENT.of(client=client)
    return principal, [row for row in (application, principal) if row is not None]


def check_client(tenant: Tenant, owners: Sequence[Object], form: Mapping[str, str], base: str) -> str:
    """Refuse a client that does not prove who it is; return how it did, as `appidacr` says it."""
    assertion, secret = form.get("client_assertion"), form.get("client_secret")
    if assertion:
        audiences = [f"{base}/{name}{tail}" for name in (TENANT_ID, TENANT_DOMAIN)
                     for tail in ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "")]  # fmt: skip
        check_assertion(tenant, owners, assertion, audiences, base)
        return "2"
    if not secret:
        raise refusals.NO_CREDENTIAL.of()
    _check_secret(owners, secret, tenant.clock())
    return "1"


def _check_secret(owners: Sequence[Object], secret: str, now: float) -> None:
    expected, client = digest(secret), owners[0]["appId"]
    pairs = ((owner.get("_secrets", {}), entry) for owner in owners for entry in owner["passwordCredentials"])
    credential = next((entry for kept, entry in pairs if kept.get(entry["keyId"]) == expected), None)
    if credential is None:
        raise refusals.WRONG_SECRET.of(client=client)
    if seconds(credential["endDateTime"]) < now:
        raise refusals.EXPIRED_SECRET.of(client=client)


def check_assertion(
    tenant: Tenant, owners: Sequence[Object], assertion: str, audiences: Iterable[str], base: str
) -> None:
    """Refuse an assertion that does not speak for a client.

    `owners` may hold its credentials: its application, where that is here, and its service principal.
    """
    header, claims = _part(assertion, 0), _part(assertion, 1)
    _check_time(claims, tenant.clock())
    client = owners[0]["appId"]
    if claims.get("iss") == client:
        _check_certificate(owners, assertion, header, tenant.clock())
        named = {audience.rstrip("/") for audience in _audiences(claims)}
        if claims.get("sub") != client or not named & {item.rstrip("/") for item in audiences}:
            raise refusals.BAD_ASSERTION.of(reason="its subject or audience is another's")
        return
    entries = [entry for owner in owners for entry in federated(owner)]
    _check_federation(entries, claims)
    _check_issuer(tenant, assertion, header, str(claims["iss"]), base)


def _check_time(claims: dict[str, Any], now: float) -> None:
    begins, ends = claims.get("nbf", 0), claims.get("exp")
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        raise refusals.BAD_ASSERTION.of(reason="nbf or exp is no number")
    if ends + _LEEWAY < now or begins - _LEEWAY > now:
        raise refusals.UNTIMELY_ASSERTION.of(now=_moment(now), begins=_moment(begins), ends=_moment(ends))


def _check_federation(entries: Iterable[Object], claims: dict[str, Any]) -> None:
    """Find the federated credential of this issuer, subject and audience; say which of the three is wrong."""
    audiences = _audiences(claims)
    for what, claim, holds in (
        ("issuer", "iss", lambda entry: entry["issuer"] == claims.get("iss")),
        ("subject", "sub", lambda entry: _is_meant(entry, claims)),
        ("audience", "aud", lambda entry: audiences & set(entry["audiences"])),
    ):
        entries = list(filter(holds, entries))
        if not entries:
            raise refusals.NO_FEDERATION[what].of(what=what, value=claims.get(claim))


def _is_meant(entry: Object, claims: dict[str, Any]) -> bool:
    """Tell whether a federated credential is for the subject of these claims, by name or by its expression."""
    expression = entry.get("claimsMatchingExpression")
    if expression:
        return expressions.holds(expression, claims)
    return entry["subject"] is not None and entry["subject"] == claims.get("sub")


def _audiences(claims: dict[str, Any]) -> set[str]:
    audience = claims.get("aud")
    return set(map(str, audience if isinstance(audience, list) else [audience]))


def _check_issuer(tenant: Tenant, assertion: str, header: dict[str, Any], issuer: str, base: str) -> None:
    from joserfc import jwt
    from joserfc.errors import JoseError

    keys = keys_of(tenant, issuer, base)
    if keys is None:
        raise refusals.BAD_ASSERTION.of(
            reason=f"the emulator fetches no keys, and nobody has handed in those of {issuer} (PUT /_emulator/issuers)"
        )
    _check_algorithm(header)
    try:
        jwt.decode(assertion, keys, algorithms=list(_ALGORITHMS))
    except (JoseError, ValueError):
        raise refusals.BAD_ASSERTION.of(reason="its signature is not the issuer's") from None


def _part(assertion: str, number: int) -> dict[str, Any]:
    parts = assertion.split(".")
    if len(parts) == 3:
        try:
            document = json.loads(base64.urlsafe_b64decode(parts[number] + "=" * (-len(parts[number]) % 4)))
            if isinstance(document, dict):
                return document
        except (ValueError, binascii.Error, RecursionError):
            pass
    raise refusals.BAD_ASSERTION.of(reason="it is no signed token")


def _check_algorithm(header: dict[str, Any]) -> None:
    algorithm = str(header.get("alg"))
    if algorithm not in _ALGORITHMS:
        raise refusals.BAD_ASSERTION.of(reason=f"algorithm {algorithm} is not accepted")


def _check_certificate(owners: Iterable[Object], assertion: str, header: dict[str, Any], now: float) -> None:
    from joserfc import jws
    from joserfc.errors import JoseError

    _check_algorithm(header)
    for entry in (entry for owner in owners for entry in owner["keyCredentials"]):
        try:
            jws.deserialize_compact(assertion, _public_key(entry), algorithms=[str(header["alg"])])
        except (JoseError, ValueError, TypeError):
            continue
        if not seconds(entry["startDateTime"], 0) - _LEEWAY <= now <= seconds(entry["endDateTime"]):
            raise refusals.BAD_ASSERTION.of(reason="the key was expired")
        return
    raise refusals.BAD_ASSERTION.of(reason="no certificate of the application made its signature")


def _public_key(entry: Object) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from joserfc.jwk import RSAKey

    certificate = x509.load_der_x509_certificate(base64.b64decode(entry["key"]))
    return RSAKey.import_key(certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _moment(value: float) -> str:
    try:
        return written(value)
    except (ValueError, OverflowError, OSError):
        return str(value)
