"""The certificate with which an app proves who it is: its public part. A private key is refused and never repeated.

Imports no Pulumi, so that settings can be checked without it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


class CertificateError(ValueError):
    """A text that is not the public part of exactly one certificate. The message never repeats the text."""


@dataclass(frozen=True)
class Certificate:
    """The public part of a certificate. `end_date` is the last moment at which it is valid (RFC 3339)."""

    pem: str
    thumbprint: str
    end_date: str

    @property
    def identifiers(self) -> tuple[str, str]:
        """By what a directory may know it: its thumbprint, or the digest of the PEM text that azuread sends."""
        return self.thumbprint, hashlib.sha1(self.pem.encode(), usedforsecurity=False).hexdigest()

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
            certificates = x509.load_pem_x509_certificates(text.encode())
        except ValueError:
            certificates = []
        if len(certificates) != 1:
            raise CertificateError(
                "is not the public part of one certificate; give one -----BEGIN CERTIFICATE----- block for each"
            )
        der = certificates[0].public_bytes(Encoding.DER)
        return cls(
            pem=certificates[0].public_bytes(Encoding.PEM).decode(),
            thumbprint=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
            end_date=certificates[0].not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
