"""What applications and service principals have in common: secrets, certificates and owners. Knows no HTTP."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lockstep.emulator.directoryobjects.model import DirectoryObjects
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.objects import bound, checked, copied, digest, merge, written
from lockstep.emulator.records import ObjectKind
from lockstep.emulator.store import Object

_YEAR = 365 * 24 * 3600
ADD_PASSWORD = "Adding password credentials by PATCH is not allowed: use addPassword."  # noqa: S105


INFO = {
    "logoUrl": None,
    "marketingUrl": None,
    "privacyStatementUrl": None,
    "supportUrl": None,
    "termsOfServiceUrl": None,
}
HOLDER_WRITABLE: dict[str, Any] = {
    "addIns": [],
    "description": None,
    "displayName": None,
    "keyCredentials": [],
    "notes": None,
    "passwordCredentials": [],
    "tags": [],
    "tokenEncryptionKeyId": None,
}
"""What a caller may set of applications and of service principals alike."""
HOLDER_READ_ONLY: dict[str, Any] = {
    "appId": None,
    "applicationTemplateId": None,
    "createdDateTime": None,
    "deletedDateTime": None,
    "disabledByMicrosoftStatus": None,
    "id": None,
    "verifiedPublisher": {"addedDateTime": None, "displayName": None, "verifiedPublisherId": None},
}
"""What only Entra sets of both."""


@dataclass(eq=False)
class CredentialHolders(ObjectKind):
    """Objects that can sign in, with their secrets, certificates and owners."""

    objects: DirectoryObjects
    writable: ClassVar[Mapping[str, Any]]
    """Every property that a caller may set, with its default."""
    read_only: ClassVar[Mapping[str, Any]]
    """Every property that only Entra sets, with its default."""

    def add_password(self, ident: str, body: Any) -> Object:
        """Add a secret as a `passwordCredential` asks for it; what is returned shows it this once."""
        row, key_id, secret = self.table.rows[ident], self.records.new_id("password"), secrets.token_urlsafe(30)
        fields = body if isinstance(body, dict) else {}
        credential = password_credential(fields, key_id, secret[:3], self.records.clock())
        self.put(
            {
                **row,
                "passwordCredentials": [*row["passwordCredentials"], credential],
                "_secrets": {**row.get("_secrets", {}), key_id: digest(secret)},
            }
        )
        return {**credential, "secretText": secret}

    def remove_password(self, row: Object, key_id: Any) -> None:
        """Remove a secret."""
        left = [entry for entry in row["passwordCredentials"] if entry["keyId"] != key_id]
        if len(left) == len(row["passwordCredentials"]):
            raise BadRequestError("No password credential found with keyId.")
        hidden = {name: value for name, value in row.get("_secrets", {}).items() if name != key_id}
        self.put({**row, "passwordCredentials": left, "_secrets": hidden})

    def _empty(self, ident: str) -> Object:
        return {**copied(self.writable), **copied(self.read_only), "id": ident}

    def _owners(self, body: Mapping[str, Any], more: Iterable[str]) -> list[str]:
        """Return the owners of a new object: those that its body binds, and more; each has to be there."""
        owners = list(dict.fromkeys([*bound(body, "owners"), *more]))
        for owner in owners:
            self.objects.get(owner)
        return owners

    def _values(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Return what a PATCH sets; refuse another value for what is read-only."""
        for name in self.read_only:
            if body.get(name) is not None and body[name] != row.get(name):
                raise BadRequestError(f"Property '{name}' is read-only and cannot be set.")
        return checked(body, self.writable, self.resource, ignored=self.read_only)

    def _merged(self, row: Object, new: Mapping[str, Any]) -> Object:
        """Return an object with new values; certificates join those that it has."""
        new = dict(new)
        if "keyCredentials" in new:
            new["keyCredentials"] = self._merged_keys(row["keyCredentials"], new["keyCredentials"] or [])
        return merge(row, new, self.writable)

    def _merged_keys(self, old: Iterable[Object], new: Iterable[Any]) -> list[Object]:
        """Return the key credentials after a PATCH; entries without a key keep the one they had."""
        kept = {entry["keyId"]: entry for entry in old}
        credentials = []
        for entry in new:
            if not isinstance(entry, dict):
                raise BadRequestError("Invalid value for property 'keyCredentials'.")
            before = None if entry.get("key") else kept.get(str(entry.get("keyId")))
            credentials.append(before or _key_credential(entry, self.records.new_id("key"), self.records.clock()))
        return credentials


def kept_passwords(row: Object, entries: list[Any]) -> list[Object]:
    """Return the secrets that a PATCH leaves: it may drop some, and add none."""
    kept = {entry["keyId"]: entry for entry in row["passwordCredentials"]}
    idents = [entry.get("keyId") for entry in entries if isinstance(entry, dict)]
    if len(idents) != len(entries) or any(ident not in kept for ident in idents):
        raise BadRequestError(ADD_PASSWORD)
    return [kept[str(ident)] for ident in idents]


def password_credential(body: Mapping[str, Any], key_id: str, hint: str, now: float) -> Object:
    """Return a password credential as it is kept: without its secret."""
    return {
        "customKeyIdentifier": None,
        "displayName": body.get("displayName"),
        "endDateTime": body.get("endDateTime") or written(now + 2 * _YEAR),
        "hint": hint,
        "keyId": key_id,
        "secretText": None,
        "startDateTime": body.get("startDateTime") or written(now),
    }


def _key_credential(entry: Mapping[str, Any], key_id: str, now: float) -> Object:
    """Return a key credential as it is kept, with thumbprint and dates of its certificate where it is one."""
    result: Object = {
        "customKeyIdentifier": entry.get("customKeyIdentifier"),
        "displayName": entry.get("displayName"),
        "endDateTime": entry.get("endDateTime") or written(now + _YEAR),
        "key": entry.get("key"),
        "keyId": str(entry.get("keyId") or key_id),
        "startDateTime": entry.get("startDateTime") or written(now),
        "type": entry.get("type") or "AsymmetricX509Cert",
        "usage": entry.get("usage") or "Verify",
    }
    try:
        der = base64.b64decode(str(entry.get("key") or ""), validate=True)
    except binascii.Error:
        raise BadRequestError(
            "Key credential value is invalid: the key is not base64.", code="KeyCredentialsInvalidKey"
        ) from None
    if not der:
        raise BadRequestError("New key credentials must have a key.", code="KeyCredentialsInvalidKey")
    if result["customKeyIdentifier"] is None:
        result["customKeyIdentifier"] = base64.b64encode(hashlib.sha1(der, usedforsecurity=False).digest()).decode()
    return result
