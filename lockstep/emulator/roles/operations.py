"""Directory roles: their operations."""

from __future__ import annotations

from lockstep.emulator.collection import Collection, read_only
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.bodies import body
from lockstep.emulator.permissions.needs import READ_ROLES, WRITE_ROLES
from lockstep.emulator.relations import ANY_OBJECT, Links, relation, typed_object
from lockstep.emulator.roles.definitions import ROLE_DEFINITION
from lockstep.emulator.roles.model import DIRECTORY_ROLE, ROLE_ASSIGNMENT, ROLE_TEMPLATE
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response, Routes

_ASSIGNMENTS = "roleManagement/directory/roleAssignments"
_DEFINITIONS = "roleManagement/directory/roleDefinitions"
ROUTES = Routes(
    [
        *Collection(_DEFINITIONS, ROLE_DEFINITION, lambda tenant: tenant.role_definitions).routes(
            "role definition",
            read=READ_ROLES,
            create=WRITE_ROLES,
            write=WRITE_ROLES,
            counted=False,
            notes={"POST": " (custom)", "PATCH": " (custom)", "DELETE": " (custom; with its assignments)"},
        ),
        *read_only(
            "directoryRoleTemplates",
            ROLE_TEMPLATE,
            lambda tenant: tenant.roles.templates(),
            READ_ROLES,
            listed="List directory role templates",
            got="Get directory role template",
        ),
    ]
)
_ONE_ASSIGNMENT = f"/{_ASSIGNMENTS}/{{id}}"
_EXPANDS: dict[str, answers.Expand] = {
    "members": answers.Expand(
        ANY_OBJECT, lambda request, row: [typed_object(member) for member in request.tenant.roles.members(row)]
    )
}
_ASSIGNMENT_EXPANDS: dict[str, answers.Expand] = {
    "principal": answers.Expand(ANY_OBJECT, lambda request, row: _principal(request, row)),
    "roleDefinition": answers.Expand(
        ROLE_DEFINITION, lambda request, row: request.tenant.role_definitions.get(row["roleDefinitionId"])
    ),
}


def _principal(request: Request, row: Object) -> Object:
    return typed_object(request.tenant.objects.get(row["principalId"]))


def _assignment(request: Request) -> Object:
    return request.tenant.roles.get(request.refs["id"].value)


def _role(request: Request) -> Object:
    ref = request.refs["id"]
    return request.tenant.roles.role(ref.value, ref.key)


@ROUTES.answer("GET", f"/{_ASSIGNMENTS}", READ_ROLES)
def _list_assignments(request: Request) -> Response:
    """List role assignments."""
    table = request.tenant.roles.table
    return answers.listing(request, table, ROLE_ASSIGNMENT, _ASSIGNMENTS, expands=_ASSIGNMENT_EXPANDS)


@ROUTES.answer("POST", f"/{_ASSIGNMENTS}", WRITE_ROLES)
def _create_assignment(request: Request) -> Response:
    """Assign a directory role."""
    row = request.tenant.roles.create(body(request, ROLE_ASSIGNMENT))
    return answers.entity(request, row, ROLE_ASSIGNMENT, _ASSIGNMENTS, status=201)


@ROUTES.answer("GET", _ONE_ASSIGNMENT, READ_ROLES)
def _get_assignment(request: Request) -> Response:
    """Get role assignment."""
    row = _assignment(request)
    return answers.entity(request, row, ROLE_ASSIGNMENT, _ASSIGNMENTS, expands=_ASSIGNMENT_EXPANDS)


@ROUTES.answer("DELETE", _ONE_ASSIGNMENT, WRITE_ROLES)
def _delete_assignment(request: Request) -> Response:
    """Remove role assignment."""
    request.tenant.roles.delete(_assignment(request))
    return Response(204)


@ROUTES.answer("GET", f"{_ONE_ASSIGNMENT}/principal", READ_ROLES)
def _get_principal(request: Request) -> Response:
    """Get who has it."""
    return answers.entity(request, _principal(request, _assignment(request)), ANY_OBJECT, "directoryObjects")


@ROUTES.answer("GET", f"{_ONE_ASSIGNMENT}/roleDefinition", READ_ROLES)
def _get_definition_of(request: Request) -> Response:
    """Get which role it is."""
    definition = request.tenant.role_definitions.get(_assignment(request)["roleDefinitionId"])
    return answers.entity(request, definition, ROLE_DEFINITION, _DEFINITIONS)


@ROUTES.answer("GET", "/directoryRoles", READ_ROLES)
def _list_roles(request: Request) -> Response:
    """List directory roles in use."""
    roles = request.tenant.roles
    return answers.listing(request, roles.active(), DIRECTORY_ROLE, "directoryRoles", expands=_EXPANDS)


@ROUTES.answer("POST", "/directoryRoles", WRITE_ROLES)
def _activate(request: Request) -> Response:
    """Activate a directory role."""
    row = request.tenant.roles.activate(str(body(request, DIRECTORY_ROLE).get("roleTemplateId", "")))
    return answers.entity(request, row, DIRECTORY_ROLE, "directoryRoles", status=201)


@ROUTES.answer("GET", "/directoryRoles/{id}", READ_ROLES)
def _get_role(request: Request) -> Response:
    """Get directory role (also by roleTemplateId)."""
    return answers.entity(request, _role(request), DIRECTORY_ROLE, "directoryRoles", expands=_EXPANDS)


ROUTES += relation(
    "/directoryRoles/{id}",
    "members",
    lambda request: request.tenant.roles.members(_role(request)),
    READ_ROLES,
    casts=("groups", "servicePrincipals", "users"),
    links=Links(
        lambda request, ident: request.tenant.roles.assign(ident, _role(request)["roleTemplateId"]),
        lambda request, ident: request.tenant.roles.remove_member(_role(request), ident),
        WRITE_ROLES,
        WRITE_ROLES,
    ),
)
