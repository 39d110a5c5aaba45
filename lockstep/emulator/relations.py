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
from lockstep.emulator.store import Object
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
)
Read = Callable[[Request], list[Located]]
LinkEdit = Callable[[Request, str], object]


def typed(table: str) -> str:
    """Return the type of a table's objects, as a path casts to it."""
    return _TYPES[table].lstrip("#")


def shown_objects(objects: Iterable[Located], version: str) -> list[Object]:
    """Return objects of any kind as a response shows them."""
    return [
        {"@odata.type": _TYPES[table], **present(without_keys(row), KINDS[table], version=version)}
        for table, row in objects
    ]


EXPANDS: dict[str, answers.Expand] = {
    "members": lambda request, row: shown_objects(request.tenant.groups.members(row), request.version),
    "owners": lambda request, row: shown_objects(request.tenant.objects.owners(row), request.version),
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

    def add_lists(path: str, tables: Iterable[str], summary: str) -> None:
        def rows(request: Request) -> list[Object]:
            return shown_objects([located for located in read(request) if located[0] in tables], request.version)

        words = {"listed": f"List {summary}", "counted": f"Count {summary}"}
        answers.add_lists(routes, path, ANY_OBJECT, "directoryObjects", "users", rows, needs, **words)

    add_lists(path, KINDS, name)
    for table in casts:
        add_lists(f"{path}/{typed(table)}", (table,), f"{name} of one type")

    def get_one(request: Request) -> Response:
        ident = request.refs["related"].value
        for table, row in read(request):
            if row["id"] == ident.lower():
                shown = shown_objects([(table, row)], request.version)[0]
                return answers.entity(request, shown, KINDS[table], "directoryObjects")
        raise NotFoundError(ident)

    if links is None:
        routes.add("GET", f"{path}/{{related}}", get_one, f"Get one of {name}", needs)
        return routes

    def references(request: Request) -> Response:
        base = f"{request.base}/{request.version}/directoryObjects"
        rows = [{"@odata.id": f"{base}/{row['id']}"} for _, row in read(request)]
        return Response(200, {"@odata.context": request.context("Collection($ref)"), "value": rows})

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
