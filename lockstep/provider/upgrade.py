"""What a preview says besides names: what a permission is for, and what moved between two editions. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from lockstep.catalogue import DocumentedPermission, diff, load
from lockstep.consent import Consent
from lockstep.errors import CatalogueError
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.wire import line

Declared = tuple[str, str, str]
"""Vendor, app and edition, as they are recorded; empty where nothing is."""


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
        found = diff(load().edition(vendor, edition), load().edition(inputs.vendor, inputs.edition))
    except CatalogueError:  # an edition that this release does not have any more
        return ""
    moved = next((each.moved for each in found.apps if each.key == app and each.moved), None)
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
    entry = next((each for each in permissions if _same(each, consent, names)), None)
    return (entry.purpose or "purpose not stated") if entry else ""


def _same(entry: DocumentedPermission, consent: Consent, names: Mapping[str, str]) -> bool:
    api = names.get(consent.api, consent.api)
    return (entry.api_name, entry.type, entry.name) == (api, consent.type, consent.value)
