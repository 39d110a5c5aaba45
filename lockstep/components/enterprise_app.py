"""A vendor's own multi-tenant app: its service principal in the tenant, and exactly the documented consents.

Knows one app and its arguments. The app's configured permissions are the vendor's and cannot be set from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi

from lockstep.catalogue import App, DocumentedPermission
from lockstep.components.permissions import api_ids, permission_map
from lockstep.provider.resources import AdminConsent, Principal


@dataclass(frozen=True)
class EnterpriseAppArgs:
    """What an EnterpriseApp is made of.

    `permissions` is what must be consented, `tolerated` what may be and is left alone. With `removals` `report`,
    undocumented consents stay and are reported. With `by_admin`, an administrator gives the consents.
    """

    tenant_id: str
    vendor: str
    edition: str
    app: App
    client_id: str
    permissions: tuple[DocumentedPermission, ...]
    tolerated: tuple[DocumentedPermission, ...] = ()
    removals: Literal["apply", "report"] = "apply"
    by_admin: bool = False


class EnterpriseApp(pulumi.ComponentResource):
    """The app's service principal, found or created, and an exact AdminConsent."""

    client_id: pulumi.Output[str]
    service_principal_id: pulumi.Output[str]

    def __init__(self, name: str, args: EnterpriseAppArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "lockstep:entra:EnterpriseApp",
            name,
            {"vendor": args.vendor, "app": args.app.key, "edition": args.edition},
            opts,
        )
        self.principal = Principal(
            name,
            tenant_id=args.tenant_id,
            vendor=args.vendor,
            app=args.app.key,
            display_name=args.app.name,
            app_id=args.client_id,
            create=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.client_id = self.principal.client_id
        self.service_principal_id = self.principal.object_id
        self.consent = AdminConsent(
            name,
            tenant_id=args.tenant_id,
            vendor=args.vendor,
            app=args.app.key,
            edition=args.edition,
            mode="exact",
            client=self.principal.object_id,
            address=args.client_id,
            apis=api_ids(args.app.permissions, {}),
            permissions=permission_map(args.permissions, {}),
            tolerated=permission_map(args.tolerated, {}),
            removals=args.removals,
            baseline=self.principal.baseline,
            consents="by-admin" if args.by_admin else "managed",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"clientId": self.client_id, "servicePrincipalId": self.service_principal_id})
