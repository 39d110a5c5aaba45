"""Applications from one setting: JSON objects with the arguments of azuread.Application in wire names."""

import json

import pulumi
import pulumi_azuread as azuread
from pulumi_azuread import ApplicationApiArgs, ApplicationApiOauth2PermissionScopeArgs

config = pulumi.Config()
caller = azuread.get_client_config().object_id
for entry in json.loads(config.get("apps") or "[]"):
    name = entry["name"]
    application = azuread.Application(
        name,
        display_name=entry.get("displayName", name),
        sign_in_audience="AzureADMyOrg",
        required_resource_accesses=[
            {"resource_app_id": api, "resource_accesses": [{"id": i, "type": t} for t, i in pairs]}
            for api, pairs in entry.get("access", {}).items()
        ],
        api=ApplicationApiArgs(
            oauth2_permission_scopes=[
                ApplicationApiOauth2PermissionScopeArgs(
                    id=scope,
                    value="Use.All",
                    type="Admin",
                    admin_consent_description="Use",
                    admin_consent_display_name="Use",
                )
                for scope in entry.get("scopes", [])
            ]
        )
        if "scopes" in entry
        else None,
        identifier_uris=entry.get("uris"),
        owners=[caller] if entry.get("owned", True) else None,
        tags=entry.get("tags"),
        notes=entry.get("notes"),
        prevent_duplicate_names=True,
        opts=pulumi.ResourceOptions(import_=entry.get("import"), protect=entry.get("protect")),
    )
    if entry.get("principal", True):
        principal = azuread.ServicePrincipal(name, client_id=application.client_id, owners=[caller])
        pulumi.export(f"{name} principal", principal.object_id)
    for subject in entry.get("subjects", []):
        azuread.ApplicationFederatedIdentityCredential(
            f"{name} {subject}",
            application_id=application.id,
            display_name=subject,
            issuer="https://token.example.test",
            subject=f"repo:{subject}",
            audiences=["api://AzureADTokenExchange"],
        )
    if "certificate" in entry:
        azuread.ApplicationCertificate(
            name, application_id=application.id, type="AsymmetricX509Cert", value=entry["certificate"]
        )
    pulumi.export(name, application.client_id)
if config.get_bool("group"):
    azuread.Group("team", display_name="team", security_enabled=True)
