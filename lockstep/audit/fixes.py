"""What puts an app right: the stack's next `up`, or an administrator where the consents are theirs (`by-admin`)."""

from __future__ import annotations

from lockstep.audit.judge import AppAudit
from lockstep.audit.permissions import PermissionRow, Status
from lockstep.audit.standing import StackCommands, way_on
from lockstep.catalogue import AppKind

_UP = "`pulumi up` with this tenant's stack puts"
_ADOPT = "an app that was made by hand has to be adopted first: `lockstep adopt --stack STACK`"
_WANTED = (Status.AS_DOCUMENTED, Status.MISSING)

BY_UP = f"{_UP} it right; {_ADOPT}"
"""The fix of what every stack manages, whoever gives the consents."""


def of_app(audit: AppAudit, commands: StackCommands) -> str:
    """Return how an app that is not there is put right."""
    if audit.identified.lost is not None:
        return way_on(audit.identified, commands)
    return f"{_UP} it right, and an administrator consents then (`consents: by-admin`)" if _by_admin(audit) else BY_UP


def of_permission(audit: AppAudit, row: PermissionRow) -> str:
    """Return how a permission is put right, by what of it is wrong: its configuration, its consent, or both.

    Where the consents are an administrator's, no `up` gives or takes back any: it only writes down what is to be done.
    Where removals are only reported, none takes back any.
    """
    wanted = row.status in _WANTED
    if row.consented and not wanted and _stays(audit):
        return (
            f"`removals: report` leaves it in place: set that to apply, and {_UP} it right; or take it back at "
            f"{_place(audit)}"
        )
    if row.consented is wanted or not _by_admin(audit):
        return BY_UP
    do = "gives" if wanted else "takes back"
    person = (
        f"an administrator {do} the consent (`consents: by-admin`, so no `up` does) at {_place(audit)}; after "
        "`pulumi up --refresh`, `lockstep show --stack STACK` has all that is left to do, with the address"
    )
    configuration = row.configured is not None and row.configured is not wanted
    return f"{_UP} the configuration right; {person}" if configuration else person


def _stays(audit: AppAudit) -> bool:
    return audit.app.extras_stay and not _by_admin(audit)


def _by_admin(audit: AppAudit) -> bool:
    return audit.app.by_admin


def _place(audit: AppAudit) -> str:
    if audit.app.kind is AppKind.SHARED_PRINCIPAL:
        return "SharePoint admin center > Advanced > API access"
    return f"Microsoft Entra admin center > Enterprise applications > {audit.identified.name} > Permissions"
