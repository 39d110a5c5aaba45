"""`lockstep show`: the hand-over sheet of a stack, for whoever configures the products. Reads a state, no tenant."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lockstep.cli.report import write_text
from lockstep.errors import UsageError
from lockstep.local.backend import Backend, Deployment, Handover
from lockstep.local.sheet import Sheet, SheetApp, sheet
from lockstep.local.workplace import Workplace, open_workplace
from lockstep.report.markdown import code, escaped
from lockstep.report.screen import Screen
from lockstep.report.text import visible


def show(stack: str, cwd: Path, rehearse: bool, markdown: Path | None, as_json: bool) -> int:
    """Print the sheet; return the exit code."""
    screen = Screen(as_json=as_json)
    place = open_workplace(cwd, stack, rehearse=rehearse)
    screen.progress(place.target, "bold")
    found = sheet(place.settings, deployment_of(place), stack=stack, environ=os.environ)
    if markdown is not None:
        write_text(markdown, page(found, place.target), screen)
    screen.document(found.document())
    if not (as_json or markdown):
        _print(screen, found)
    screen.progress(f"{place.target}: show done", "bold")
    return 0


def deployment_of(place: Workplace) -> Deployment:
    """Return the deployment that the stack's last run recorded; changes nothing."""
    if place.settings.is_local:
        return Handover(Backend(place.local, place.project.name, place.stack)).latest()
    if shutil.which("pulumi") is None:
        raise UsageError("show of a real target reads `pulumi stack export`, and pulumi is not on PATH")
    from lockstep.local.pulumi_plain import PlainPulumi

    return PlainPulumi(place.project.directory, place.stack).export()


def lines(app: SheetApp) -> list[tuple[str, str]]:
    """Return what is known of an app, as a label and a text each."""
    found = [
        ("client id", app.client_id),
        ("object id of the application", app.object_id),
        ("object id of the service principal", app.service_principal_id),
        *(("identifier URI", uri) for uri in app.identifier_uris),
        *((f"scope {name}", ident) for name, ident in app.scopes.items()),
        *((f"credential, {each.kind}", _credential(each.name, each.expires)) for each in app.credentials),
        ("consents", f"{app.consented} of {app.wanted}" if app.state == "present" else app.state),
        ("waiting for an administrator", app.awaiting),
        *((f"portal, {what}", address) for what, address in app.portal.items()),
    ]
    return [(label, text) for label, text in found if text]


def page(found: Sheet, target: str) -> str:
    """Return the sheet as Markdown."""
    parts = [f"# Hand-over of stack {escaped(found.stack)}\n\n"]
    parts += [f"- {label}: {code(text)}\n" for label, text in _head(found)]
    parts.append(f"- {escaped(target)}\n- consents and credentials as the last run recorded them; no secret is kept\n")
    for app in found.apps:
        parts.append(f"\n## {escaped(app.name)}\n\n")
        parts += [f"- {escaped(label)}: {code(text)}\n" for label, text in lines(app)]
    return "".join(parts)


def _print(screen: Screen, found: Sheet) -> None:
    for label, text in _head(found):
        screen.result(f"{label}: {visible(text)}")
    for app in found.apps:
        screen.result()
        screen.result(visible(app.name), "bold")
        for label, text in lines(app):
            screen.result(f"  {visible(label)}: {visible(text)}")
    screen.result()
    screen.result("consents and credentials as the last run recorded them; lockstep audit reads the tenant")


def _head(found: Sheet) -> list[tuple[str, str]]:
    head = [("tenant id", found.tenant_id), ("authority", found.authority)]
    return [
        *(each for each in head if each[1]),
        *((f"edition of {vendor}", day) for vendor, day in found.editions.items()),
    ]


def _credential(name: str, expires: str | None) -> str:
    return f"{name}, until {expires}" if expires else name
