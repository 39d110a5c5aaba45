"""What an app does not ask for, in sentences that follow from the documented permissions alone."""

from __future__ import annotations

from collections.abc import Sequence

from lockstep.catalogue import SHAREPOINT, App, AppKind, PermissionType
from lockstep.dossier.model import Entry, Treatment

# Whoever holds one of these can give itself, or any other application, whatever it likes.
SELF_RAISING = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
)


def not_granted(app: App, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return what is not asked for, one sentence each; `entries` are the app's documented permissions."""
    certain = [entry for entry in entries if entry.documented.certain and entry.standing is not Treatment.WITHHELD]
    return (
        _nothing_else(app, certain),
        *_types(certain),
        *_apis(certain),
        *_writing(certain),
        *_self_raising(certain),
        *_rejected(entries),
        *_possible(entries),
        *_withheld(entries),
    )


def _nothing_else(app: App, certain: Sequence[Entry]) -> str:
    if app.kind is AppKind.SHARED_PRINCIPAL:
        return (
            f"Beside these {len(certain)} permissions the vendor asks for nothing on this principal. What Microsoft and"
            " others have there is theirs, and stays as it is."
        )
    return f"No permission beside these {len(certain)}."


def _types(certain: Sequence[Entry]) -> list[str]:
    types = {entry.documented.type for entry in certain}
    if PermissionType.APPLICATION not in types:
        return ["No application permission: without a signed-in user it can do nothing."]
    if PermissionType.DELEGATED not in types:
        return ["No delegated permission: it never acts for a signed-in user."]
    return []


def _apis(certain: Sequence[Entry]) -> list[str]:
    if any(entry.documented.permission.api == SHAREPOINT for entry in certain):
        return []
    return ["No permission on SharePoint's own API."]


def _writing(certain: Sequence[Entry]) -> list[str]:
    if any(entry.writes for entry in certain):
        return []
    return ["No permission that can change anything."]


def _self_raising(certain: Sequence[Entry]) -> list[str]:
    held = {entry.documented.name for entry in certain}
    lacks = [name for name in SELF_RAISING if name not in held]
    if not lacks:
        return []
    return [f"None of these permissions with which rights and roles are handed out: {', '.join(lacks)}."]


def _rejected(entries: Sequence[Entry]) -> list[str]:
    return [
        f"{other.name}: the vendor considered it in place of {entry.documented.name}, and it is not asked for."
        for entry in entries
        for other in entry.documented.rejected
    ]


def _possible(entries: Sequence[Entry]) -> list[str]:
    names = {
        Treatment.POSSIBLE: "not certain, so not part of what is asked for",
        Treatment.TOLERATED: "not certain, so Lockstep does not give them; where the vendor obtained them, they stay",
        Treatment.REFUSED: "not certain, and refused by this stack: removed where found",
    }
    sentences = []
    for standing, what in names.items():
        count = sum(entry.standing is standing for entry in entries)
        if count:
            sentences.append(f"{count} {'permission' if count == 1 else 'permissions'}: {what}.")
    return sentences


def _withheld(entries: Sequence[Entry]) -> list[str]:
    return [
        f"{entry.documented.title}: withheld by the customer."
        for entry in entries
        if entry.standing is Treatment.WITHHELD
    ]
