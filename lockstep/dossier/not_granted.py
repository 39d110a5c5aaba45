"""What an app does not ask for, in sentences that follow from the documented permissions alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockstep.catalogue import SHAREPOINT, App, AppKind, PermissionType
from lockstep.dossier.model import Entry, Treatment
from lockstep.report.terminal import count

# Whoever holds one of these can give itself, or any other application, whatever it likes.
SELF_RAISING = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
)
_UNCERTAIN = {
    Treatment.POSSIBLE: "not certain, so not part of what is asked for",
    Treatment.TOLERATED: "not certain, so Lockstep does not give them; where the vendor obtained them, they stay",
    Treatment.REFUSED: "not certain, and refused by this stack: removed where found",
}


def not_granted(app: App, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return what is not asked for, one sentence each; `entries` are the app's documented permissions."""
    return tuple(_sentences(app, entries))


def _sentences(app: App, entries: Sequence[Entry]) -> Iterator[str]:
    certain = [entry for entry in entries if entry.documented.certain and entry.standing is not Treatment.WITHHELD]
    if app.kind is AppKind.SHARED_PRINCIPAL:
        yield (
            f"Beside these {len(certain)} permissions the vendor asks for nothing on this principal. What Microsoft and"
            " others have there is theirs, and stays as it is."
        )
    else:
        yield f"No permission beside these {len(certain)}."
    types = {entry.documented.type for entry in certain}
    if PermissionType.APPLICATION not in types:
        yield "No application permission: without a signed-in user it can do nothing."
    elif PermissionType.DELEGATED not in types:
        yield "No delegated permission: it never acts for a signed-in user."
    if not any(entry.documented.permission.api == SHAREPOINT for entry in certain):
        yield "No permission on SharePoint's own API."
    if not any(entry.writes for entry in certain):
        yield "No permission that can change anything."
    names = {entry.documented.name for entry in certain}
    lacks = [name for name in SELF_RAISING if name not in names]
    if lacks:
        yield f"None of these permissions with which rights and roles are handed out: {', '.join(lacks)}."
    for entry in entries:
        name = entry.documented.name
        for other in entry.documented.rejected:
            yield f"{other.name}: the vendor considered it in place of {name}, and it is not asked for."
    for standing, why in _UNCERTAIN.items():
        uncertain = sum(entry.standing is standing for entry in entries)
        if uncertain:
            yield f"{count(uncertain, 'permissions')}: {why}."
    for entry in entries:
        if entry.standing is Treatment.WITHHELD:
            yield f"{entry.documented.title}: withheld by the customer."
