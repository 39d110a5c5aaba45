"""How an app proves who it is, and what an adopted app keeps: plain values for the components.

A certificate is its public part; a private key is refused and never repeated. Imports no Pulumi, so that settings
can be checked without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

FEDERATED_AUDIENCE = "api://AzureADTokenExchange"


class CertificateError(ValueError):
    """A text that is not the public part of exactly one certificate. The message never repeats the text."""


@dataclass(frozen=True)
class Certificate:
    """The public part of a certificate. `end_date` is the last moment at which it is valid (RFC 3339)."""

    pem: str
    thumbprint: str
    end_date: str

    @classmethod
    def read(cls, text: str) -> Certificate:
        """Return the certificate in a PEM text; CertificateError for anything else."""
        if "PRIVATE KEY" in text:
            raise CertificateError(
                "holds a private key; keep only the part from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----,"
                " and treat the key as leaked if this file was shared"
            )
        # Imported here: most stacks have no certificates, and the import costs more than the rest of this file.
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        try:
            found = x509.load_pem_x509_certificates(text.encode())
        except ValueError:
            found = []
        if len(found) != 1:
            raise CertificateError(
                "is not the public part of one certificate; give one -----BEGIN CERTIFICATE----- block for each"
            )
        der = found[0].public_bytes(Encoding.DER)
        return cls(
            pem=found[0].public_bytes(Encoding.PEM).decode(),
            thumbprint=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
            end_date=found[0].not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )


@dataclass(frozen=True)
class FederatedCredential:
    """A subject of another issuer that may act as the app."""

    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...] = (FEDERATED_AUDIENCE,)


@dataclass(frozen=True)
class KeptScope:
    """A scope that an adopted app exposes, as it was found. Texts may be empty."""

    id: str
    value: str
    type: str = "User"
    enabled: bool = True
    admin_consent_display_name: str = ""
    admin_consent_description: str = ""
    user_consent_display_name: str = ""
    user_consent_description: str = ""


@dataclass(frozen=True)
class Adopted:
    """What an app that existed before this stack keeps: written into the stack file by `lockstep adopt`.

    `scope_ids` are the ids of the exposed scopes by value. `scopes` are those kept whole, documented or not; the others
    take the catalogue's words.
    """

    display_name: str
    client_id: str = ""
    identifier_uris: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    scope_ids: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[KeptScope, ...] = ()

    def kept(self, value: str) -> KeptScope | None:
        """Return the scope of this value as it was found, or None where it was not there."""
        return next((scope for scope in self.scopes if scope.value == value), None)
