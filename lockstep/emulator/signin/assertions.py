"""Client assertions: a certificate's signature, or another issuer's token that a federated credential allows.

The emulator can't fetch a foreign issuer's keys: a federated assertion is judged by issuer, subject, audience and time.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any

from lockstep.emulator.applications import federated
from lockstep.emulator.signin.exceptions import bad_assertion, no_federation
from lockstep.emulator.store import Object

_LEEWAY = 300


def check_assertion(application: Object, assertion: str, audiences: Iterable[str], now: float) -> None:
    """Refuse an assertion that does not speak for the application."""
    header, claims = _part(assertion, 0), _part(assertion, 1)
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires + _LEEWAY < now:
        raise bad_assertion("it has expired")
    if claims.get("iss") == application["appId"]:
        _check_signature(application, assertion, header)
        given = claims.get("aud")
        named = {str(item).rstrip("/") for item in (given if isinstance(given, list) else [given])}
        if claims.get("sub") != application["appId"] or not named & {item.rstrip("/") for item in audiences}:
            raise bad_assertion("its subject or audience is another's")
        return
    issuer, subject, audience = claims.get("iss"), claims.get("sub"), claims.get("aud")
    for entry in federated.every(application):
        wanted = audience if isinstance(audience, list) else [audience]
        if (entry["issuer"], entry["subject"]) == (issuer, subject) and set(entry["audiences"]) & set(map(str, wanted)):
            return
    raise no_federation(str(issuer), str(subject))


def _part(assertion: str, number: int) -> dict[str, Any]:
    parts = assertion.split(".")
    if len(parts) == 3:
        try:
            found = json.loads(base64.urlsafe_b64decode(parts[number] + "=" * (-len(parts[number]) % 4)))
            if isinstance(found, dict):
                return found
        except (ValueError, binascii.Error, RecursionError):
            pass
    raise bad_assertion("it is no signed token")


def _check_signature(application: Object, assertion: str, header: dict[str, Any]) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    algorithm = str(header.get("alg"))
    if algorithm not in ("RS256", "PS256"):
        raise bad_assertion(f"algorithm {algorithm} is not accepted")
    for entry in application["keyCredentials"]:
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(entry["key"]))
            public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            jws.deserialize_compact(assertion, RSAKey.import_key(public), algorithms=[algorithm])
            return
        except (JoseError, ValueError, TypeError):
            continue
    raise bad_assertion("no certificate of the application made its signature")
