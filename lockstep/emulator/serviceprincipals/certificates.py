"""The certificates that sign a service principal's tokens. Knows no HTTP.

https://learn.microsoft.com/graph/api/serviceprincipal-addtokensigningcertificate: a private and a public key credential
and the password of the private one, all with the same `customKeyIdentifier`; at most three years. The private key is
made and forgotten: nothing here signs with it, and it is in no answer of Graph.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lockstep.emulator.credentials import password_credential
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.objects import checked, seconds, written
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

_YEARS = 3
_BODY: dict[str, Any] = {"displayName": None, "endDateTime": None}


def add_certificate(tenant: Tenant, row: Object, body: Mapping[str, Any]) -> Object:
    """Add a self-signed certificate to a service principal; return its public part."""
    new = checked(body, _BODY, "SelfSignedCertificate")
    name, now = new.get("displayName"), tenant.clock()
    if not isinstance(name, str) or not name.startswith("CN=") or not name.removeprefix("CN=").strip():
        raise BadRequestError("Invalid value for parameter 'displayName': it has to start with 'CN='.")
    latest = _years_later(now)
    end = latest if new.get("endDateTime") is None else seconds(new["endDateTime"], -1)
    if not now < end <= latest:
        raise BadRequestError("Invalid value for parameter 'endDateTime': at most three years from now.")
    der = _certificate(name.removeprefix("CN=").strip(), now, end)
    thumbprint = hashlib.sha1(der, usedforsecurity=False).digest()
    common: Object = {
        "customKeyIdentifier": base64.b64encode(thumbprint).decode(),
        "displayName": name,
        "endDateTime": written(end),
        "startDateTime": written(now),
    }
    private, public = tenant.new_id("key"), tenant.new_id("key")
    certificate = {**common, "type": "AsymmetricX509Cert", "key": base64.b64encode(der).decode()}
    keys = [
        {**certificate, "keyId": private, "key": None, "type": "X509CertAndPassword", "usage": "Sign"},
        {**certificate, "keyId": public, "usage": "Verify"},
    ]
    password = {**password_credential(common, private, "", now), "customKeyIdentifier": common["customKeyIdentifier"]}
    tenant.principals.put(
        {
            **row,
            "keyCredentials": [*row["keyCredentials"], *keys],
            "passwordCredentials": [*row["passwordCredentials"], password],
        }
    )
    # The key id is the private one's, as hashicorp/terraform-provider-azuread has found.
    return {**certificate, "keyId": private, "thumbprint": thumbprint.hex().upper(), "usage": "Verify"}


def _years_later(now: float) -> float:
    moment = datetime.fromtimestamp(now, UTC)
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return moment.replace(year=moment.year + _YEARS, day=day).timestamp()


def _certificate(name: str, start: float, end: float) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    try:
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    except ValueError:  # a common name has at most 64 characters
        raise BadRequestError("Invalid value for parameter 'displayName'.") from None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(start, UTC))
        .not_valid_after(datetime.fromtimestamp(end, UTC))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
