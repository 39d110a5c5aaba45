"""`lockstep catalogue show | diff`: what vendors document, in words or as JSON. Reads the catalogue only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lockstep.catalogue import App, AppDiff, DocumentedPermission, Edition, EditionDiff, diff, load
from lockstep.report.screen import Screen


def show_catalogue(vendor: str | None, app: str | None, edition: str, as_json: bool) -> int:
    """Show vendors, apps or permissions, as far as the words go."""
    screen, catalogue = Screen(as_json=as_json), load()
    if vendor is None:
        found = {name: [each.id for each in catalogue.editions(name)] for name in catalogue.vendors}
        screen.document({"vendors": found})
        if not as_json:
            screen.table(("vendor", "editions"), [(name, ", ".join(dates)) for name, dates in found.items()])
        return 0
    chosen = catalogue.edition_as_of(vendor, edition)
    screen.progress(_title(chosen), "bold")
    if app is None:
        screen.document({"vendor": vendor, "edition": chosen.id, "apps": [_app(each) for each in chosen.apps]})
        if not as_json:
            table = [(each.key, each.name, each.kind.value, str(len(each.permissions))) for each in chosen.apps]
            screen.table(("app", "name", "kind", "permissions"), table)
        return 0
    one = chosen.app(app)
    permissions = [_permission(entry) for entry in one.permissions]
    screen.document({"vendor": vendor, "edition": chosen.id, **_app(one), "permissions": permissions})
    if not as_json:
        rows = [(entry.title, entry.id, entry.purpose or "not stated") for entry in one.permissions]
        screen.table(("permission", "id", "purpose"), rows)
    return 0


def show_difference(vendor: str, old: str, new: str, as_json: bool) -> int:
    """Show what changed between two editions of a vendor; 1 when anything did."""
    screen, catalogue = Screen(as_json=as_json), load()
    found = diff(catalogue.edition_as_of(vendor, old), catalogue.edition_as_of(vendor, new))
    screen.progress(f"{vendor}: {found.before.id} -> {found.after.id}", "bold")
    apps = [_change(each) for each in found.apps]
    screen.document({"vendor": vendor, "old": found.before.id, "new": found.after.id, "apps": apps})
    if not as_json:
        for line in list(difference_lines(found)) or ["no difference"]:
            screen.result(line)
    return 0 if found.empty else 1


def _title(edition: Edition) -> str:
    return f"{edition.vendor} {edition.id} ({edition.source.title}, {edition.source.publisher})"


def _app(app: App) -> dict[str, Any]:
    return {
        "key": app.key,
        "name": app.name,
        "kind": app.kind.value,
        "optional": app.optional,
        "role": app.role,
        "count": len(app.permissions),
    }


def _permission(entry: DocumentedPermission) -> dict[str, Any]:
    return {
        "api": entry.api_name,
        "type": entry.type.value,
        "value": entry.name,
        "id": entry.id,
        "basis": entry.basis.value,
        "purpose": entry.purpose,
    }


def difference_lines(found: EditionDiff) -> Iterator[str]:
    """Yield what changed between two editions, app by app; nothing when nothing did."""
    for each in found.apps:
        app = each.after or each.before
        how = " (new)" if each.before is None else " (gone)" if each.after is None else ""
        yield f"{app.name if app else each.key}{how}"
        if each.moved:
            yield f"  moved: from {each.moved.before.name} to {each.moved.after.name}"
        yield from (f"  + {entry.title}" for entry in each.added)
        yield from (f"  - {entry.title}" for entry in each.removed)
        yield from (f"  ~ {change.after.title}: {', '.join(change.fields)}" for change in each.changed)
        if each.facts:
            yield f"  ~ {', '.join(each.facts)}"


def _change(each: AppDiff) -> dict[str, Any]:
    return {
        "app": each.key,
        "added": [_permission(entry) for entry in each.added],
        "removed": [_permission(entry) for entry in each.removed],
        "changed": [{**_permission(change.after), "fields": list(change.fields)} for change in each.changed],
        "moved": {"from": each.moved.before.name, "to": each.moved.after.name} if each.moved else None,
        "facts": list(each.facts),
    }
