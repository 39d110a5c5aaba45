"""Writes a dossier as one JSON document: the same facts as the page, for a machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import lockstep.dossier.wording as wording
from lockstep.catalogue import Correction, DirectoryRole, EditionDiff, Remark, Renewal, Statement, risk_source
from lockstep.dossier.model import AppPart, Dossier, EditionPart, Entry, TenantGrant
from lockstep.dossier.summary import summary

Json = dict[str, Any]


def document(dossier: Dossier) -> Json:
    """Return the document; `format` changes when a field changes its meaning or goes."""
    source, observed = risk_source(), dossier.observed
    return {
        "format": 1,
        "lockstep": dossier.version,
        "prepared": dossier.prepared,
        "stack": {"name": dossier.choices.stack, "target": dossier.choices.target} if dossier.choices else None,
        "tenant": {"id": observed.tenant_id, "name": observed.tenant_name, "read": observed.read, "how": observed.how}
        if observed
        else None,
        "summary": _summary(dossier),
        "editions": [_edition(part) for part in dossier.parts],
        "sources": {
            "apis": [{"name": api.name, "appId": api.app_id, "snapshot": api.snapshot} for api in dossier.apis],
            "risk": {"source": source.source, "snapshot": source.snapshot},
            "remarks": [asdict(remark) for remark in dossier.remarks],
        },
    }


def _summary(dossier: Dossier) -> Json:
    totals = summary(dossier)
    rows = [
        {"tier": row.tier, "delegated": row.delegated, "application": row.application, "write": row.writes}
        for row in totals.rows
    ]
    return {
        "sentences": list(totals.sentences),
        "permissions": totals.total.total,
        "delegated": totals.total.delegated,
        "application": totals.total.application,
        "write": totals.total.writes,
        "tiers": rows,
        "tier0": [entry.anchor for strong in totals.strongest for _part, entry in strong.holders],
        "optional": [part.anchor for part in totals.optional],
        "withheld": [entry.anchor for _part, entry in totals.withheld],
    }


def _edition(part: EditionPart) -> Json:
    edition = part.edition
    return {
        "vendor": edition.vendor,
        "edition": edition.id,
        "basis": edition.basis.value,
        "basisReason": edition.basis_reason,
        "productVersion": edition.product_version,
        "source": asdict(edition.source),
        "sources": [asdict(source) for source in edition.sources],
        "features": [asdict(feature) for feature in edition.features],
        "footnotes": {type.value: text for type, text in edition.footnotes.items()},
        "statements": [_with_source(statement) for statement in edition.statements],
        "apps": [_app(app) for app in part.apps],
        "comparisons": [_comparison(difference) for difference in part.comparisons],
    }


def _with_source(fact: Statement | DirectoryRole | Renewal) -> Json:
    return {**asdict(fact), "source": fact.source.key}


def _app(part: AppPart) -> Json:
    app = part.app
    return {
        "anchor": part.anchor,
        "key": app.key,
        "name": app.name,
        "kind": app.kind.value,
        "role": app.role,
        "createdBy": app.created_by,
        "optional": app.optional,
        "optionalReason": app.optional_reason,
        "managedAt": app.managed_at,
        "section": app.section,
        "source": app.source.key,
        "publishedClientId": {"id": app.client_id.id, "source": app.client_id.source.key} if app.client_id else None,
        "directoryRoles": [_with_source(role) for role in app.directory_roles],
        "renewals": [_with_source(renewal) for renewal in app.renewals],
        "warnings": list(app.warnings),
        "statements": [_with_source(statement) for statement in app.statements],
        "deployed": part.deployed,
        "consents": "by-admin" if part.by_admin else "managed",
        "permissions": [_entry(entry) for entry in part.entries],
        "notGranted": list(part.not_granted),
        "tenant": [
            {
                "displayName": observed.display_name,
                "principal": observed.principal or None,
                "clientId": observed.client_id or None,
                "state": observed.state,
                "grants": [_grant(grant) for grant in observed.grants],
                "directoryRoles": None if observed.roles is None else [asdict(role) for role in observed.roles],
            }
            for observed in part.observed
        ],
    }


def _entry(entry: Entry) -> Json:
    it, risk, decision = entry.documented, entry.risk, entry.decision
    return {
        "anchor": entry.anchor,
        "api": it.api_name,
        "apiId": it.permission.api,
        "type": it.type.value,
        "value": it.name,
        "id": it.id,
        "consentScreen": entry.offered.display_name,
        "vendorTitle": it.label,
        "allows": entry.meaning,
        "vendorAllows": it.allows,
        "purpose": it.purpose,
        "whenUsed": it.when_used,
        "basis": {"kind": it.basis.value, "reason": wording.BASIS[it.basis]},
        "effect": wording.EFFECT[it.type],
        "adminConsent": entry.offered.admin_consent_required,
        "capability": it.capability.value,
        "remarks": _remarks(entry.remarks),
        "risk": {
            "tier": risk.tier,
            "level": risk.level,
            "service": risk.service,
            "reason": risk.reason,
            "source": risk.source,
        }
        if risk
        else None,
        "limits": list(it.limits),
        "rejected": [asdict(alternative) for alternative in it.rejected],
        "correction": _correction(it.correction),
        "misprint": _correction(it.misdescribed),
        "notes": list(it.notes),
        "source": it.source.key,
        "row": it.row.document(),
        "standing": entry.standing.value,
        "withheld": {"reason": decision.reason, "by": decision.by, "cost": wording.cost(entry)} if decision else None,
        "change": entry.change,
        "tenant": [
            {"on": sighting.where or None, "presence": sighting.presence.value, "consented": sighting.consented}
            for sighting in entry.sightings
        ],
    }


def _remarks(remarks: Iterable[Remark]) -> list[str]:
    return [remark.key for remark in remarks]


def _grant(grant: TenantGrant) -> Json:
    return {
        "api": grant.api_name,
        "apiId": grant.api,
        "type": grant.type.value,
        "value": grant.name,
        "id": grant.id,
        "presence": grant.presence.value,
        "consented": grant.consented,
        "remarks": _remarks(grant.remarks),
    }


def _comparison(difference: EditionDiff) -> Json:
    return {
        "before": difference.before.id,
        "after": difference.after.id,
        "apps": [
            {
                "app": app.key,
                "added": [entry.title for entry in app.added],
                "removed": [entry.title for entry in app.removed],
                "changed": [
                    {"permission": change.after.title, "fields": list(change.fields)} for change in app.changed
                ],
                "moved": {"from": app.moved.before.name, "to": app.moved.after.name} if app.moved else None,
                "facts": list(app.facts),
            }
            for app in difference.apps
        ],
    }


def _correction(correction: Correction | None) -> Json | None:
    return {"writtenAs": correction.written_as, "reason": correction.reason} if correction else None
