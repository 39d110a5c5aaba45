"""`lockstep catalogue show | diff`: what vendors document, in words or as JSON. Reads the catalogue only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lockstep.catalogue import App, AppDiff, DocumentedPermission, EditionDiff, diff, load
from lockstep.report.screen import Screen


def show_catalogue(vendor: str | None, app: str | None, edition: str, as_json: bool) -> int:
    """Show all vendors, the apps of `vendor`, or the permissions of one `app`."""
    screen, catalogue = Screen(as_json=as_json), load()
    if vendor is None:
        dates = {name: [edition.id for edition in catalogue.editions(name)] for name in catalogue.vendors}
        screen.document({"vendors": dates})
        if not as_json:
            screen.table(("vendor", "editions"), [(name, ", ".join(days)) for name, days in dates.items()])
        return 0
    chosen = catalogue.edition_as_of(vendor, edition)
    screen.progress(f"{vendor} {chosen.id} ({chosen.source.title}, {chosen.source.publisher})", "bold")
    if app is None:
        screen.document({"vendor": vendor, "edition": chosen.id, "apps": [_app(one) for one in chosen.apps]})
        if not as_json:
            table = [(one.key, one.name, one.kind.value, str(len(one.permissions))) for one in chosen.apps]
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
    difference = diff(catalogue.edition_as_of(vendor, old), catalogue.edition_as_of(vendor, new))
    screen.progress(f"{vendor}: {difference.before.id} -> {difference.after.id}", "bold")
    apps = [_app_difference(app) for app in difference.apps]
    screen.document({"vendor": vendor, "old": difference.before.id, "new": difference.after.id, "apps": apps})
    if not as_json:
        for line in list(difference_lines(difference)) or ["no difference"]:
            screen.result(line)
    return 0 if difference.empty else 1


def difference_lines(difference: EditionDiff) -> Iterator[str]:
    """Yield what changed between two editions, app by app; nothing when nothing did."""
    for part in difference.apps:
        app = part.after or part.before
        how = " (new)" if part.before is None else " (gone)" if part.after is None else ""
        yield f"{app.name if app else part.key}{how}"
        if part.moved:
            yield f"  moved: from {part.moved.before.name} to {part.moved.after.name}"
        yield from (f"  + {entry.title}" for entry in part.added)
        yield from (f"  - {entry.title}" for entry in part.removed)
        yield from (f"  ~ {change.after.title}: {', '.join(change.fields)}" for change in part.changed)
        if part.facts:
            yield f"  ~ {', '.join(part.facts)}"


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


def _app_difference(part: AppDiff) -> dict[str, Any]:
    return {
        "app": part.key,
        "added": [_permission(entry) for entry in part.added],
        "removed": [_permission(entry) for entry in part.removed],
        "changed": [{**_permission(change.after), "fields": list(change.fields)} for change in part.changed],
        "moved": {"from": part.moved.before.name, "to": part.moved.after.name} if part.moved else None,
        "facts": list(part.facts),
    }
