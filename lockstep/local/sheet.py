"""`lockstep show`: the hand-over sheet of a stack, for whoever configures the products: what to know of each app.

Made from the settings and a deployment (what `pulumi stack export` gives, secrets encrypted). Asks no tenant: what it
says of consents is what the last run recorded. Credentials are named, and never shown.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic.alias_generators import to_camel

from lockstep.audit.standing import StackCommands
from lockstep.catalogue import AppKind
from lockstep.deployment import STACK_TYPE, urn_name
from lockstep.directory.cloud import CLOUDS
from lockstep.errors import FindingError, UsageError
from lockstep.local.backend import Deployment, Handover
from lockstep.local.preflight import entries_of
from lockstep.local.pulumi_cli import PlainPulumi
from lockstep.local.runs import consented_ids
from lockstep.local.workplace import Workplace, open_workplace
from lockstep.report.markdown import code, escaped
from lockstep.report.outputs import write_page
from lockstep.report.screen import Screen
from lockstep.report.text import visible
from lockstep.resource_types import ADMIN_CONSENT, APPLICATION, CERTIFICATE, DIRECTORY_ROLES, FEDERATED
from lockstep.settings.model import Settings
from lockstep.settings.stack_app import StackApp, stack_apps

Resource = Mapping[str, Any]


_PORTALS = {
    "https://login.microsoftonline.com": "https://entra.microsoft.com",
    "https://login.microsoftonline.us": "https://entra.microsoft.us",
    "https://login.chinacloudapi.cn": "https://portal.azure.cn",
}


@dataclass(frozen=True)
class SheetCredential:
    """One way in which an app signs in. `expires` is a moment, or None where nothing ends by itself."""

    kind: str
    name: str
    expires: str | None = None


@dataclass(frozen=True)
class SheetApp:
    """One app, or one of the principals behind a shared one."""

    app: str
    name: str
    kind: str
    state: str
    client_id: str = ""
    object_id: str = ""
    service_principal_id: str = ""
    identifier_uris: tuple[str, ...] = ()
    scopes: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[SheetCredential, ...] = ()
    directory_roles: tuple[str, ...] = ()
    consented: int = 0
    wanted: int = 0
    awaiting: str = ""
    portal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """The whole sheet. `authority` is where the apps' users sign in."""

    stack: str
    target: str
    tenant_id: str
    authority: str
    editions: Mapping[str, str]
    apps: tuple[SheetApp, ...]

    def document(self) -> dict[str, Any]:
        """Return the sheet for `--json`."""
        fields = {to_camel(name): value for name, value in asdict(self).items()}
        return {**fields, "apps": [{to_camel(name): value for name, value in app.items()} for app in fields["apps"]]}


def show_sheet(stack: str, cwd: Path, rehearse: bool, markdown: Path | None, as_json: bool) -> int:
    """Print the sheet; return the exit code."""
    screen = Screen(as_json=as_json)
    place = open_workplace(cwd, stack, rehearse=rehearse)
    screen.progress(place.target, "bold")
    sheet = make_sheet(place.settings, _deployment_of(place), place.commands, environ=os.environ)
    if markdown is not None:
        write_page(markdown, _page(sheet, place.target), screen)
    screen.document(sheet.document())
    if not (as_json or markdown):
        _print(screen, sheet, place.commands)
    screen.progress(f"{place.target}: show done", "bold")
    return 0


def _deployment_of(place: Workplace) -> Deployment:
    """Return the deployment that the stack's last run recorded; changes nothing."""
    if place.settings.is_local:
        return Handover(place.backend).latest()
    if shutil.which("pulumi") is None:
        raise UsageError(
            "show of a real target reads `pulumi stack export`, and pulumi is not on PATH; to fix: install it"
        )
    return PlainPulumi(place.project.directory, place.pulumi_stack).export()


def _lines(app: SheetApp) -> list[tuple[str, str]]:
    """Return what is known of an app, as a label and a text each."""
    rows = [
        ("client id", app.client_id),
        ("object id of the application", app.object_id),
        ("object id of the service principal", app.service_principal_id),
        *(("identifier URI", uri) for uri in app.identifier_uris),
        *((f"scope {name}", ident) for name, ident in app.scopes.items()),
        *(
            (f"credential, {one.kind}", f"{one.name}, until {one.expires}" if one.expires else one.name)
            for one in app.credentials
        ),
        *(("directory role", role) for role in app.directory_roles),
        ("consents", f"{app.consented} of {app.wanted}" if app.state == "present" else app.state),
        ("waiting for an administrator", app.awaiting),
        *((f"portal, {what}", address) for what, address in app.portal.items()),
    ]
    return [(label, text) for label, text in rows if text]


def _page(sheet: Sheet, target: str) -> str:
    """Return the sheet as Markdown."""
    parts = [f"# Hand-over of stack {escaped(sheet.stack)}\n\n"]
    parts += [f"- {label}: {code(text)}\n" for label, text in _head(sheet)]
    parts.append(f"- {escaped(target)}\n- consents and credentials as the last run recorded them; no secret is kept\n")
    for app in sheet.apps:
        parts.append(f"\n## {escaped(app.name)}\n\n")
        parts += [f"- {escaped(label)}: {code(text)}\n" for label, text in _lines(app)]
    return "".join(parts)


