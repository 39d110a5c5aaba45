"""What an object is related to: owners, members, memberships. Each relation has the same few operations everywhere.

    relation("/groups/{id}", "members", read, READ_GROUPS, casts=("users",), links=Links(...))

answers requests that list the members, count them, or ask for those of one type; and with `links` those that list, add
and remove references. Related objects are of any kind, so this module knows the description of every kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lockstep.emulator.applications.model import APPLICATION
from lockstep.emulator.directoryobjects.model import TYPES, Located
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.groups.model import GROUP
from lockstep.emulator.objects import linked, without_keys
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.filter import EQ, TEXT
from lockstep.emulator.odata.query import Entity, present
from lockstep.emulator.permissions.needs import Needs
from lockstep.emulator.roles.model import DIRECTORY_ROLE
from lockstep.emulator.serviceprincipals.model import PRINCIPAL
from lockstep.emulator.store import PLACE, Object
from lockstep.emulator.users.model import USER
from lockstep.emulator.wire import Request, Response, Routes

KINDS = {
    "applications": APPLICATION,
    "directoryRoles": DIRECTORY_ROLE,
    "groups": GROUP,
    "servicePrincipals": PRINCIPAL,
    "users": USER,
}
_TYPES = {**TYPES, "directoryRoles": "#microsoft.graph.directoryRole"}
ANY_OBJECT = Entity(
    name="DirectoryObject",
    properties=frozenset().union(*(kind.properties for kind in KINDS.values())),
    filters={"id": EQ, "appId": EQ, "displayName": TEXT},
    kinds={_TYPES[table]: kind for table, kind in KINDS.items()},
)
_LAST = 1 << 60
Read = Callable[[Request], list[Located]]
LinkEdit = Callable[[Request, str], object]


def typed(table: str) -> str:
    """Return the type of a table's objects, as a path casts to it."""
    return _TYPES[table].lstrip("#")


def typed_object(located: Located) -> Object:
    """Return an object with the type that it is told apart by among objects of any kind."""
    table, row = located
    return {"@odata.type": _TYPES[table], **without_keys(row)}


def _typed(objects: Iterable[Located]) -> list[Object]:
    return [typed_object(located) for located in objects]


def _placed(request: Request, objects: Iterable[Located]) -> list[Object]:
    """Return objects of any kind, oldest first, each with its place for a page token: a deletion moves no other."""
    placed = []
    for number, (table, row) in enumerate(objects):
        # A directory role is in no table: it is made of its assignments, and comes behind everything else.
        place = request.tenant.store[table].sequence.get(row["id"], _LAST + number)
        placed.append({**typed_object((table, row)), PLACE: place})
    return sorted(placed, key=lambda row: int(row[PLACE]))


def shown_objects(objects: Iterable[Located], version: str) -> list[Object]:
    """Return objects of any kind as a response shows them."""
    return [present(typed_object(located), ANY_OBJECT, version=version) for located in objects]


EXPANDS: dict[str, answers.Expand] = {
    "members": answers.Expand(ANY_OBJECT, lambda request, row: _typed(request.tenant.groups.members(row))),
    "owners": answers.Expand(ANY_OBJECT, lambda request, row: _typed(request.tenant.objects.owners(row))),
}
"""What `$expand` shows for the relationships to objects of any kind; which ones a kind has is in its `Entity`."""


def member(request: Request) -> Object:
    """Return the user, group, service principal or other object that the path names."""
    ref, tenant = request.refs["id"], request.tenant
    if request.collection == "users":
        return tenant.users.get(ref.value)
    if request.collection == "groups":
        return tenant.groups.get(ref.value)
    if request.collection == "serviceprincipals":
        return tenant.principals.get(ref.value, ref.key)
    return tenant.objects.get(ref.value)[1]


@dataclass(frozen=True)
class Links:
    """How references of a relation are added and removed, and which permissions that needs."""

    add: LinkEdit
    remove: LinkEdit
    add_needs: Needs
    remove_needs: Needs


def relation(
    one: str, name: str, read: Read, needs: Needs, *, casts: Iterable[str] = (), links: Links | None = None
) -> Routes:
    """Return the routes of a relation of the object at `one`; `casts` are the tables whose types a path may cast to."""
    path, routes = f"{one}/{name}", Routes()
    word = name[:-1] if name.endswith("s") else name

    def add_lists(path: str, tables: tuple[str, ...], summary: str) -> None:
        kind = KINDS[tables[0]] if len(tables) == 1 else ANY_OBJECT

        def rows(request: Request) -> list[Object]:
            return _placed(request, [located for located in read(request) if located[0] in tables])

        words = {"listed": f"List {summary}", "counted": f"Count {summary}"}
        answers.add_lists(routes, path, kind, "directoryObjects", rows, needs, **words)

    add_lists(path, tuple(KINDS), name)
    for table in casts:
        add_lists(f"{path}/{typed(table)}", (table,), f"{name} of one type")

    def get_one(request: Request) -> Response:
        ident = request.refs["related"].value
        for table, row in read(request):
            if row["id"] == ident.lower():
                return answers.entity(request, typed_object((table, row)), ANY_OBJECT, "directoryObjects")
        raise NotFoundError(ident)

    if links is None:
        routes.add("GET", f"{path}/{{related}}", get_one, f"Get one of {name}", needs)
        return routes

    def references(request: Request) -> Response:
        base = f"{request.base}/{request.version}/directoryObjects"
        page = answers.listing(request, _placed(request, read(request)), ANY_OBJECT, "directoryObjects")
        links = [{"@odata.id": f"{base}/{row['id']}"} for row in page.body["value"]]
        return Response(200, {**page.body, "@odata.context": request.context("Collection($ref)"), "value": links})

    def add(request: Request) -> Response:
        links.add(request, linked(str(request.json().get("@odata.id", ""))))
        return Response(204)

    def remove(request: Request) -> Response:
        links.remove(request, request.refs["related"].value)
        return Response(204)

    routes.add("GET", f"{path}/$ref", references, f"List references to {name}", needs)
    routes.add("POST", f"{path}/$ref", add, f"Add {word}", links.add_needs)
    routes.add("DELETE", f"{path}/{{related}}/$ref", remove, f"Remove {word}", links.remove_needs)
    return routes


def owners(kind: str, find: Callable[[Request], Object], read: Needs, add: Needs, remove: Needs) -> Routes:
    """Return the routes of the owners of one kind of object, which is the name of its table too."""

    return relation(
        f"/{kind}/{{id}}",
        "owners",
        lambda request: request.tenant.objects.owners(find(request)),
        read,
        casts=("servicePrincipals", "users"),
        links=Links(
            lambda request, ident: request.tenant.objects.add_owner(kind, find(request), ident),
            lambda request, ident: request.tenant.objects.remove_link(kind, find(request), "_owners", ident),
            add,
            remove,
        ),
    )
