"""App registrations: wire in, wire out. Knows no tables' insides."""

from __future__ import annotations

from lockstep.emulator.applications import federated, logo
from lockstep.emulator.applications.entity import APPLICATION, FEDERATED
from lockstep.emulator.directoryobjects.responses import object_expands
from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.objects import without_keys
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.query import present
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response

_EXPANDS = object_expands("owners")
_OWNED_BY, _ALL = "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"


def find(request: Request) -> Object:
    """Return the application that the path means."""
    ref = request.ref("id")
    return request.tenant.applications.get(ref.value, ref.key)


def _shown(request: Request, row: Object) -> Object:
    return row if "keyCredentials" in request.query.get("$select", "") else without_keys(row)


def list_(request: Request) -> Response:
    """GET /applications."""
    return answers.listing(request, request.tenant.applications.table, APPLICATION, "applications", expands=_EXPANDS)


def count(request: Request) -> Response:
    """GET /applications/$count."""
    return answers.count(request, request.tenant.applications.table, APPLICATION)


def create(request: Request) -> Response:
    """POST /applications."""
    row = request.tenant.applications.create(request.json(), creator(request))
    return answers.entity(request, without_keys(row), APPLICATION, "applications", status=201)


def creator(request: Request) -> list[str]:
    """Return the caller as owner when it may only manage what it owns: Entra adds it then."""
    roles = request.caller.get("roles", ())
    return [str(request.caller["oid"])] if _OWNED_BY in roles and _ALL not in roles else []


def get(request: Request) -> Response:
    """GET /applications/{id}."""
    return answers.entity(request, _shown(request, find(request)), APPLICATION, "applications", expands=_EXPANDS)


def update(request: Request) -> Response:
    """PATCH /applications/{id}, and create by uniqueName when asked to."""
    ref, body = request.ref("id"), request.json()
    row = request.tenant.applications.find(ref.value, ref.key)
    if row is not None:
        request.tenant.applications.update(row, body)
        return Response(204)
    if ref.key == "uniqueName" and request.creates_if_missing:
        row = request.tenant.applications.upsert(ref.value, body)
        return answers.entity(request, without_keys(row), APPLICATION, "applications", status=201)
    raise NotFoundError(ref.value)


def delete(request: Request) -> Response:
    """DELETE /applications/{id}."""
    request.tenant.applications.delete(find(request))
    return Response(204)


def get_logo(request: Request) -> Response:
    """GET /applications/{id}/logo."""
    kind, content = logo.get(find(request))
    return Response(200, None, {"Content-Type": kind}, content=content)


def set_logo(request: Request) -> Response:
    """PUT /applications/{id}/logo."""
    logo.put(request.tenant, find(request), request.body, request.base)
    return Response(204)


def add_password(request: Request) -> Response:
    """POST /applications/{id}/addPassword."""
    wanted = request.json().get("passwordCredential") or {}
    shown = request.tenant.applications.add_password(find(request)["id"], wanted)
    return Response(200, {"@odata.context": request.context("microsoft.graph.passwordCredential"), **shown})


def remove_password(request: Request) -> Response:
    """POST /applications/{id}/removePassword."""
    request.tenant.applications.remove_password(find(request), request.json().get("keyId"))
    return Response(204)


def list_federated(request: Request) -> Response:
    """GET /applications/{id}/federatedIdentityCredentials."""
    row = find(request)
    return answers.listing(
        request, request.tenant.applications.table, FEDERATED, "federatedIdentityCredentials", federated.every(row)
    )


def count_federated(request: Request) -> Response:
    """GET /applications/{id}/federatedIdentityCredentials/$count."""
    return answers.count(request, request.tenant.applications.table, FEDERATED, federated.every(find(request)))


def create_federated(request: Request) -> Response:
    """POST /applications/{id}/federatedIdentityCredentials."""
    entry = federated.create(request.tenant, find(request), request.json())
    return answers.entity(request, entry, FEDERATED, "federatedIdentityCredentials", status=201)


def _federated(request: Request, row: Object) -> Object:
    ref = request.ref("credential")
    if ref.key not in ("id", "name"):
        raise BadRequestError(f"The alternate key '{ref.key}' is not one of resource 'FederatedIdentityCredential'.")
    return federated.get(row, ref.value, ref.key)


def get_federated(request: Request) -> Response:
    """GET /applications/{id}/federatedIdentityCredentials/{credential}."""
    entry = _federated(request, find(request))
    return answers.entity(request, present(entry, FEDERATED), FEDERATED, "federatedIdentityCredentials")


def update_federated(request: Request) -> Response:
    """PATCH /applications/{id}/federatedIdentityCredentials/{credential}."""
    row, ref, body = find(request), request.ref("credential"), request.json()
    known = {entry["name"] for entry in federated.every(row)}
    if ref.key == "name" and ref.value not in known and request.creates_if_missing:
        entry = federated.create(request.tenant, row, {**body, "name": ref.value})
        return answers.entity(request, entry, FEDERATED, "federatedIdentityCredentials", status=201)
    federated.update(request.tenant, row, _federated(request, row), body)
    return Response(204)


def delete_federated(request: Request) -> Response:
    """DELETE /applications/{id}/federatedIdentityCredentials/{credential}."""
    row = find(request)
    federated.delete(request.tenant, row, _federated(request, row))
    return Response(204)
