"""The APIs whose permissions vendors ask for, with their full permission lists.

The lists are data: one file an API in `data/apis`, each as a tenant shows it, and those of the project's private
catalogue. A list is read when somebody first asks for it, and kept. So are Microsoft's own apps, which have the same
app id in every tenant (`data/first-party.json`).
Knows nothing of vendors, editions, Pulumi or Graph clients.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lockstep.catalogue.permission import Permission, PermissionType
from lockstep.catalogue.private import kept, private_file, private_files
from lockstep.yaml_file import Node

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class ApiPermission:
    """One permission that an API offers.

    `admin_consent_required` is None where no public source says; treat it as True. `enabled` is False for the few
    permissions that Microsoft lists but has switched off.
    """

    name: str
    type: PermissionType
    id: str
    display_name: str
    admin_consent_required: bool | None
    enabled: bool


@dataclass(frozen=True, slots=True)
class Retirement:
    """That Microsoft has retired an API: the first day on which it answers nobody, and the page that says so."""

    since: str
    source: str


@dataclass(frozen=True)
class Api:
    """An API and every permission it offers.

    `app_id` is `app:<key>` while the API is a vendor's own app that is not created yet. `snapshot` says when and how
    Microsoft's list was read, and is empty for a vendor's own app.
    """

    key: str
    name: str
    app_id: str
    permissions: tuple[ApiPermission, ...]
    snapshot: str = ""
    retired: Retirement | None = None

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], ApiPermission]:
        # The first of a name counts: an API may have given a permission a second id.
        return {(entry.type, entry.name): entry for entry in reversed(self.permissions)}

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], ApiPermission]:
        return {(entry.type, entry.id): entry for entry in self.permissions}

    def find(self, name: str, type: PermissionType) -> ApiPermission | None:
        """Return the permission of this exact name and type, or None."""
        return self._by_name.get((type, name))

    def by_id(self, type: PermissionType, id: str) -> ApiPermission | None:
        """Return the permission of this type and GUID, or None; the GUID's case does not matter."""
        return self._by_id.get((type, id.lower()))

    def names(self, type: PermissionType) -> tuple[str, ...]:
        """Return the names of all permissions of one type."""
        return tuple(entry.name for entry in self.permissions if entry.type is type)

    def permission(self, entry: ApiPermission) -> Permission:
        """Return the identity of one of this API's permissions."""
        return Permission(self.app_id, entry.type, entry.id)


@dataclass(frozen=True, slots=True)
class ObservedGrant:
    """A tenant-wide delegated grant that Microsoft itself holds on one of its principals, as seen in a tenant."""

    principal: str
    resource: str
    scopes: tuple[str, ...]


@cache
def data(name: str) -> dict[str, Any]:
    """Return what one of the catalogue's JSON files holds."""
    document: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return document


