"""Consents that an administrator gives by hand: what is still to do, and where. Writes nothing and asks nobody.

The stack of such an app configures it and reads it back; giving and taking back is the administrator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lockstep.catalogue import App, AppKind
from lockstep.consent import Consent, ConsentPlan
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.wire import line

AWAITING = "awaiting"
"""The state of an AdminConsent whose consents an administrator has still to give or to take back."""


def consent_address(login: str, tenant_id: str, client_id: str) -> str:
    """Return the page on which an administrator consents to everything that an application is configured with."""
    return f"{login}/{tenant_id}/adminconsent?client_id={client_id}"


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
    # Entra may refuse the address for an application without a redirect URI; the portal's button needs none.
    return (
        f"open {consent_address(login, inputs.tenant_id, inputs.address)} and accept, or press Grant admin consent at"
        f" Microsoft Entra admin center > Enterprise applications > {app.name} > Permissions"
    )


def _how_to_take_back(app: App) -> str:
    if app.kind is AppKind.SHARED_PRINCIPAL:
        return "SharePoint admin center > Advanced > API access"
    return f"Microsoft Entra admin center > Enterprise applications > {app.name} > Permissions"


def _count(consents: Iterable[Consent]) -> str:
    number = len(list(consents))
    return f"{number} consent{'' if number == 1 else 's'}"
