"""What applications and service principals have in common: defaults, merging a PATCH, credentials, permission lists.

Knows the shapes of Graph's objects; no tables and no HTTP.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotFoundError, PasswordNotFoundError
from lockstep.emulator.store import Object

EQ = frozenset({"eq", "ne", "in"})
TEXT = frozenset({"eq", "ne", "in", "startsWith"})
ANY = frozenset({"any", "eq", "startsWith"})
ANY_EQ = frozenset({"any", "eq"})
DATES = frozenset({"eq", "ne", "ge", "le", "gt", "lt"})
_YEAR = 365 * 24 * 3600


def merge(old: Mapping[str, Any], new: Mapping[str, Any], defaults: Mapping[str, Any]) -> Object:
    """Return an object after a PATCH: complex values are merged, lists are replaced, null is the default again."""
    result = dict(old)
    for name, value in new.items():
        default = defaults.get(name)
        if isinstance(default, dict) and isinstance(value, dict):
            result[name] = merge(result.get(name) or default, value, default)
        elif value is None:
            result[name] = deepcopy(default)
        else:
            result[name] = value
    return result


def checked(body: Mapping[str, Any], defaults: Mapping[str, Any], kind: str, ignored: Iterable[str] = ()) -> Object:
    """Return the body without annotations; refuse names that the kind does not have, and wrong types."""
    found: Object = {}
    for name, value in body.items():
        if "@odata" in name or name in ignored:
            continue
        if name not in defaults:
            raise BadRequestError(f"Invalid property '{name}'.")
        _check_type(value, defaults[name], name, kind)
        found[name] = value
    return found


_WORDS = frozenset({"displayName", "uniqueName", "signInAudience", "description", "name", "issuer", "subject"})
_WORD_LISTS = frozenset({"identifierUris", "tags", "redirectUris", "audiences", "alternativeNames"})


def _check_type(value: Any, default: Any, name: str, kind: str) -> None:
    """Refuse a value of another type than the property's, at any depth."""
    if value is None:
        return
    wrong = isinstance(default, list | dict | bool) and not isinstance(value, type(default))
    wrong = wrong or (name in _WORDS and not isinstance(value, str))
    wrong = wrong or (
        name in _WORD_LISTS and not (isinstance(value, list) and all(isinstance(item, str) for item in value))
    )
    if wrong:
        raise BadRequestError(f"A value of the wrong type was given for property '{name}' of resource '{kind}'.")
    if isinstance(default, dict) and isinstance(value, dict):
        for inner, nested in value.items():
            if inner in default:
                _check_type(nested, default[inner], inner, kind)


def there(row: Object | None, ident: str) -> Object:
    """Return an object that was looked up, which has to be there."""
    if row is None:
        raise NotFoundError(ident)
    return row


def bound(body: Mapping[str, Any], name: str) -> list[str]:
    """Return the ids that `NAME@odata.bind` refers to."""
    links = body.get(f"{name}@odata.bind") or []
    if not isinstance(links, list):
        raise BadRequestError(f"Invalid value for '{name}@odata.bind'.")
    return [linked(str(link)) for link in links]


def linked(link: str) -> str:
    """Return the id at the end of an `@odata.id`, written with a slash or with parentheses."""
    ident = link.rstrip("/").rpartition("/")[2]
    return ident.partition("('")[2].rstrip("')") if "('" in ident else ident


def check_permissions(old: Iterable[Object], new: Iterable[Any], what: str) -> None:
    """Refuse what Graph refuses about app roles and exposed scopes: disable before delete, no doubles."""
    entries = [entry for entry in new if isinstance(entry, dict)]
    idents = [str(entry.get("id", "")).lower() for entry in entries]
    if "" in idents:
        raise BadRequestError(f"A value is required for property 'id' of an entry of {what}.")
    if len(set(idents)) != len(idents):
        raise BadRequestError(f"Request contains a property with duplicate values: {what} has an id twice.")
    values = [entry["value"] for entry in entries if entry.get("value")]
    if len(set(values)) != len(values):
        raise BadRequestError(f"Request contains a property with duplicate values: {what} has a value twice.")
    by_id = dict(zip(idents, entries, strict=True))
    for entry in old:
        kept = by_id.get(str(entry["id"]).lower())
        if entry.get("isEnabled", True) and (kept is None or kept.get("value") != entry.get("value")):
            raise BadRequestError(
                "Property value cannot be deleted or updated unless it is disabled first.",
                code="CannotDeleteOrUpdateEnabledEntitlement",
            )


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_password(wanted: Mapping[str, Any], key_id: str, now: float) -> tuple[Object, str]:
    """Return a password credential as it is kept, and its secret, which is shown once."""
    secret = secrets.token_urlsafe(30)
    credential = {
        "customKeyIdentifier": None,
        "displayName": wanted.get("displayName"),
        "endDateTime": wanted.get("endDateTime") or _iso(now + 2 * _YEAR),
        "hint": secret[:3],
        "keyId": key_id,
        "secretText": None,
        "startDateTime": wanted.get("startDateTime") or _iso(now),
    }
    return credential, secret


def with_password(row: Object, wanted: Any, key_id: str, now: float) -> tuple[Object, Object]:
    """Return the object with one more secret, and the credential that shows it."""
    credential, secret = new_password(wanted if isinstance(wanted, dict) else {}, key_id, now)
    changed = {
        **row,
        "passwordCredentials": [*row["passwordCredentials"], credential],
        "_secrets": {**row.get("_secrets", {}), key_id: digest(secret)},
    }
    return changed, {**credential, "secretText": secret}


def without_password(row: Object, key_id: Any) -> Object:
    """Return the object without this secret."""
    left = [entry for entry in row["passwordCredentials"] if entry["keyId"] != key_id]
    if len(left) == len(row["passwordCredentials"]):
        raise PasswordNotFoundError
    secrets = {name: value for name, value in row.get("_secrets", {}).items() if name != key_id}
    return {**row, "passwordCredentials": left, "_secrets": secrets}


def key_credential(entry: Mapping[str, Any], key_id: str, now: float) -> Object:
    """Return a key credential as it is kept, with thumbprint and dates of its certificate where it is one."""
    result: Object = {
        "customKeyIdentifier": entry.get("customKeyIdentifier"),
        "displayName": entry.get("displayName"),
        "endDateTime": entry.get("endDateTime") or _iso(now + _YEAR),
        "key": entry.get("key"),
        "keyId": str(entry.get("keyId") or key_id),
        "startDateTime": entry.get("startDateTime") or _iso(now),
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


def merge_keys(old: Iterable[Object], new: Iterable[Any], make_id: Any, now: float) -> list[Object]:
    """Return the key credentials after a PATCH; entries without a key keep the one they had."""
    kept = {entry["keyId"]: entry for entry in old}
    result = []
    for entry in new:
        if not isinstance(entry, dict):
            raise BadRequestError("Invalid value for property 'keyCredentials'.")
        before = kept.get(str(entry.get("keyId")))
        if before is not None and not entry.get("key"):
            result.append(before)
        else:
            result.append(key_credential(entry, make_id(), now))
    return result


def without_keys(row: Object) -> Object:
    """Return the object as it is shown unless `keyCredentials` is selected: without the keys themselves."""
    if not row.get("keyCredentials"):
        return row
    return {**row, "keyCredentials": [{**entry, "key": None} for entry in row["keyCredentials"]]}


def seconds(moment: Any, otherwise: float = float("inf")) -> float:
    """Return the time of a date as Graph writes it, in seconds; `otherwise` where it is none."""
    try:
        return datetime.fromisoformat(str(moment).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return otherwise


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
