"""Client assertions: a certificate's signature, or another issuer's token that a federated credential allows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from lockstep.emulator.applications import federated
from lockstep.emulator.objects import seconds
from lockstep.emulator.signin import exceptions as refusals
from lockstep.emulator.signin.issuers import keys_of
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

_LEEWAY = 300
_ALGORITHMS = ("RS256", "PS256")


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
        given = claims.get("aud")
        named = {str(item).rstrip("/") for item in (given if isinstance(given, list) else [given])}
        if claims.get("sub") != client or not named & {item.rstrip("/") for item in audiences}:
            raise refusals.bad_assertion("its subject or audience is another's")
        return
    entries = [entry for owner in owners for entry in federated.every(owner)]
    _check_federation(entries, claims)
    _check_issuer(tenant, assertion, header, str(claims["iss"]), base)


def _check_time(claims: dict[str, Any], now: float) -> None:
    begins, ends = claims.get("nbf", 0), claims.get("exp")
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        raise refusals.bad_assertion("nbf or exp is no number")
    if ends + _LEEWAY < now or begins - _LEEWAY > now:
        raise refusals.untimely_assertion(*(_moment(value) for value in (now, begins, ends)))


def _check_federation(entries: Iterable[Object], claims: dict[str, Any]) -> None:
    """Find the federated credential of this issuer, subject and audience; say which of the three is wrong."""
    issuer, subject, audience = (claims.get(name) for name in ("iss", "sub", "aud"))
    of_issuer = [entry for entry in entries if entry["issuer"] == issuer]
    if not of_issuer:
        raise refusals.no_federation(700211, "issuer", str(issuer))
    of_subject = [entry for entry in of_issuer if entry["subject"] == subject]
    if not of_subject:
        raise refusals.no_federation(700213, "subject", str(subject))
    given = set(map(str, audience if isinstance(audience, list) else [audience]))
    if not any(given & set(entry["audiences"]) for entry in of_subject):
        raise refusals.no_federation(700212, "audience", str(audience))


def _check_issuer(tenant: Tenant, assertion: str, header: dict[str, Any], issuer: str, base: str) -> None:
    from joserfc import jwt
    from joserfc.errors import JoseError

    keys = keys_of(tenant, issuer, base)
    if keys is None:
        raise refusals.bad_assertion(
            f"the emulator fetches no keys, and nobody has handed in those of {issuer} (PUT /_emulator/issuers)"
        )
    _check_algorithm(header)
    try:
        jwt.decode(assertion, keys, algorithms=list(_ALGORITHMS))
    except (JoseError, ValueError):
        raise refusals.bad_assertion("its signature is not the issuer's") from None


def _part(assertion: str, number: int) -> dict[str, Any]:
    parts = assertion.split(".")
    if len(parts) == 3:
        try:
            found = json.loads(base64.urlsafe_b64decode(parts[number] + "=" * (-len(parts[number]) % 4)))
            if isinstance(found, dict):
                return found
        except (ValueError, binascii.Error, RecursionError):
            pass
    raise refusals.bad_assertion("it is no signed token")


def _check_algorithm(header: dict[str, Any]) -> None:
    algorithm = str(header.get("alg"))
    if algorithm not in _ALGORITHMS:
        raise refusals.bad_assertion(f"algorithm {algorithm} is not accepted")


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
            raise refusals.bad_assertion("the key was expired")
        return
    raise refusals.bad_assertion("no certificate of the application made its signature")


def _public_key(entry: Object) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from joserfc.jwk import RSAKey

    certificate = x509.load_der_x509_certificate(base64.b64decode(entry["key"]))
    return RSAKey.import_key(certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _moment(value: float) -> str:
    try:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(value)
