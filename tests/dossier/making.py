"""Dossiers for the tests: of the shipped catalogue, of a stack's choices, of a tenant with names of any kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lockstep.catalogue import CURRENT, DocumentedPermission, Edition, PermissionType, load
from lockstep.dossier import (
    Choices,
    Dossier,
    Observed,
    ObservedApp,
    ObservedRole,
    Presence,
    TenantGrant,
    build,
)
from lockstep.settings.reading import read_settings
from lockstep.settings.stack_app import stack_apps
from tests.settings.reading import apps as of_apps
from tests.settings.reading import config

VENDORS = ("atlas", "atera")


def current() -> list[Edition]:
    return [load().edition_as_of(vendor, CURRENT) for vendor in VENDORS]


def everything(choices: Choices | None = None, observed: Observed | None = None) -> Dossier:
    """Return the dossier of both vendors, compared with every other edition."""
    editions = current()
    others = {
        each.vendor: [other for other in load().editions(each.vendor) if other.id != each.id] for each in editions
    }
    return build(editions, version="0.0.0", compare=others, choices=choices, observed=observed, prepared="2026-11-24")


def sample(choices: Choices | None = None, observed: Observed | None = None) -> Dossier:
    """Return a small dossier with every kind of thing in it: a checker of contrast need not read 98 permissions."""
    editions = []
    for edition in current():
        apps = []
        for app in edition.apps:
            told = [entry for entry in app.permissions if entry.correction or entry.misdescribed or entry.rejected]
            kept = [entry for entry in app.permissions if entry.name == "Mail.Send" or not entry.certain]
            apps.append(replace(app, permissions=tuple(dict.fromkeys([*app.permissions[:2], *told[:1], *kept[:1]]))))
        editions.append(replace(edition, apps=tuple(apps)))
    others = {"atlas": [load().edition("atlas", "2025-02-28")]}
    made = build(editions, version="0.0.0", compare=others, choices=choices, observed=observed, prepared="2026-11-24")
    # Everything shipped has a tier; what a private catalogue adds may have none.
    first, *parts = made.parts
    shown, *others_shown = first.apps
    unclassified = replace(shown, entries=(replace(shown.entries[0], risk=None), *shown.entries[1:]))
    return replace(made, parts=(replace(first, apps=(unclassified, *others_shown)), *parts))


def permission(vendor: str, app: str, name: str, type: str) -> DocumentedPermission:
    edition = load().edition_as_of(vendor, CURRENT)
    return next(
        entry for entry in edition.app(app).permissions if entry.name == name and entry.type == PermissionType(type)
    )


def stack(reason: str = "Nobody sends mail", by: str = "Security review", name: str = "prod") -> Choices:
    """Return a stack with one permission withheld, twins tolerated, and one app left out."""
    chosen: dict[str, dict[str, Any]] = {
        "connex-api": {"withhold": [{"permission": "Mail.Send", "reason": "r", "by": "b"}]},
        "atera": {"consents": "by-admin"},
        "api-client": {"deploy": True},
    }
    settings = read_settings(config(apps=of_apps(chosen)), where="Pulumi.prod.yaml")
    apps = {(app.vendor, app.key): app for app in stack_apps(settings)}
    withheld = tuple(replace(decision, reason=reason, by=by) for decision in apps["atlas", "connex-api"].withheld)
    apps["atlas", "connex-api"] = replace(apps["atlas", "connex-api"], withheld=withheld)
    return Choices(name, f"tenant of {name}", apps)


def tenant(name: str = "Contoso") -> Observed:
    """Return a tenant with one permission of each kind on Atlas.ConneX API, and everything named as given."""
    entries = load().edition_as_of("atlas", CURRENT).app("connex-api").permissions
    presences = [Presence.MISSING, Presence.TOLERATED, *[Presence.AS_DOCUMENTED] * (len(entries) - 2)]
    grants = [
        TenantGrant(entry.permission.api, name, entry.type, name, entry.id, presence)
        for entry, presence in zip(entries, presences, strict=True)
    ]
    unknown = "11111111-1111-4111-8111-111111111111"
    grants.append(TenantGrant(unknown, name, PermissionType.APPLICATION, name, unknown, Presence.EXTRA))
    grants.append(TenantGrant(unknown, name, PermissionType.DELEGATED, name, name, Presence.FOREIGN))
    role = ObservedRole(name, name, name)
    app = ObservedApp("atlas", "connex-api", name, name, tuple(grants), client_id=name, roles=(role,))
    shared = [
        ObservedApp("atlas", "spfx", name, "present", (), principal="new"),
        ObservedApp("atlas", "spfx", name, "absent", (), principal="old"),
    ]
    return Observed("99999999-9999-4999-8999-999999999999", name, name, name, (app, *shared))
