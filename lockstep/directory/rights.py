"""What a caller lacks for a preview, a deployment or an audit, told from its token's claims alone. Pure.

The sets of permissions are Microsoft's, held by tests against an emulator that enforces them; the roles are those that
Microsoft documents for consents. Graph has the last word: a role may be scoped, and a token older than a consent.
"""

from __future__ import annotations

from collections.abc import Mapping

from lockstep.directory.identity import Identity

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
NAMES: Mapping[str, str] = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    APPLICATION_ADMINISTRATOR: "Application Administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
}

_ADMINISTRATORS = frozenset({GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR})
_WIDE = ("Directory.Read.All", "Directory.ReadWrite.All")
_APPLICATIONS = ("Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy")
_READ = (
    ("read applications", (*_WIDE, *_APPLICATIONS)),
    ("read consents", (*_WIDE, "DelegatedPermissionGrant.ReadWrite.All")),
)
_WRITE = (
    ("register applications", ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")),
    ("consent to delegated permissions", ("DelegatedPermissionGrant.ReadWrite.All",)),
    ("consent to application permissions", ("AppRoleAssignment.ReadWrite.All",)),
)
TASKS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {"preview": _READ, "up": _WRITE, "audit": _READ}
"""For each task what it takes: in words, and the application permissions of which one is enough, the least first."""


def lacking(identity: Identity, task: str) -> tuple[str, ...] | None:
    """Return what the caller lacks for a task, in words; None where its token does not tell.

    A user's rights are those of its directory roles, which a token may leave out.
    """
    if identity.is_user:
        return _lacking_user(identity, task)
    return tuple(
        f"{names[0]} (to {what})" for what, names in TASKS[task] if not identity.permissions & frozenset(names)
    )


def _lacking_user(identity: Identity, task: str) -> tuple[str, ...] | None:
    if identity.roles is None:
        return None
    if task != "up":
        return ()  # what a member may read of the directory is enough
    if GLOBAL_ADMINISTRATOR in identity.roles:
        return ()
    found = []
    if not identity.roles & _ADMINISTRATORS:
        found.append("Application Administrator (to register applications and consent to delegated permissions)")
    if PRIVILEGED_ROLE_ADMINISTRATOR not in identity.roles:
        found.append("Privileged Role Administrator (to consent to application permissions of Microsoft Graph)")
    return tuple(found)
