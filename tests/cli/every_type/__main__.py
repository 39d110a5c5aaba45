"""One resource of every azuread type that the emulator answers, for tests/cli/test_import_types.py.

With EVERY_TYPE=importable it leaves out what cannot be imported without a difference. `robot.pem` is a certificate of
the test's, PERSON the object id of a user.
"""

from __future__ import annotations

import os
from pathlib import Path

import pulumi_azuread as azuread
from pulumi import ResourceOptions

GRAPH = "00000003-0000-0000-c000-000000000000"
READ_USER = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"  # User.Read
READ_APPS = "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"  # Application.Read.All
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"  # the Azure CLI: any client id does
NON_GALLERY = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
CLAIMS = '{"ClaimsMappingPolicy":{"Version":1,"IncludeBasicClaimSet":"true","ClaimsSchema":[]}}'
ROLE, SCOPE, SPLIT_ROLE, SPLIT_SCOPE = (f"7e57ab1e-0000-4000-8000-00000000000{number}" for number in range(4))


def whole_application() -> azuread.Application:
    """An application that says everything itself."""
    return azuread.Application(
        "application",
        display_name="Whole",
        description="In one resource",
        notes="Notes",
        identifier_uris=["api://local.test/whole"],
        group_membership_claims=["SecurityGroup"],
        marketing_url="https://whole.local.test",
        api=azuread.ApplicationApiArgs(
            requested_access_token_version=2,
            known_client_applications=[CLIENT],
            oauth2_permission_scopes=[
                azuread.ApplicationApiOauth2PermissionScopeArgs(
                    id=SCOPE,
                    value="whole.read",
                    type="User",
                    admin_consent_description="Read the whole",
                    admin_consent_display_name="Read",
                    user_consent_description="Read yours",
                    user_consent_display_name="Read",
                )
            ],
        ),
        app_roles=[
            azuread.ApplicationAppRoleArgs(
                id=ROLE,
                value="Whole.Do",
                display_name="Do",
                description="Do the whole",
                allowed_member_types=["Application", "User"],
            )
        ],
        optional_claims=azuread.ApplicationOptionalClaimsArgs(
            access_tokens=[azuread.ApplicationOptionalClaimsAccessTokenArgs(name="groups")]
        ),
        required_resource_accesses=[
            azuread.ApplicationRequiredResourceAccessArgs(
                resource_app_id=GRAPH,
                resource_accesses=[
                    azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=READ_USER, type="Scope"),
                    azuread.ApplicationRequiredResourceAccessResourceAccessArgs(id=READ_APPS, type="Role"),
                ],
            )
        ],
        web=azuread.ApplicationWebArgs(
            homepage_url="https://whole.local.test",
            redirect_uris=["https://whole.local.test/back"],
            implicit_grant=azuread.ApplicationWebImplicitGrantArgs(id_token_issuance_enabled=True),
        ),
    )


def split_application(owner: str) -> azuread.ApplicationRegistration:
    """An application that is put together from a registration and the resources that go with it."""
    app = azuread.ApplicationRegistration("registration", display_name="Split", description="In many resources")
    azuread.ApplicationApiAccess(
        "api_access", application_id=app.id, api_client_id=GRAPH, role_ids=[READ_APPS], scope_ids=[READ_USER]
    )
    azuread.ApplicationAppRole(
        "app_role",
        application_id=app.id,
        role_id=SPLIT_ROLE,
        value="Split.Do",
        display_name="Do",
        description="Do a part",
        allowed_member_types=["Application"],
    )
    scope = azuread.ApplicationPermissionScope(
        "permission_scope",
        application_id=app.id,
        scope_id=SPLIT_SCOPE,
        value="split.read",
        admin_consent_description="Read a part",
        admin_consent_display_name="Read",
    )
    azuread.ApplicationPreAuthorized(
        "pre_authorized", application_id=app.id, authorized_client_id=CLIENT, permission_ids=[scope.scope_id]
    )
    azuread.ApplicationFallbackPublicClient("fallback_public_client", application_id=app.id, enabled=True)
    azuread.ApplicationFederatedIdentityCredential(
        "federated_identity_credential",
        application_id=app.id,
        display_name="pipeline",
        description="A pipeline",
        issuer="https://issuer.local.test",
        subject="pipeline",
        audiences=["api://AzureADTokenExchange"],
    )
    azuread.ApplicationFlexibleFederatedIdentityCredential(
        "flexible_federated_identity_credential",
        application_id=app.id,
        display_name="pipelines",
        description="Any branch",
        issuer="https://token.actions.githubusercontent.com",
        claims_matching_expression="claims['sub'] matches 'repo:contoso/whole:ref:refs/heads/*'",
        audience="api://AzureADTokenExchange",
    )
    azuread.ApplicationIdentifierUri("identifier_uri", application_id=app.id, identifier_uri="api://local.test/split")
    azuread.ApplicationKnownClients("known_clients", application_id=app.id, known_client_ids=[CLIENT])
    azuread.ApplicationOptionalClaims(
        "optional_claims",
        application_id=app.id,
        access_tokens=[{"name": "groups"}],
        id_tokens=[{"name": "email", "essential": True}],
    )
    azuread.ApplicationOwner("owner", application_id=app.id, owner_object_id=owner)
    for kind in ("Web", "SPA", "PublicClient"):
        uris = [f"https://split.local.test/{kind.lower()}"]
        azuread.ApplicationRedirectUris(f"redirect_uris_{kind}", application_id=app.id, type=kind, redirect_uris=uris)
    return app


