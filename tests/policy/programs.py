"""Programs that ask for what a stack must not have: the project's own, and something bad before or after it.

Each says which rules refuse it. They run by rehearsal here, and under the Pulumi CLI in tests/cli.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAIL_READ_WRITE = "024d486e-b451-40bb-833d-3e66d98c5c73"
_HEAD = """\
from __future__ import annotations

import dataclasses

import pulumi
import pulumi_azuread as azuread

import lockstep.components.app_registration as registrations
import lockstep.program
from lockstep.components.app_registration import AppRegistration, AppRegistrationArgs
from lockstep.catalogue import load
from lockstep.provider.resources import AdminConsent, DirectoryRoles, Principal
from lockstep.program import build
from lockstep.settings.stack_app import vendor_apps

GRAPH = "00000003-0000-0000-c000-000000000000"
MAIL_READ_WRITE = "024d486e-b451-40bb-833d-3e66d98c5c73"
TENANT = "11111111-1111-4111-8111-111111111111"
SOMEBODY = "33333333-3333-4333-8333-333333333333"
Access = azuread.ApplicationRequiredResourceAccessArgs
Entry = azuread.ApplicationRequiredResourceAccessResourceAccessArgs


def patched(change):
    \"\"\"Build the estate with another way to make configured entries, for one app, and put the right one back.\"\"\"
    right = registrations.required_accesses
    registrations.required_accesses = lambda permissions, own: change(right(permissions, own))
    try:
        return build()
    finally:
        registrations.required_accesses = right


def with_entry(entry, api=GRAPH):
    return patched(lambda found: [*found, Access(resource_app_id=api, resource_accesses=[entry])])


"""


@dataclass(frozen=True)
class Bad:
    """One bad program. `body` runs after the helpers above; `rules` are those that refuse it, in a preview.

    `beside` tells that it only adds resources to the project's own `estate`, so that several can be one program.
    """

    body: str
    rules: frozenset[str]
    exceptions: str = ""
    beside: bool = False


def _bad(body: str, *rules: str) -> Bad:
    return Bad(body, frozenset(rules))


def _beside(body: str, *rules: str, exceptions: str = "") -> Bad:
    return Bad(f"estate = build()\n{body}", frozenset(rules), exceptions, beside=True)


def together(programs: Iterable[Bad]) -> Bad:
    """Return one program of several that only add to the estate."""
    kept = list(programs)
    bodies = [each.body.removeprefix("estate = build()\n") for each in kept]
    return Bad("\n".join(["estate = build()", *bodies]), frozenset().union(*(each.rules for each in kept)), beside=True)


_CONFIGURED = "only-documented-permissions-configured"
_UNEQUAL = "configured-means-consented"
_OUTSIDE = "apps-change-in-components-only"

BAD: dict[str, Bad] = {
    "an undocumented scope in a component": _bad(
        """
def added(found):
    first = found[0]
    first.resource_accesses = [*first.resource_accesses, Entry(id=MAIL_READ_WRITE, type="Scope")]
    return found

patched(added)
""",
        _CONFIGURED,
        _UNEQUAL,
    ),
    "a scope hidden behind an output": _bad(
        """
hidden = azuread.Application(
    "Helper", display_name="Helper", prevent_duplicate_names=True
).client_id.apply(lambda _: MAIL_READ_WRITE)
with_entry(Entry(id=hidden, type="Scope"), api="00000003-0000-0ff1-ce00-000000000000")
""",
        _CONFIGURED,
        "only-declared-apps",
    ),
    "an API hidden behind an output": _bad(
        """
hidden = azuread.Application(
    "Helper", display_name="Helper", prevent_duplicate_names=True
).client_id.apply(lambda _: GRAPH)
with_entry(Entry(id=MAIL_READ_WRITE, type="Scope"), api=hidden)
""",
        _CONFIGURED,
        _UNEQUAL,
        "only-declared-apps",
    ),
    # The provider refuses this as well, and a provider's refusal ends the program: it stands alone.
    "a consent hidden behind an output": _bad(
        """
estate = build()
AdminConsent(
    "Extra",
    tenant_id=TENANT,
    vendor="atlas",
    app="provisioning",
    edition="2025-03-01",
    mode="exact",
    client=estate.registrations["provisioning"].service_principal_id,
    address=estate.registrations["provisioning"].client_id,
    apis={"Microsoft Graph": GRAPH},
    permissions=estate.registrations["provisioning"].client_id.apply(
        lambda _: {"Microsoft Graph": {"application": {"Mail.ReadWrite": "e2a3a72e-5f79-4c64-b1b1-878b674786c9"}}}
    ),
)
""",
        "only-documented-permissions-consented",
        "only-declared-apps",
    ),
    "bare grants and other azuread types": _beside(
        """
