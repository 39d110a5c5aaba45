"""App registrations: their operations."""

from __future__ import annotations

from lockstep.emulator.applications import parts, templates
from lockstep.emulator.applications.model import APPLICATION
from lockstep.emulator.applications.parts import FEDERATED
from lockstep.emulator.collection import Collection, caller_as_owner, secrets
from lockstep.emulator.exceptions import NotSupportedError
from lockstep.emulator.objects import without_keys
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.bodies import body
from lockstep.emulator.odata.query import present
from lockstep.emulator.permissions.needs import (
    ADD_OWNERS,
    CREATE_APPS,
    INSTANTIATE,
    READ_APPS,
    READ_TEMPLATES,
    WRITE_APPS,
)
from lockstep.emulator.relations import EXPANDS, owners
from lockstep.emulator.serviceprincipals.model import PRINCIPAL
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response, Routes

APPLICATIONS = Collection(
    "applications",
    APPLICATION,
    lambda tenant: tenant.applications,
    expands=EXPANDS,
    create=lambda request, body: request.tenant.applications.create(body, caller_as_owner(request)),
    upsert_by="uniqueName",
)
ROUTES = Routes(
    [
        *APPLICATIONS.routes(
            "application",
            read=READ_APPS,
            create=CREATE_APPS,
            write=WRITE_APPS,
            notes={"PATCH": "; upsert by uniqueName with Prefer: create-if-missing", "DELETE": " (soft)"},
        ),
        *secrets("/applications", APPLICATIONS, lambda tenant: tenant.applications, WRITE_APPS),
        *owners("applications", APPLICATIONS.find, READ_APPS, ADD_OWNERS, WRITE_APPS),
    ]
)
_LOGO = "/applications/{id}/logo"
_FEDERATED = "/applications/{id}/federatedIdentityCredentials"
_NAME = "federatedIdentityCredentials"


@ROUTES.answer("GET", _LOGO, READ_APPS)
def _get_logo(request: Request) -> Response:
    """Get logo."""
    kind, content = parts.logo(APPLICATIONS.find(request))
    return Response(200, None, {"Content-Type": kind}, content=content)


@ROUTES.answer("PUT", _LOGO, WRITE_APPS)
def _set_logo(request: Request) -> Response:
    """Set logo (GIF, JPEG or PNG, at most 100 KB)."""
    parts.set_logo(request.tenant, APPLICATIONS.find(request), request.body, request.base)
    return Response(204)


answers.add_lists(
    ROUTES,
    _FEDERATED,
    FEDERATED,
    _NAME,
    lambda request: parts.credentials(APPLICATIONS.find(request)),
    READ_APPS,
    listed="List federated credentials",
    counted="Count federated credentials",
)


@ROUTES.answer("POST", _FEDERATED, WRITE_APPS)
def _create_federated(request: Request) -> Response:
    """Create federated credential."""
    credential = parts.add_credential(request.tenant, APPLICATIONS.find(request), body(request, FEDERATED))
    return answers.entity(request, credential, FEDERATED, _NAME, status=201)


def _credential(request: Request, application: Object) -> Object:
    ref = request.refs["credential"]
    return parts.credential(application, ref.value, ref.key)


@ROUTES.answer("GET", _FEDERATED + "/{credential}", READ_APPS)
def _get_federated(request: Request) -> Response:
    """Get federated credential."""
    return answers.entity(request, _credential(request, APPLICATIONS.find(request)), FEDERATED, _NAME)


@ROUTES.answer("PATCH", _FEDERATED + "/{credential}", WRITE_APPS)
def _update_federated(request: Request) -> Response:
    """Update federated credential; upsert by name with Prefer: create-if-missing."""
    application, ref, values = APPLICATIONS.find(request), request.refs["credential"], body(request, FEDERATED)
    names = {entry["name"] for entry in parts.credentials(application)}
    if ref.key == "name" and ref.value not in names and request.creates_if_missing:
        credential = parts.add_credential(request.tenant, application, {**values, "name": ref.value})
        return answers.entity(request, credential, FEDERATED, _NAME, status=201)
    parts.change_credential(request.tenant, application, _credential(request, application), values)
    return Response(204)


@ROUTES.answer("DELETE", _FEDERATED + "/{credential}", WRITE_APPS)
def _delete_federated(request: Request) -> Response:
    """Delete federated credential."""
    application = APPLICATIONS.find(request)
    parts.remove_credential(request.tenant, application, _credential(request, application))
    return Response(204)


_TEMPLATES = "/applicationTemplates"


@ROUTES.answer("GET", _TEMPLATES, READ_TEMPLATES)
def _list_templates(request: Request) -> Response:
    """List application templates: the one for applications that are not in the gallery."""
    if any(word in request.query.get("$filter", "") for word in ("contains(", "any(")):
        raise NotSupportedError("a search in the gallery's application templates")
    rows = list(templates.TEMPLATES.values())
    answer = answers.listing(request, rows, templates.TEMPLATE, "applicationTemplates")
    if not answer.body["value"] and "$skiptoken" not in request.query:
        # Nothing found would say that the gallery has no such application.
        raise NotSupportedError("the gallery's application templates; the one here is " + templates.NON_GALLERY)
    return answer


@ROUTES.answer("GET", _TEMPLATES + "/{id}", READ_TEMPLATES)
def _get_template(request: Request) -> Response:
    """Get application template."""
    row = templates.template(request.refs["id"].value)
    return answers.entity(request, row, templates.TEMPLATE, "applicationTemplates")


@ROUTES.answer("POST", _TEMPLATES + "/{id}/instantiate", INSTANTIATE)
@ROUTES.answer("POST", _TEMPLATES + "/{id}/microsoft.graph.instantiate", INSTANTIATE)
def _instantiate(request: Request) -> Response:
    """Make an application and its service principal from a template."""
    application, principal = templates.instantiate(
        request.tenant, request.refs["id"].value, request.json(), caller_as_owner(request)
    )
    body = {
        "@odata.context": request.context("microsoft.graph.applicationServicePrincipal"),
        "application": present(without_keys(application), APPLICATION, version=request.version),
        "servicePrincipal": present(without_keys(principal), PRINCIPAL, version=request.version),
    }
    return Response(201, body)
