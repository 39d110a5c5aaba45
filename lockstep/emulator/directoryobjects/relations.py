"""What an object is related to: owners, members, memberships. Each relation is the same few operations everywhere.

    relation("/groups/{id}", "members", read, cast=..., links=...)

lists it, counts it, casts it to a type, and where it has `links` lists, adds and removes references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lockstep.emulator.directoryobjects.responses import ANY_OBJECT, KINDS, objects_page, shown_objects, typed
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.objects import linked
from lockstep.emulator.odata import answers
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Handler, Request, Response, Route, route

Found = list[tuple[str, Object]]
Read = Callable[[Request], Found]
Change = Callable[[Request, str], None]


@dataclass(frozen=True)
class Links:
    """How references of a relation are added and removed; None where that is not possible."""

    add: Change | None = None
    remove: Change | None = None


def relation(one: str, name: str, read: Read, *, casts: Iterable[str] = (), links: Links | None = None) -> list[Route]:
    """Return the routes of a relation of the object at `one`; `casts` are the tables whose types may be asked for."""
    path = f"{one}/{name}"
    word = name[:-1] if name.endswith("s") else name
    routes = [
        route("GET", path, _page(read), f"List {name}"),
        route("GET", f"{path}/$count", _count(read), f"Count {name}", like=path),
    ]
    for table in casts:
        cast = typed(table)
        routes.append(route("GET", f"{path}/{cast}", _page(_of(read, table)), f"List {name} of one type", like=path))
        routes.append(
            route("GET", f"{path}/{cast}/$count", _count(_of(read, table)), f"Count {name} of one type", like=path)
        )
    if links is not None:
        routes.append(route("GET", f"{path}/$ref", _references(read), f"List references to {name}", like=path))
    if links is not None and links.add is not None:
        routes.append(route("POST", f"{path}/$ref", _add(links.add), f"Add {word}"))
    if links is not None and links.remove is not None:
        removal = f"{path}/{{related}}/$ref"
        routes.append(route("DELETE", removal, _remove(links.remove), f"Remove {word}"))
    else:
        routes.append(route("GET", f"{path}/{{related}}", _one(read), f"Get one of {name}", like=path))
    return routes


def _of(read: Read, table: str) -> Read:
    return lambda request: [entry for entry in read(request) if entry[0] == table]


def _page(read: Read) -> Handler:
    return lambda request: objects_page(request, read(request))


def _count(read: Read) -> Handler:
    def handler(request: Request) -> Response:
        rows = shown_objects(read(request), request.version)
        return answers.count(request, request.tenant.store["users"], ANY_OBJECT, rows)

    return handler


def _one(read: Read) -> Handler:
    def handler(request: Request) -> Response:
        ident = request.ref("related").value
        for table, row in read(request):
            if row["id"] == ident.lower():
                shown = shown_objects([(table, row)], request.version)[0]
                return answers.entity(request, shown, KINDS[table], "directoryObjects")
        raise NotFoundError(ident)

    return handler


def _references(read: Read) -> Handler:
    def handler(request: Request) -> Response:
        base = f"{request.base}/{request.version}/directoryObjects"
        rows = [{"@odata.id": f"{base}/{row['id']}"} for _, row in read(request)]
        return Response(200, {"@odata.context": request.context("Collection($ref)"), "value": rows})

    return handler


def _add(change: Change) -> Handler:
    def handler(request: Request) -> Response:
        change(request, linked(str(request.json().get("@odata.id", ""))))
        return Response(204)

    return handler


def _remove(change: Change) -> Handler:
    def handler(request: Request) -> Response:
        change(request, request.ref("related").value)
        return Response(204)

    return handler


def owners(kind: str, find: Callable[[Request], Object]) -> list[Route]:
    """Return the routes of the owners of one kind of object, which is the name of its table too."""
    return relation(
        f"/{kind}/{{id}}",
        "owners",
        lambda request: request.tenant.objects.owners(find(request)),
        casts=("servicePrincipals", "users"),
        links=Links(
            add=lambda request, ident: request.tenant.objects.add_owner(kind, find(request), ident),
            remove=lambda request, ident: request.tenant.objects.remove_owner(kind, find(request), ident),
        ),
    )