def make_sheet(
    settings: Settings, deployment: Mapping[str, Any], commands: StackCommands, *, environ: Mapping[str, str]
) -> Sheet:
    """Return the sheet of a stack; FindingError when nothing of it was deployed.

    `environ` names the cloud (ARM_ENVIRONMENT), for the addresses of a real tenant.
    """
    resources = [entry for entry in entries_of(deployment) if entry.get("outputs")]
    roots = (entry["outputs"] for entry in resources if entry["type"] == STACK_TYPE)
    outputs: Mapping[str, Any] = next(roots, {})
    if "editions" not in outputs:
        raise FindingError(
            f"stack {commands.stack}: nothing is deployed yet, so there is nothing to hand over; "
            f"to fix: `{commands.up}`"
        )
    cloud = CLOUDS.get(environ.get("ARM_ENVIRONMENT", "").strip().casefold() or "public", CLOUDS["public"])
    recorded = _Recorded(resources, outputs, "" if settings.is_local else _PORTALS[cloud.login])
    apps = [row for app in stack_apps(settings) for row in recorded.rows(app)]
    authority = "" if settings.is_local else f"{cloud.login}/{settings.tenant_id}"
    return Sheet(commands.stack, settings.target, settings.tenant_id, authority, outputs["editions"], tuple(apps))


@dataclass(frozen=True)
class _Recorded:
    """What the last run recorded: the resources, and the stack's own outputs. `portal` is empty for a local stack."""

    resources: list[Resource]
    outputs: Mapping[str, Any]
    portal: str

    def rows(self, app: StackApp) -> Iterable[SheetApp]:
        """Yield the app's row, or one for each principal behind a shared app."""
        ids = self.outputs.get(app.key) or {}
        if app.kind is not AppKind.SHARED_PRINCIPAL:
            yield self._row(app, app.app.name, ids)
            return
        for principal in app.app.principals:
            withdrawn = principal.key in app.withdrawn
            yield self._row(app, principal.name, ids.get(principal.key) or {}, withdrawn=withdrawn)

    def _row(self, app: StackApp, component: str, ids: Mapping[str, Any], *, withdrawn: bool = False) -> SheetApp:
        application, consent = self._outputs(APPLICATION, component), self._outputs(ADMIN_CONSENT, component)
        name = component if app.kind is AppKind.SHARED_PRINCIPAL else app.name
        client, principal = str(ids.get("clientId") or ""), str(ids.get("servicePrincipalId") or "")
        state = str(ids.get("state") or ("present" if client else "not deployed"))
        permissions = () if withdrawn else app.wanted
        wanted = {(entry.api_name, entry.type.value, entry.name.casefold()) for entry in permissions}
        return SheetApp(
            app=app.key,
            name=str(application.get("displayName") or name),
            kind=app.kind.value,
            state=state,
            client_id=client,
            object_id=str(ids.get("objectId") or ""),
            service_principal_id=principal,
            identifier_uris=tuple(application.get("identifierUris") or ()),
            scopes=dict(ids.get("scopeIds") or {}),
            credentials=tuple(sorted(self._credentials(component), key=lambda one: one.kind)),
            directory_roles=self._roles(component),
            consented=len(wanted & {(api, type_, word.casefold()) for api, type_, word in consented_ids(consent)}),
            wanted=len(wanted),
            awaiting=str(consent.get("awaiting") or ""),
            portal=self._addresses(app, client, principal) if state == "present" else {},
        )

    def _roles(self, component: str) -> tuple[str, ...]:
        """Return the names of the directory roles that the stack gives and that the last run found held."""
        outputs = self._outputs(DIRECTORY_ROLES, component)
        return tuple(role for role, ident in (outputs.get("roles") or {}).items() if ident in outputs["held"])

    def _credentials(self, component: str) -> Iterable[SheetCredential]:
        for entry in self.resources:
            outputs = entry["outputs"]
            if not str(entry.get("parent", "")).endswith(f"::{component}"):
                continue
            if entry["type"] == CERTIFICATE:
                yield SheetCredential("certificate", entry["urn"].rpartition(" ")[2], outputs.get("endDate"))
            elif entry["type"] == FEDERATED:
                name = f"{outputs.get('displayName')}: {outputs.get('subject')} of {outputs.get('issuer')}"
                yield SheetCredential("federated", name)

    def _addresses(self, app: StackApp, client: str, principal: str) -> dict[str, str]:
        """Return where an administrator looks the app up, by what is to be found there."""
        if not self.portal or not client:
            return {}
        entra, client, principal = self.portal, quote(client), quote(principal)
        managed = f"{entra}/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~"
        addresses = {"consents": f"{managed}/Permissions/objectId/{principal}/appId/{client}"}
        if app.kind is AppKind.REGISTRATION:
            registered = f"{entra}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~"
            addresses["configured permissions"] = f"{registered}/CallAnAPI/appId/{client}"
            addresses["credentials"] = f"{registered}/Credentials/appId/{client}"
        return addresses

    def _outputs(self, type_: str, name: str) -> Mapping[str, Any]:
        """Return the outputs of the resource of this type and name, or none."""
        mine = (r for r in self.resources if r["type"] == type_ and urn_name(r["urn"]) == name)
        return next((entry["outputs"] for entry in mine), {})


def _print(screen: Screen, sheet: Sheet, commands: StackCommands) -> None:
    for label, text in _head(sheet):
        screen.result(f"{label}: {visible(text)}")
    for app in sheet.apps:
        screen.result()
        screen.result(visible(app.name), "bold")
        for label, text in _lines(app):
            screen.result(f"  {visible(label)}: {visible(text)}")
    screen.result()
    screen.result(f"consents and credentials as the last run recorded them; `{commands.audit}` reads the tenant")


def _head(sheet: Sheet) -> list[tuple[str, str]]:
    head = [("tenant id", sheet.tenant_id), ("authority", sheet.authority)]
    return [
        *(row for row in head if row[1]),
        *((f"edition of {vendor}", day) for vendor, day in sheet.editions.items()),
    ]
