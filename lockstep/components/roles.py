"""The directory roles that a stack gives an app's service principal. Knows one app and no component."""

from __future__ import annotations

import pulumi

from lockstep.provider.resources import DirectoryRoles
from lockstep.settings.stack_app import StackApp


def directory_roles(
    name: str, app: StackApp, client: pulumi.Input[str], address: pulumi.Input[str], parent: pulumi.Resource
) -> DirectoryRoles | None:
    """Give the roles that the stack wants of those that the vendor documents; None where it wants none.

    `client` is the principal's object id, `address` its app id.
    """
    if not app.directory_roles:
        return None
    return DirectoryRoles(
        name,
        tenant_id=app.tenant_id,
        vendor=app.vendor,
        app=app.key,
        edition=app.edition.id,
        client=client,
        address=address,
        roles=app.directory_role_ids,
        opts=pulumi.ResourceOptions(parent=parent),
    )
