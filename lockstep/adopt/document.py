"""The document that `pulumi import --file` reads: components, what is below them, and parents that are there already.

Names in it are unique and addresses only (`logicalName` is what a resource is called): a component and its child of one
name would be "ambiguous" to Pulumi. Shared principals are not in it: creating their consents takes up what is there.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lockstep.adopt.plan import AppPlan
from lockstep.catalogue import AppKind
from lockstep.resource_types import (
    ADMIN_CONSENT,
    APP_REGISTRATION,
    APPLICATION,
    ENTERPRISE_APP,
    PRINCIPAL,
    SERVICE_PRINCIPAL,
)

_COMPONENTS = {AppKind.REGISTRATION: APP_REGISTRATION, AppKind.ENTERPRISE_APP: ENTERPRISE_APP}


def import_document(plans: Iterable[AppPlan], *, project: str, stack: str, urns: Sequence[str]) -> dict[str, Any]:
    """Return the document for everything that is there and not among `urns`, the resources of the stack's state."""
    recorded = set(urns)
    resources: list[dict[str, Any]] = []
    table: dict[str, str] = {}
    for plan in plans:
        component = _COMPONENTS.get(plan.expected.kind)
        if component is None or plan.state != "present":
            continue
        name, base = plan.expected.app.name, f"{plan.expected.vendor}-{plan.key}"
        root = f"urn:pulumi:{stack}::{project}::"
        entries = [entry for entry in _entries(plan) if f"{root}{component}${entry[1]}::{name}" not in recorded]
        if not entries:
            continue
        if f"{root}{component}::{name}" in recorded:
            table[base] = f"{root}{component}::{name}"
        else:
            resources.append({"type": component, "name": base, "logicalName": name, "component": True})
        resources += [
            {"type": type_, "name": f"{base}-{suffix}", "logicalName": name, "parent": base, "id": id_}
            for suffix, type_, id_ in entries
        ]
    return {"nameTable": table, "resources": resources} if table else {"resources": resources}


def _entries(plan: AppPlan) -> Iterator[tuple[str, str, str]]:
    """Yield what of one app is imported, as suffix of its name, type and id: objects that are there, and the complete
    consents of its principal."""
    record = plan.principal
    if plan.app is not None:
        yield "application", APPLICATION, f"/applications/{plan.app.object_id}"
    if record is not None:
        if plan.app is not None:
            yield "principal", SERVICE_PRINCIPAL, f"/servicePrincipals/{record.object_id}"
        elif not plan.created_by:  # one that a stack of ours made is known by its tag, and stays that stack's to delete
            yield "principal", PRINCIPAL, record.app_id
        yield "consent", ADMIN_CONSENT, record.object_id
