"""What the provider says to a person: consents by name and purpose, and what an administrator has to do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from lockstep.catalogue import App, AppKind, DocumentedPermission, diff, load
from lockstep.consent import Consent, ConsentPlan
from lockstep.errors import CatalogueError
from lockstep.provider.documented import declared_app, principal_key
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.record import DISABLED
from lockstep.provider.wire import line, title

STACK_WORDS = "LOCKSTEP_STACK_WORDS"
"""The environment variable in which Lockstep's own runs say how their stack is named on a command line."""

Declared = tuple[str, str, str]
"""Vendor, app and edition, as they are recorded; empty where nothing is."""


def adopt_command() -> str:
    """Return, in back quotes, the command that takes over what is there; STACK where nobody said which stack it is."""
    return f"`lockstep adopt {os.environ.get(STACK_WORDS) or '--stack STACK'} --write`"


def titles(consents: Iterable[Consent], names: Mapping[str, str]) -> str:
    """Return consents as one readable list, in a stable order."""
    return ", ".join(title(consent, names) for consent in sorted(consents))


def explained(sign: str, consent: Consent, names: Mapping[str, str], inputs: ConsentInputs, before: Declared) -> str:
    """Return a consent as a line, with the purpose that the vendor states.

    What goes has the purpose that it had in the edition before, if that documented it.
    """
    declared = (inputs.vendor, inputs.app, inputs.edition) if sign == "+" else before
    purpose = _purpose(declared, consent, names)
    return f"{line(sign, consent, names)}{f'  ({purpose})' if purpose else ''}"


def moves(inputs: ConsentInputs, before: Declared) -> str:
    """Return what another edition says of which principal carries the permissions, or nothing."""
    vendor, app, edition = before
    if not edition or (vendor, app) != (inputs.vendor, inputs.app) or edition == inputs.edition:
        return ""
    try:
        difference = diff(load().edition(vendor, edition), load().edition(inputs.vendor, inputs.edition))
    except CatalogueError:  # an edition that this release does not have any more
        return ""
    moved = next((changed.moved for changed in difference.apps if changed.key == app and changed.moved), None)
    if moved is None:
        return ""
    return (
        f"edition {edition} -> {inputs.edition}: moved from {moved.before.name!r} to {moved.after.name!r}; nothing is "
        "withdrawn from the first unless the stack sets withdraw"
    )


def _purpose(declared: Declared, consent: Consent, names: Mapping[str, str]) -> str:
    vendor, app, edition = declared
    try:
        permissions = load().edition(vendor, edition).app(app).permissions
    except CatalogueError:
        return ""
    entry = next((permission for permission in permissions if _same(permission, consent, names)), None)
    return (entry.purpose or "purpose not stated") if entry else ""


def _same(entry: DocumentedPermission, consent: Consent, names: Mapping[str, str]) -> bool:
    api = names.get(consent.api, consent.api)
    return (entry.api_name, entry.type, entry.name) == (api, consent.type, consent.value)


def how_it_comes(inputs: ConsentInputs, state: str) -> str:
    """Return what to tell a user whose tenant lacks the principal, or has it disabled."""
    app = declared_app(inputs)
    name = next((p.name for p in app.principals if p.key == principal_key(inputs)), app.name)
    if state == DISABLED:
        return (
            f"not finished: {name!r} is disabled in this tenant, so nothing was consented on it; everything else is "
            "deployed; to fix: enable it (Enable-SPOTenantServicePrincipal in the SharePoint Online Management Shell, "
            "or Entra ID > Enterprise applications > Properties) and run the same command again, or set principals: "
            f"later for the app {inputs.app} in the stack file"
        )
    return (
        f"not finished: this tenant has no {name!r} (address {inputs.address}) yet; everything else is deployed; "
        "SharePoint makes it when an administrator opens SharePoint admin center > Advanced > API access; to fix: open "
        f"that page once and run the same command again, or set principals: later for the app {inputs.app} in the "
        "stack file"
    )


def todo_lines(plan: ConsentPlan, names: Mapping[str, str]) -> list[str]:
    """Return one line for each consent that an administrator has still to give or to take back."""
    return [
        *(f"{line('+', consent, names)} (for an administrator to give)" for consent in sorted(plan.add)),
        *(f"{line('-', consent, names)} (for an administrator to take back)" for consent in sorted(plan.remove)),
    ]


def instruction(inputs: ConsentInputs, app: App, plan: ConsentPlan, login: str) -> str:
    """Return in one line what an administrator has to do, and where; nothing when all is as it must be."""
    parts = []
    if plan.add:
        parts.append(f"{_count(plan.add)} to give: {_how_to_give(inputs, app, plan, login)}")
    if plan.remove:
        parts.append(f"{_count(plan.remove)} to take back: {_how_to_take_back(app)}")
    return f"{app.name}: {'; '.join(parts)}" if parts else ""


def _how_to_give(inputs: ConsentInputs, app: App, plan: ConsentPlan, login: str) -> str:
    if app.kind is AppKind.SHARED_PRINCIPAL:
        return (
            "SharePoint admin center > Advanced > API access, approve what the vendor's package asks for "
            f"({', '.join(sorted(consent.value for consent in plan.add))})"
        )
    # The page to consent to everything that an application is configured with. Entra may refuse its address for an
    # application without a redirect URI; the portal's button needs none.
    return (
        f"open {login}/{inputs.tenant_id}/adminconsent?client_id={inputs.address} and accept, or press Grant admin "
        f"consent at Microsoft Entra admin center > Enterprise applications > {app.name} > Permissions"
    )


def _how_to_take_back(app: App) -> str:
    if app.kind is AppKind.SHARED_PRINCIPAL:
        return "SharePoint admin center > Advanced > API access"
    return f"Microsoft Entra admin center > Enterprise applications > {app.name} > Permissions"


def _count(consents: Iterable[Consent]) -> str:
    number = len(list(consents))
    return f"{number} consent{'' if number == 1 else 's'}"
