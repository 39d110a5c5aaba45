"""Directory roles: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.directoryobjects.relations import Links, relation
from lockstep.emulator.roles import responses as r
from lockstep.emulator.wire import route

_DEFINITIONS = "/roleManagement/directory/roleDefinitions"
_ASSIGNMENTS = "/roleManagement/directory/roleAssignments"
_ROLE = "/directoryRoles/{id}"

ROUTES = [
    route("GET", _DEFINITIONS, r.list_definitions, "List role definitions (built-in ones)"),
    route("GET", _DEFINITIONS + "/{id}", r.get_definition, "Get role definition"),
    route("GET", _ASSIGNMENTS, r.list_assignments, "List role assignments"),
    route("POST", _ASSIGNMENTS, r.create_assignment, "Assign a directory role"),
    route("GET", _ASSIGNMENTS + "/{id}", r.get_assignment, "Get role assignment"),
    route("DELETE", _ASSIGNMENTS + "/{id}", r.delete_assignment, "Remove role assignment"),
    route("GET", _ASSIGNMENTS + "/{id}/principal", r.get_principal, "Get who has it", like=_ASSIGNMENTS),
    route("GET", _ASSIGNMENTS + "/{id}/roleDefinition", r.get_role_of, "Get which role it is", like=_ASSIGNMENTS),
    route("GET", "/directoryRoleTemplates", r.list_templates, "List directory role templates"),
    route("GET", "/directoryRoleTemplates/{id}", r.get_template, "Get directory role template"),
    route("GET", "/directoryRoles", r.list_roles, "List directory roles in use"),
    route("POST", "/directoryRoles", r.activate, "Activate a directory role"),
    route("GET", _ROLE, r.get_role, "Get directory role (also by roleTemplateId)"),
    *relation(
        _ROLE,
        "members",
        r.members,
        casts=("groups", "servicePrincipals", "users"),
        links=Links(add=r.add_member, remove=r.remove_member),
    ),
]