class _Apis(Mapping[str, Api]):
    """The public APIs by key, each read when it is asked for: most commands need the first two only."""

    def __init__(self) -> None:
        self._keys = tuple(dict.fromkeys((*shipped_apis(), *_private_lists())))

    def __getitem__(self, key: str) -> Api:
        if key not in self._keys:
            raise KeyError(key)
        return _api(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys


@kept
def apis() -> Mapping[str, Api]:
    """Return the APIs by key: `graph` and `sharepoint` first, then the others by their keys, then the project's own."""
    return _Apis()


@cache
def shipped_apis() -> tuple[str, ...]:
    """Return the keys of the APIs whose lists ship with Lockstep."""
    keys = sorted(path.stem for path in (DATA / "apis").glob("*.json"))
    return tuple(dict.fromkeys(("graph", "sharepoint", *keys)))


def api_document(key: str) -> dict[str, Any]:
    """Return what the list of an API holds, a shipped one or one of the private catalogue."""
    return data(f"apis/{key}.json") if key in shipped_apis() else _private_lists()[key]


@kept
def _private_lists() -> Mapping[str, dict[str, Any]]:
    """Return the lists of the private catalogue by key; CatalogueError for one that would change a shipped one."""
    lists: dict[str, dict[str, Any]] = {}
    owners: dict[str, str] = {}
    for name in private_files():
        if not name.startswith("apis/"):
            continue
        root = private_file(name)
        assert root is not None  # noqa: S101  (it is there)
        document = root.value()
        key, fields = document["key"], root.fields
        if name != f"apis/{key}.json":
            raise fields["key"].refuse(f"the list is of {key!r}, and the file is called {name}; keep it as {key}.json")
        if key in shipped_apis():
            raise fields["key"].refuse(f"Lockstep ships the list of {key!r}, which a private one never changes")
        owners = owners or {data(f"apis/{shipped}.json")["app_id"]: shipped for shipped in shipped_apis()}
        taken = owners.setdefault(document["app_id"], key)
        if taken != key:
            raise fields["app_id"].refuse(f"the API of this app id has a list already, by the key {taken!r}; use that")
        _refuse_twins(fields["permissions"].items)
        for row in document["permissions"]:
            row.setdefault("enabled", True)
            row.setdefault("admin_consent_required", None)
        lists[key] = document
    return lists


def _refuse_twins(rows: list[Node]) -> None:
    places: dict[tuple[str, str], int] = {}
    for row in rows:
        identity = (row.fields["type"].text, row.fields["id"].text)
        first = places.setdefault(identity, row.line)
        if first != row.line:
            raise row.refuse(f"{' '.join(identity)} stands twice, first in line {first}; keep one")


def api_of(app_id: str) -> Api | None:
    """Return the public API of an app id, whatever its case, or None where no list is of it."""
    return next((api for api in apis().values() if api.app_id == app_id.lower()), None)


@kept
def names_of_apis() -> tuple[tuple[str, str], ...]:
    """Return what people call the APIs, in lower case, with each API's key; the longest name first."""
    names = {
        name.casefold(): key
        for key, api in apis().items()
        for name in (api.name, *api_document(key).get("also_called", ()))
    }
    return tuple(sorted(names.items(), key=lambda entry: (-len(entry[0]), entry[0])))


def words_for_apis() -> Mapping[str, str]:
    """Return the key of each API by the words that mean it: the key itself, and what people call the API."""
    return {**dict(names_of_apis()), **{key: key for key in apis()}}


@kept
def _api(key: str) -> Api:
    return api_from(api_document(key))


def api_from(document: Mapping[str, Any]) -> Api:
    """Return the API that a list of its permissions describes: a shipped one, or one made from a tenant."""
    types = {member.value: member for member in PermissionType}
    permissions = tuple(
        ApiPermission(
            name=row["value"],
            type=types[row["type"]],
            id=row["id"],
            display_name=row["display_name"],
            admin_consent_required=row["admin_consent_required"],
            enabled=row["enabled"],
        )
        for row in document["permissions"]
    )
    retired = Retirement(**document["retired"]) if "retired" in document else None
    return Api(document["key"], document["name"], document["app_id"], permissions, document["snapshot"], retired)


@kept
def public_apps() -> Mapping[str, str]:
    """Return the names of Microsoft's own APIs and apps, and of the APIs that the project itself lists, by app id."""
    private = {document["app_id"]: document["name"] for document in _private_lists().values()}
    return MappingProxyType({**private, **{app["app_id"]: app["name"] for app in data("first-party.json")["apps"]}})


def is_public(app_id: str) -> bool:
    """Tell whether an app id is that of an API or app which no stack makes: Microsoft's own, or a listed one."""
    return app_id.lower() in public_apps()


@cache
def observed_grants() -> tuple[ObservedGrant, ...]:
    """Return Microsoft's own grants on the SharePoint principals, as seen in one tenant."""
    rows = data("first-party.json")["observed_grants"]
    return tuple(ObservedGrant(row["principal"], row["resource"], tuple(row["scopes"])) for row in rows)
