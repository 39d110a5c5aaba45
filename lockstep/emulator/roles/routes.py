"""Directory roles: which operation is answered by whom."""

from __future__ import annotations

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
    route("GET", "/directoryRoleTemplates", r.list_templates, "List directory role templates"),
    route("GET", "/directoryRoles", r.list_roles, "List directory roles in use"),
    route("POST", "/directoryRoles", r.activate, "Activate a directory role"),
    route("GET", _ROLE, r.get_role, "Get directory role (also by roleTemplateId)"),
    route("GET", _ROLE + "/members", r.list_members, "List members of a directory role"),
    route("POST", _ROLE + "/members/$ref", r.add_member, "Add member to a directory role"),
    route("DELETE", _ROLE + "/members/{member}/$ref", r.remove_member, "Remove member of a directory role"),
]
