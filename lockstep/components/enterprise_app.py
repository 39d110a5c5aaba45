"""A vendor's own multi-tenant app: its service principal in the tenant, and exactly the documented consents.

Knows one app and its arguments. The app's configured permissions are the vendor's and cannot be set from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pulumi

from lockstep.components.permissions import api_ids, permission_map
from lockstep.components.roles import directory_roles
from lockstep.provider.resources import AdminConsent, Principal
from lockstep.resource_types import ENTERPRISE_APP
from lockstep.settings.stack_app import StackApp


@dataclass(frozen=True)
class EnterpriseAppArgs:
    """What an EnterpriseApp is made of: what the stack wants of the app, its client id included."""

    app: StackApp


class EnterpriseApp(pulumi.ComponentResource):
    """The app's service principal, found or created, and an exact AdminConsent.

    A subclass names one app of the catalogue by `vendor` and `app`, and stands for that app in a stack.
    """

    vendor: ClassVar[str]
    app: ClassVar[str]
    client_id: pulumi.Output[str]
    service_principal_id: pulumi.Output[str]

    def __init__(self, name: str, args: EnterpriseAppArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        app = args.app
        super().__init__(
            ENTERPRISE_APP,
            name,
            {"vendor": app.vendor, "app": app.key, "edition": app.edition.id},
            opts,
        )
        self.principal = Principal(
            name,
            tenant_id=app.tenant_id,
            vendor=app.vendor,
            app=app.key,
            display_name=app.app.name,
            app_id=app.client_id,
            create=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.client_id = self.principal.client_id
        self.service_principal_id = self.principal.object_id
        self.consent = AdminConsent(
            name,
            tenant_id=app.tenant_id,
            vendor=app.vendor,
            app=app.key,
            edition=app.edition.id,
            mode="exact",
            client=self.principal.object_id,
            address=app.client_id,
            apis=api_ids(app.app.permissions, {}),
            permissions=permission_map(app.wanted, {}),
            tolerated=permission_map(app.tolerated, {}),
            removals=app.setting.removals,
            baseline=self.principal.baseline,
            consents=app.setting.consents,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.directory_roles = directory_roles(name, app, self.service_principal_id, app.client_id, self)
        self.register_outputs({"clientId": self.client_id, "servicePrincipalId": self.service_principal_id})
