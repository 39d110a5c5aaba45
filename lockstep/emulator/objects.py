"""The bodies of Graph's objects: checked against a kind's properties, merged by a PATCH. Knows no table and no HTTP."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.odata import documented
from lockstep.emulator.store import Object

_WORDS = frozenset({"displayName", "uniqueName", "signInAudience", "description", "name", "issuer", "subject"})
_IDS = random.Random()  # noqa: S311 (see request_id)
_WORD_LISTS = frozenset({"identifierUris", "tags", "redirectUris", "audiences", "alternativeNames"})


def request_id() -> str:
    """Return an id for a request or an answer: nobody has to be unable to guess it, so it takes none of the entropy."""
    return str(uuid.UUID(int=_IDS.getrandbits(128), version=4))


def copied(value: Any) -> Any:
    """Return a copy of a JSON value, which shares no list and no object with it."""
    if isinstance(value, Mapping):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def merge(old: Mapping[str, Any], new: Mapping[str, Any], defaults: Mapping[str, Any]) -> Object:
    """Return an object after a PATCH: complex values are merged, lists are replaced, null is the default again."""
    result = dict(old)
    for name, value in new.items():
        default = defaults.get(name)
        if isinstance(default, dict) and isinstance(value, dict):
            result[name] = merge(result.get(name) or default, value, default)
        elif value is None:
            result[name] = copied(default)
        else:
            result[name] = value
    return result


def checked(body: Mapping[str, Any], defaults: Mapping[str, Any], kind: str, ignored: Iterable[str] = ()) -> Object:
    """Return the body without annotations; refuse names that the kind does not have, and wrong types."""
    values: Object = {}
    for name, value in body.items():
        if "@odata" in name or name in ignored:
            continue
        if name not in defaults:
            if documented.find([kind[:1].lower() + kind[1:]], name, "beta") is not None:
                raise BadRequestError(f"Property '{name}' is read-only and cannot be set.")
            raise documented.invalid(name)
        _check_type(value, defaults[name], name, kind)
        values[name] = value
    return values


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


def existing(row: Object | None, ident: str) -> Object:
    """Return an object that was looked up under this id; NotFoundError when there is none."""
    if row is None:
        raise NotFoundError(ident)
    return row


def texts(body: Mapping[str, Any]) -> Object:
    """Return the properties of a body whose values are texts."""
    return {name: value for name, value in body.items() if isinstance(value, str)}


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


def without_keys(row: Object) -> Object:
    """Return the object as it is shown unless `keyCredentials` is selected: without the keys themselves."""
    if not row.get("keyCredentials"):
        return row
    return {**row, "keyCredentials": [{**entry, "key": None} for entry in row["keyCredentials"]]}


def security_identifier(ident: str) -> str:
    """Return the SID that Entra makes of the id of a user or group, as Windows knows it."""
    raw = uuid.UUID(ident).bytes_le
    return "-".join(["S-1-12-1", *(str(int.from_bytes(raw[start : start + 4], "little")) for start in range(0, 16, 4))])


def seconds(moment: Any, otherwise: float = float("inf")) -> float:
    """Return the time of a date as Graph writes it, in seconds; `otherwise` where it is none."""
    try:
        return datetime.fromisoformat(str(moment).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return otherwise


def written(moment: float) -> str:
    """Return a time in seconds as Graph writes it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