app, principal = f"/applications/{SOMEBODY}", SOMEBODY
azuread.AppRoleAssignment(
    "role", app_role_id=MAIL_READ_WRITE, principal_object_id=principal, resource_object_id=principal
)
azuread.ServicePrincipalDelegatedPermissionGrant(
    "grant",
    service_principal_object_id=principal,
    resource_service_principal_object_id=principal,
    claim_values=["Mail.ReadWrite"],
)
azuread.ApplicationApiAccess("access", application_id=app, api_client_id=GRAPH, scope_ids=[MAIL_READ_WRITE])
azuread.ApplicationPreAuthorized(
    "pre", application_id=app, authorized_client_id=GRAPH, permission_ids=[MAIL_READ_WRITE]
)
azuread.DirectoryRoleAssignment("admin", role_id=MAIL_READ_WRITE, principal_object_id=principal)
azuread.ApplicationOwner("owner", application_id=app, owner_object_id=principal)
azuread.ApplicationPassword("password", application_id=app, end_date="2099-01-01T00:00:00Z")
azuread.Group("group", display_name="group", security_enabled=True)
""",
        "no-azuread-grants",
        "only-listed-types",
        "no-passwords",
        "passwords-end-within-180-days",
    ),
    "a renamed app": _bad(
        """
edition = load().edition("atlas", "2025-03-01")
app = dataclasses.replace(edition.app("provisioning"), name="Helper")
right = lockstep.program.stack_apps
lockstep.program.stack_apps = lambda settings: [
    dataclasses.replace(each, app=app) if each.key == app.key else each for each in right(settings)
]
try:
    build()
finally:
    lockstep.program.stack_apps = right
""",
        "only-declared-apps",
    ),
    "an app twice": _beside(
        """
edition = load().edition("atlas", "2025-03-01")
app = next(app for app in vendor_apps(TENANT, [edition], {}) if app.key == "workspaces-sync")
app = dataclasses.replace(app, name_suffix="two")
AppRegistration("Second", AppRegistrationArgs(app, caller="22222222-0000-4000-8000-00000000000a"))
""",
        "only-declared-apps",
    ),
    "principals that are not ours": _beside(
        """
azuread.ServicePrincipal("Atera", client_id="90657e27-59e1-4bfa-86c3-03f59b731666", use_existing=True)
azuread.ServicePrincipal("SharePoint", client_id="08e18876-6177-487e-b8b5-cf950c1e598c")
""",
        "shared-principals-stay-shared",
        "no-use-existing",
        "principals-in-registrations",
    ),
    "another client id for Atera": _beside(
        """
Principal(
    "Other Atera",
    tenant_id=TENANT,
    vendor="atera",
    app="atera",
    display_name="Atera",
    app_id="bbbbbbbb-0000-4000-8000-00000000a7e1",
    create=True,
)
""",
        "only-declared-apps",
    ),
    "an explicit provider": _beside(
        """
provider = azuread.Provider("other", tenant_id=TENANT)
""",
        "only-default-providers",
    ),
    "an application of its own": _beside(
        """
azuread.Application(
    "Helper",
    display_name="Helper",
    sign_in_audience="AzureADMultipleOrgs",
    web=azuread.ApplicationWebArgs(redirect_uris=["http://example.com/"]),
)
""",
        "only-declared-apps",
        "single-tenant-only",
        "https-redirects-only",
    ),
    "powers beside permissions, by a transformation": _bad(
        """
def widened(args):
    props = dict(args.props)
    if args.type_ == "azuread:index/application:Application":
        grant = {"id_token_issuance_enabled": True}
        props |= {"fallback_public_client_enabled": True, "web": {"implicit_grant": grant}}
    return pulumi.ResourceTransformationResult(props, args.opts)

pulumi.runtime.register_stack_transformation(widened)
build()
""",
        "only-declared-inputs",
    ),
    "a documented directory role that the stack does not declare": _beside(
        """
DirectoryRoles(
    "Atera",
    tenant_id=TENANT,
    vendor="atera",
    app="atera",
    edition=load().edition_as_of("atera", "current").id,
    client=estate.enterprise_apps["atera"].service_principal_id,
    address=estate.enterprise_apps["atera"].client_id,
    roles={"User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1"},
)
""",
        "only-declared-directory-roles",
        "only-declared-apps",
    ),
    "a subject with a wildcard": _beside(
        """
azuread.ApplicationFederatedIdentityCredential(
    "anybody",
    application_id=estate.registrations["provisioning"].application.id,
    display_name="anybody",
    issuer="https://token.actions.githubusercontent.com",
    subject="repo:contoso/*:pull_request",
    audiences=["api://AzureADTokenExchange"],
)
""",
        "exact-federated-subjects",
        "only-declared-apps",
        _OUTSIDE,
    ),
    "a consent without its configured entry": _bad(
        """
patched(lambda found: found[:-1] if len(found) > 1 else found)
""",
        _UNEQUAL,
    ),
    "an exception that has expired": _beside(
        """
azuread.Group("group", display_name="group", security_enabled=True)
""",
        "only-listed-types",
        exceptions="""
exceptions:
  - rule: only-listed-types
    stack: dev
    type: azuread:index/group:Group
    resource: group
    owner: platform team
    reason: A pilot
    expires: 2020-01-01
""",
    ),
}


def write_project(folder: Path, bad: Bad | None = None) -> Path:
    """Write a copy of the project with its pack into a folder; its program is bad, or the project's own."""
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("policy", "plugins"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored, dirs_exist_ok=True)
    if bad is not None:
        (folder / "__main__.py").write_text(_HEAD + bad.body, encoding="utf-8")
        if bad.exceptions:
            (folder / "policy" / "exceptions.yaml").write_text(bad.exceptions, encoding="utf-8")
    return folder
