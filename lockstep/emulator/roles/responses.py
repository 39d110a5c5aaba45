"""Directory roles: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.directoryobjects.responses import ANY_OBJECT, shown_objects
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.odata import answers
from lockstep.emulator.roles.entity import DIRECTORY_ROLE, ROLE_ASSIGNMENT, ROLE_DEFINITION, ROLE_TEMPLATE
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response

_ASSIGNMENTS = "roleManagement/directory/roleAssignments"
_DEFINITIONS = "roleManagement/directory/roleDefinitions"

_ROLE_EXPANDS: dict[str, answers.Expand] = {
    "members": lambda request, row: shown_objects(request.tenant.roles.members(row), request.version)
}
_ASSIGNMENT_EXPANDS: dict[str, answers.Expand] = {
    "principal": lambda request, row: _principal(request, row),
    "roleDefinition": lambda request, row: request.tenant.roles.definition(row["roleDefinitionId"]),
}


def _principal(request: Request, row: Object) -> Object:
    return shown_objects([request.tenant.objects.get(row["principalId"])], request.version)[0]


def list_definitions(request: Request) -> Response:
    """GET /roleManagement/directory/roleDefinitions."""
    roles = request.tenant.roles
    return answers.listing(request, roles.table, ROLE_DEFINITION, _DEFINITIONS, roles.definitions())


def get_definition(request: Request) -> Response:
    """GET /roleManagement/directory/roleDefinitions/{id}."""
    row = request.tenant.roles.definition(request.ref("id").value)
    return answers.entity(request, row, ROLE_DEFINITION, _DEFINITIONS)


def list_assignments(request: Request) -> Response:
    """GET /roleManagement/directory/roleAssignments."""
    return answers.listing(
        request, request.tenant.roles.table, ROLE_ASSIGNMENT, _ASSIGNMENTS, expands=_ASSIGNMENT_EXPANDS
    )


def create_assignment(request: Request) -> Response:
    """POST /roleManagement/directory/roleAssignments."""
    row = request.tenant.roles.create(request.json())
    return answers.entity(request, row, ROLE_ASSIGNMENT, _ASSIGNMENTS, status=201)


def get_assignment(request: Request) -> Response:
    """GET /roleManagement/directory/roleAssignments/{id}."""
    row = request.tenant.roles.get(request.ref("id").value)
    return answers.entity(request, row, ROLE_ASSIGNMENT, _ASSIGNMENTS, expands=_ASSIGNMENT_EXPANDS)


def delete_assignment(request: Request) -> Response:
    """DELETE /roleManagement/directory/roleAssignments/{id}."""
    request.tenant.roles.delete(request.tenant.roles.get(request.ref("id").value))
    return Response(204)


def list_templates(request: Request) -> Response:
    """GET /directoryRoleTemplates."""
    roles = request.tenant.roles
    return answers.listing(request, roles.table, ROLE_TEMPLATE, "directoryRoleTemplates", roles.templates())


def list_roles(request: Request) -> Response:
    """GET /directoryRoles: those that are in use."""
    roles = request.tenant.roles
    return answers.listing(
        request, roles.table, DIRECTORY_ROLE, "directoryRoles", roles.active(), expands=_ROLE_EXPANDS
    )


def activate(request: Request) -> Response:
    """POST /directoryRoles."""
    row = request.tenant.roles.activate(str(request.json().get("roleTemplateId", "")))
    return answers.entity(request, row, DIRECTORY_ROLE, "directoryRoles", status=201)


def _role(request: Request) -> Object:
    ref = request.ref("id")
    return request.tenant.roles.role(ref.value, ref.key)


def get_role(request: Request) -> Response:
    """GET /directoryRoles/{id}."""
    return answers.entity(request, _role(request), DIRECTORY_ROLE, "directoryRoles", expands=_ROLE_EXPANDS)


def get_template(request: Request) -> Response:
    """GET /directoryRoleTemplates/{id}."""
    ident = request.ref("id").value.lower()
    for row in request.tenant.roles.templates():
        if row["id"] == ident:
            return answers.entity(request, row, ROLE_TEMPLATE, "directoryRoleTemplates")
    raise NotFoundError(ident)


def get_principal(request: Request) -> Response:
    """GET /roleManagement/directory/roleAssignments/{id}/principal."""
    shown = _principal(request, request.tenant.roles.get(request.ref("id").value))
    return answers.entity(request, shown, ANY_OBJECT, "directoryObjects")


def get_role_of(request: Request) -> Response:
    """GET /roleManagement/directory/roleAssignments/{id}/roleDefinition."""
    row = request.tenant.roles.get(request.ref("id").value)
    definition = request.tenant.roles.definition(row["roleDefinitionId"])
    return answers.entity(request, definition, ROLE_DEFINITION, _DEFINITIONS)


def members(request: Request) -> list[tuple[str, Object]]:
    """Return the members of a directory role."""
    return request.tenant.roles.members(_role(request))


def add_member(request: Request, ident: str) -> None:
    """Give an object a directory role."""
    request.tenant.roles.assign(ident, _role(request)["roleTemplateId"])


def remove_member(request: Request, ident: str) -> None:
    """Take a directory role from an object."""
    request.tenant.roles.remove_member(_role(request), ident)
