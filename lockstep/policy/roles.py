"""Judges the directory roles that a stack gives an app's principal: those that it declares, by name and template id.

What the stack may declare, its settings judge: only what the edition documents for the app.
"""

from __future__ import annotations

from collections.abc import Iterator

from lockstep.policy.reading import UNKNOWN, keys, mapping, shown, text
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import DIRECTORY_ROLES


def check_roles(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse each directory role that the stack does not declare for the app, or whose template id is another one."""
    declared = world.app_named(resource)
    if resource.type != DIRECTORY_ROLES or declared is None:
        return  # of an app that is not declared, the rule about apps refuses all
    right = declared.directory_role_ids
    allowed = ", ".join(f"{name} ({ident})" for name, ident in right.items()) or "none"
    fix = (
        f"leave it to the component; a documented role is declared in `directoryRoles` of {declared.key} in the stack"
        " file"
    )
    roles = mapping(resource.props, "roles")
    if roles is None:
        yield Objection("directory roles that are not known before the run", allowed, fix)
        return
    for name in keys(roles):
        ident = text(roles, name)
        if ident is UNKNOWN or right.get(name) != ident.lower():
            yield Objection(
                f"the directory role {name} ({shown(ident)}) for {declared.app.name}, which the stack does not declare",
                allowed,
                fix,
            )
