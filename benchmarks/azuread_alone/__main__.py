"""The estate of this project's stack as a skilled engineer would write it with the azuread provider and nothing else.

It reads what to make from estate.json, which `benchmarks.ratios` writes from the catalogue, so that both programs make
the same. Left out are Microsoft's SharePoint principals: azuread has no way to add to what others hold there.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi_azuread as azuread

estate = json.loads(Path(__file__).with_name("estate.json").read_text("utf-8"))
caller = azuread.get_client_config().object_id
object_ids = {api: azuread.get_service_principal_output(client_id=api).object_id for api in estate["apis"]}


def grant(
    name: str, principal: azuread.ServicePrincipal, permissions: Mapping[str, Mapping[str, Sequence[str]]]
) -> None:
    """Grant admin consent for every permission of one app."""
    for api, names in permissions["delegated"].items():
        azuread.ServicePrincipalDelegatedPermissionGrant(
            f"{name} {api}",
            service_principal_object_id=principal.object_id,
            resource_service_principal_object_id=object_ids[api],
            claim_values=names,
        )
    for api, ids in permissions["application"].items():
        for id in ids:
            azuread.AppRoleAssignment(
                f"{name} {api} {id}",
                app_role_id=id,
                principal_object_id=principal.object_id,
                resource_object_id=object_ids[api],
            )


applications: dict[str, azuread.Application] = {}
for app in estate["registrations"]:
    name = app["name"]
    application = azuread.Application(
        name,
        display_name=name,
        owners=[caller],
        identifier_uris=app["uris"],
        api=azuread.ApplicationApiArgs(
            oauth2_permission_scopes=[
                azuread.ApplicationApiOauth2PermissionScopeArgs(**scope) for scope in app["scopes"]
            ]
        ),
        required_resource_accesses=[
            azuread.ApplicationRequiredResourceAccessArgs(
                resource_app_id=applications[entry["api"]].client_id if entry["own"] else entry["api"],
                resource_accesses=[
                    azuread.ApplicationRequiredResourceAccessResourceAccessArgs(**access)
                    for access in entry["accesses"]
                ],
            )
            for entry in app["required"]
        ],
    )
    applications[app["key"]] = application
    principal = azuread.ServicePrincipal(name, client_id=application.client_id, owners=[caller])
    object_ids[app["key"]] = principal.object_id
    grant(name, principal, app["consented"])
for app in estate["enterprise_apps"]:
    principal = azuread.ServicePrincipal(app["name"], client_id=app["client_id"])
    grant(app["name"], principal, app["consented"])
