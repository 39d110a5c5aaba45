"""The operations that most kinds of objects share: list, count, create, get, change and delete.

A service makes one `Collection` for its kind and adds the operations that only its kind has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.credentials import CredentialHolders
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.objects import existing, without_keys
from lockstep.emulator.odata import answers, documented
from lockstep.emulator.odata.bodies import body
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.permissions.needs import OWNED_BY, Needs
from lockstep.emulator.records import ObjectKind
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant
from lockstep.emulator.wire import Handler, Request, Response, Routes

_SECRET = "passwordCredential"  # noqa: S105 - the name of a type
Create = Callable[[Request, Mapping[str, Any]], Object]


@dataclass(frozen=True)
class Collection:
    """The objects of one kind, and the usual operations over them."""

    name: str
    entity: Entity
    kind: Callable[[Tenant], ObjectKind]
    expands: Mapping[str, answers.Expand] | None = None
    create: Create | None = None
    upsert_by: str = ""
    """The alternate key by which a PATCH may create what is not there."""

    def find(self, request: Request) -> Object:
        """Return the object that `{id}` in the path means."""
        ref = request.refs["id"]
        return self.kind(request.tenant).get(ref.value, ref.key)

    def routes(
        self,
        noun: str,
        *,
        read: Needs,
        create: Needs,
        write: Needs,
        delete: Needs | None = None,
        counted: bool = True,
        notes: Mapping[str, str] | None = None,
    ) -> Routes:
        """Return the usual operations, with what each needs; `notes` say more about a method than `noun` does."""
        routes = Routes()
        path = f"/{self.name}"

        def add(method: str, template: str, handler: Handler, verb: str, needs: Needs) -> None:
            routes.add(method, template, handler, verb + (notes or {}).get(method, ""), needs)

        add("GET", path, self._list, f"List {noun}s", read)
        if counted:
            add("GET", f"{path}/$count", self._count, f"Count {noun}s", read)
        add("POST", path, self._post, f"Create {noun}", create)
        add("GET", path + "/{id}", self._get, f"Get {noun}", read)
        add("PATCH", path + "/{id}", self._patch, f"Update {noun}", write)
        add("DELETE", path + "/{id}", self._delete, f"Delete {noun}", delete or write)
        return routes

    def _list(self, request: Request) -> Response:
        return answers.listing(request, self.kind(request.tenant).listed, self.entity, self.name, expands=self.expands)

    def _count(self, request: Request) -> Response:
        return answers.count(request, self.kind(request.tenant).listed, self.entity)

    def _post(self, request: Request) -> Response:
        return self._created(request, body(request, self.entity))

    def _created(self, request: Request, values: Mapping[str, Any]) -> Response:
        row = self.create(request, values) if self.create else self.kind(request.tenant).create(values)
        return answers.entity(request, without_keys(row), self.entity, self.name, status=201)

    def _get(self, request: Request) -> Response:
        row = self.find(request)
        if "keyCredentials" not in request.query.get("$select", ""):
            row = without_keys(row)
        return answers.entity(request, row, self.entity, self.name, expands=self.expands)

    def _patch(self, request: Request) -> Response:
        ref, values, kind = request.refs["id"], body(request, self.entity), self.kind(request.tenant)
        row = kind.find(ref.value, ref.key)
        if row is not None:
            kind.update(row, values)
            return Response(204)
        if ref.key == self.upsert_by and request.creates_if_missing:
            return self._created(request, {**values, ref.key: ref.value})
        raise NotFoundError(ref.value)

    def _delete(self, request: Request) -> Response:
        self.kind(request.tenant).delete(self.find(request))
        return Response(204)


def caller_as_owner(request: Request) -> list[str]:
    """Return the caller where it may only manage what it owns: Entra makes it an owner of what it creates then."""
    roles, oid = request.caller.get("roles", ()), str(request.caller.get("oid", ""))
    only_owned = OWNED_BY in roles and "Application.ReadWrite.All" not in roles
    # A token outlives its principal.
    return [oid] if only_owned and request.tenant.objects.find(oid) else []


def secrets(path: str, collection: Collection, kind: Callable[[Tenant], CredentialHolders], needs: Needs) -> Routes:
    """Return the operations on the secrets of applications and service principals."""

    def add(request: Request) -> Response:
        credential = request.json().get("passwordCredential") or {}
        documented.check_value(_SECRET, documented.Documented(_SECRET, type=_SECRET), credential, request.version)
        shown = kind(request.tenant).add_password(collection.find(request)["id"], credential)
        return Response(200, {"@odata.context": request.context("microsoft.graph.passwordCredential"), **shown})

    def remove(request: Request) -> Response:
        kind(request.tenant).remove_password(collection.find(request), request.json().get("keyId"))
        return Response(204)

    routes = Routes()
    routes.add("POST", path + "/{id}/addPassword", add, "Add a secret", needs)
    routes.add("POST", path + "/{id}/removePassword", remove, "Remove a secret", needs)
    return routes


def read_only(
    name: str, entity: Entity, rows: Callable[[Tenant], list[Object]], needs: Needs, *, listed: str, got: str
) -> Routes:
    """Return the operations on objects that nobody creates: list them, and get one; `listed` and `got` say what."""

    def list_(request: Request) -> Response:
        return answers.listing(request, rows(request.tenant), entity, name)

    def get(request: Request) -> Response:
        ident = request.refs["id"].value
        row = next((row for row in rows(request.tenant) if row["id"] == ident.lower()), None)
        return answers.entity(request, existing(row, ident), entity, name)

    routes = Routes()
    routes.add("GET", f"/{name}", list_, listed, needs)
    routes.add("GET", f"/{name}/{{id}}", get, got, needs)
    return routes
