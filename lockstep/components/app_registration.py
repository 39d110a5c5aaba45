"""An app that the stack registers itself, with exactly the documented permissions configured and consented.

Knows one app and its arguments; which apps a stack has, and who may deploy them where, is decided above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pulumi
import pulumi_azuread as azuread

from lockstep.catalogue import SHAREPOINT, DocumentedPermission, OwnApi, PermissionType
from lockstep.components.dependencies import without_dependency
from lockstep.components.permissions import api_ids, permission_map, required_accesses
from lockstep.components.roles import directory_roles
from lockstep.provider.resources import AdminConsent
from lockstep.resource_types import APP_REGISTRATION
from lockstep.settings.certificate import Certificate
from lockstep.settings.model import ScopeSetting
from lockstep.settings.stack_app import StackApp

# Properties of an adopted app that its maker set, and that stay as they are. Without `ignore_changes` azuread would
# clear each of them on its first update. Tags need no such entry: azuread leaves them alone where the program names
# none. An import also brings `featureTags`, and azuread refuses these together with tags.
_APPLICATION_KEEPS = [
    *("appRoles", "description", "deviceOnlyAuthEnabled", "fallbackPublicClientEnabled"),
    *("groupMembershipClaims", "logoImage", "marketingUrl", "notes", "oauth2PostResponseRequired", "optionalClaims"),
    *("password", "preventDuplicateNames", "privacyStatementUrl", "publicClient", "serviceManagementReference"),
    *("signInAudience", "singlePageApplication", "supportUrl", "templateId", "termsOfServiceUrl", "web"),
]
_API_KEEPS = ["api.knownClientApplications", "api.mappedClaimsEnabled", "api.requestedAccessTokenVersion"]
_SERVICE_PRINCIPAL_KEEPS = [
    *("accountEnabled", "alternativeNames", "appRoleAssignmentRequired", "description"),
    *("loginUrl", "notes", "notificationEmailAddresses", "preferredSingleSignOnMode", "samlSingleSignOn"),
]


@dataclass(frozen=True)
class AppRegistrationArgs:
    """What an AppRegistration is made of.

    `app` is what the stack wants of it. Where that names no owners, `caller` (an object id) becomes the owner, and
    later changes of the owners are left alone. `apis` are the stack's own apps whose scopes it may ask for, by key.
    """

    app: StackApp
    caller: str
    apis: Mapping[str, AppRegistration] = field(default_factory=dict)
    tags: pulumi.Input[Sequence[str]] | None = None


class AppRegistration(pulumi.ComponentResource):
    """Application, service principal, credentials and an exact AdminConsent.

    A subclass names one app of the catalogue by `vendor` and `app`, and stands for that app in a stack.
    """

    vendor: ClassVar[str]
    app: ClassVar[str]
    client_id: pulumi.Output[str]
    object_id: pulumi.Output[str]
    service_principal_id: pulumi.Output[str]
    scope_ids: Mapping[str, str]

    def __init__(self, name: str, args: AppRegistrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            APP_REGISTRATION,
            name,
            {"vendor": args.app.vendor, "app": args.app.key, "edition": args.app.edition.id},
            opts,
        )
        self.scope_ids = args.app.scope_ids
        self.application = self._application(name, args)
        self.service_principal = self._service_principal(name, args)
        # The principal's, not the application's: so whatever holds a consent on this app waits for the principal.
        self.client_id = self.service_principal.client_id
        self.object_id = self.application.object_id
        self.service_principal_id = self.service_principal.object_id
        self.credentials = [*self._certificates(name, args), *self._federated_credentials(name, args)]
        self._warn_without_credentials(args)
        apis = {key: registration.api for key, registration in args.apis.items()}
        self.consent = AdminConsent(
            name,
            tenant_id=args.app.tenant_id,
            vendor=args.app.vendor,
            app=args.app.key,
            edition=args.app.edition.id,
            mode="exact",
            client=self.service_principal_id,
            address=self.client_id,
            apis=api_ids(args.app.app.permissions, apis),
            permissions=permission_map(args.app.wanted, apis),
            consents=args.app.setting.consents,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.directory_roles = directory_roles(name, args.app, self.service_principal_id, self.client_id, self)
        self.register_outputs(
            {
                "clientId": self.client_id,
                "objectId": self.object_id,
                "servicePrincipalId": self.service_principal_id,
                "scopeIds": dict(self.scope_ids),
            }
        )

    @property
    def api(self) -> OwnApi[pulumi.Input[str]]:
        """This app as an API that other apps of the stack hold consents on, for which Entra needs its principal."""
        return OwnApi(self.client_id, self.scope_ids)

    @property
    def configured_api(self) -> OwnApi[pulumi.Input[str]]:
        """This app as an API that other apps are configured with: without its principal, and deleted beside them."""
        return OwnApi(without_dependency(self.application.client_id), self.scope_ids)

    def _application(self, name: str, args: AppRegistrationArgs) -> azuread.Application:
        apis = {key: registration.configured_api for key, registration in args.apis.items()}
        return azuread.Application(
            name,
            display_name=args.app.name,
            identifier_uris=list(args.app.identifier_uris),
            sign_in_audience="AzureADMyOrg",
            required_resource_accesses=required_accesses(args.app.wanted, apis),
            api=_exposed(args.app),
            owners=list(args.app.owners) or [args.caller],
            tags=_tags(args),
            # A run that was killed after the first request must not make a second app of the same name.
            prevent_duplicate_names=True,
            opts=self._child(args, _application_keeps(args)),
        )

    def _service_principal(self, name: str, args: AppRegistrationArgs) -> azuread.ServicePrincipal:
        # Never use_existing: with it, destroy deletes a principal that somebody else made.
        return azuread.ServicePrincipal(
            name,
            client_id=self.application.client_id,
            owners=list(args.app.owners) or [args.caller],
            opts=pulumi.ResourceOptions.merge(
                self._child(args, _SERVICE_PRINCIPAL_KEEPS),
                # Entra deletes the principal with its application; a second request would only wait for that.
                pulumi.ResourceOptions(deleted_with=None if args.app.adopted else self.application),
            ),
        )

    def _child(self, args: AppRegistrationArgs, keeps: Sequence[str]) -> pulumi.ResourceOptions:
        ignored = [*([] if args.app.owners else ["owners"]), *(keeps if args.app.adopted else [])]
        return pulumi.ResourceOptions(
            parent=self,
            ignore_changes=ignored or None,
            retain_on_delete=True if args.app.adopted else None,
        )

    def _certificates(self, name: str, args: AppRegistrationArgs) -> list[pulumi.Resource]:
        return [
            azuread.ApplicationCertificate(
                f"{name} {certificate.thumbprint}",
                application_id=self.application.id,
                type="AsymmetricX509Cert",
                encoding="pem",
                value=certificate.pem,
                end_date=certificate.end_date,
                opts=self._credential(args),
            )
            for certificate in map(Certificate.read, args.app.setting.certificates)
        ]

    def _federated_credentials(self, name: str, args: AppRegistrationArgs) -> list[pulumi.Resource]:
        return [
            azuread.ApplicationFederatedIdentityCredential(
                f"{name} {credential.name}",
                application_id=self.application.id,
                display_name=credential.name,
                issuer=credential.issuer,
                subject=credential.subject,
                audiences=list(credential.audiences),
                opts=self._credential(args),
            )
            for credential in args.app.setting.federated_credentials
        ]

    def _credential(self, args: AppRegistrationArgs) -> pulumi.ResourceOptions:
        # Credentials rotate: protection inherited from the component would refuse to take an old one away.
        # Entra deletes them with their application; a request for each would only wait for that.
        gone_with = None if args.app.adopted else self.application
        return pulumi.ResourceOptions(parent=self, protect=False, deleted_with=gone_with)

    def _warn_without_credentials(self, args: AppRegistrationArgs) -> None:
        names = sharepoint_roles(args.app.wanted)
        if names and not self.credentials:
            pulumi.log.warn(
                f"{args.app.app.name} has application permissions on SharePoint ({', '.join(names)}), which accepts no"
                f" client secrets: set a certificate or a federated credential for {args.app.key}",
                self,
            )


def sharepoint_roles(permissions: Sequence[DocumentedPermission]) -> list[str]:
    """Return the names of the application permissions on SharePoint."""
    return sorted(
        entry.name
        for entry in permissions
        if entry.permission.api == SHAREPOINT and entry.type is PermissionType.APPLICATION
    )


def _application_keeps(args: AppRegistrationArgs) -> list[str]:
    return [
        *_APPLICATION_KEEPS,
        *(_API_KEEPS if args.app.app.exposes else ["api"]),
    ]


def _tags(args: AppRegistrationArgs) -> pulumi.Input[Sequence[str]] | None:
    kept = args.app.adopted.tags if args.app.adopted else ()
    if args.tags is None:
        return None
    return without_dependency(pulumi.Output.from_input(args.tags).apply(lambda ours: [*kept, *ours]))


def _exposed(app: StackApp) -> azuread.ApplicationApiArgs | None:
    """Return what the app exposes; None where the stack manages no scope of it."""
    return azuread.ApplicationApiArgs(oauth2_permission_scopes=list(map(_scope, app.exposed))) if app.exposed else None


def _scope(scope: ScopeSetting) -> azuread.ApplicationApiOauth2PermissionScopeArgs:
    return azuread.ApplicationApiOauth2PermissionScopeArgs(
        id=scope.id,
        value=scope.value or None,
        type=scope.type,
        enabled=scope.enabled,
        admin_consent_display_name=scope.admin_consent_display_name or None,
        admin_consent_description=scope.admin_consent_description or None,
        user_consent_display_name=scope.user_consent_display_name or None,
        user_consent_description=scope.user_consent_description or None,
    )