def single_sign_on() -> None:
    """What SAML takes: an application that is not in the gallery, its certificate, and how claims are mapped."""
    app = azuread.ApplicationFromTemplate("from_template", display_name="From a template", template_id=NON_GALLERY)
    azuread.ServicePrincipalTokenSigningCertificate(
        "signing_certificate",
        service_principal_id=app.service_principal_id,
        display_name="CN=whole.local.test",
    )
    policy = azuread.ClaimsMappingPolicy("claims", display_name="Claims", definitions=[CLAIMS])
    azuread.ServicePrincipalClaimsMappingPolicyAssignment(
        "claims_of_principal", claims_mapping_policy_id=policy.id, service_principal_id=app.service_principal_id
    )


def consents(app: azuread.ServicePrincipal, person: str) -> None:
    """What an application and people may do."""
    graph = azuread.get_service_principal_output(client_id=GRAPH)
    azuread.AppRoleAssignment(
        "assignment", app_role_id=READ_APPS, principal_object_id=app.object_id, resource_object_id=graph.object_id
    )
    azuread.AppRoleAssignment(
        "assignment_of_user", app_role_id=ROLE, principal_object_id=person, resource_object_id=app.object_id
    )
    azuread.ServicePrincipalDelegatedPermissionGrant(
        "grant",
        service_principal_object_id=app.object_id,
        resource_service_principal_object_id=graph.object_id,
        claim_values=["User.Read", "openid"],
    )


def directory(app: azuread.ServicePrincipal, person: str) -> None:
    """Groups and directory roles."""
    me = azuread.get_client_config().object_id
    azuread.Group(
        "group",
        display_name="Whole group",
        description="Says its members itself",
        security_enabled=True,
        owners=[me],
        members=[person],
    )
    group = azuread.GroupWithoutMembers(
        "group_without_members", display_name="Split group", security_enabled=True, owners=[me]
    )
    azuread.GroupMember("group_member", group_object_id=group.object_id, member_object_id=person)
    role = azuread.DirectoryRole("role", template_id=DIRECTORY_READERS)
    azuread.DirectoryRoleAssignment("role_assignment", role_id=role.template_id, principal_object_id=app.object_id)
    azuread.CustomDirectoryRole(
        "custom_role",
        display_name="Reads applications",
        description="Made here",
        enabled=True,
        version="1",
        permissions=[{"allowed_resource_actions": ["microsoft.directory/applications/standard/read"]}],
    )
    azuread.DirectoryRoleMember("role_member", role_object_id=role.object_id, member_object_id=person)


def people(manager: str) -> None:
    """A user, whose password nobody can read again."""
    azuread.User(
        "user",
        user_principal_name="whole@local.test",
        display_name="Whole Person",
        mail_nickname="whole",
        password="a long one, 7 words for nobody else",
        age_group="Adult",
        business_phones=["+41 61 000 00 00"],
        city="Basel",
        department="Research",
        manager_id=manager,
        other_mails=["whole@example.org"],
        usage_location="CH",
    )


def credentials(app: azuread.Application, principal: azuread.ServicePrincipal) -> None:
    """Secrets and certificates, whose value or end nobody can read again."""
    pem = Path("robot.pem").read_text("utf-8")
    end = "2099-01-01T00:00:00Z"
    azuread.ApplicationPassword("application_password", application_id=app.id, display_name="One", end_date=end)
    azuread.ServicePrincipalPassword(
        "principal_password", service_principal_id=principal.id, display_name="One", end_date=end
    )
    azuread.ApplicationCertificate(
        "application_certificate", application_id=app.id, type="AsymmetricX509Cert", value=pem
    )
    azuread.ServicePrincipalCertificate(
        "principal_certificate", service_principal_id=principal.id, type="AsymmetricX509Cert", value=pem
    )


person = os.environ["PERSON"]
application = whole_application()
service_principal = azuread.ServicePrincipal("principal", client_id=application.client_id, notes="Of the whole")
registration = split_application(person)
azuread.ServicePrincipal(
    "principal_of_split", client_id=registration.client_id, opts=ResourceOptions(depends_on=registration)
)
consents(service_principal, person)
directory(service_principal, person)
single_sign_on()
if os.environ.get("EVERY_TYPE") != "importable":
    credentials(application, service_principal)
    people(person)
