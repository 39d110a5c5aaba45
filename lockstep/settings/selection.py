"""Which of an app's documented permissions a stack wants, tolerates and withholds.

Only ever a part of what is documented: nothing here can add to it. Knows no files and no Pulumi.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lockstep.catalogue import App, DocumentedPermission, WhenUsed
from lockstep.errors import SettingError, nearest

Twins = Literal["tolerate", "require", "refuse"]


@dataclass(frozen=True)
class Selection:
    """What a stack does with each documented permission of one app."""

    wanted: tuple[DocumentedPermission, ...]
    tolerated: tuple[DocumentedPermission, ...]
    withheld: tuple[DocumentedPermission, ...]
    unused: tuple[DocumentedPermission, ...] = ()
    """Withheld as a group: what the vendor says it uses only for something that the customer does without."""


def select(app: App, withheld: Sequence[str], twins: Twins = "tolerate", *, robin: bool = True) -> Selection:
    """Return the selection for an app; SettingError for a withheld permission that is not there, or is there twice.

    `twins` says what becomes of permissions that are documented as possible only. Without `robin`, what the vendor
    uses only with Robin is withheld.
    """
    certain = [entry for entry in app.permissions if entry.certain]
    possible = [entry for entry in app.permissions if not entry.certain]
    wanted = [*certain, *possible] if twins == "require" else certain
    tolerated = possible if twins == "tolerate" else []
    refused: list[DocumentedPermission] = []
    for text in withheld:
        entry = _find(app, text, wanted, tolerated)
        if entry in refused:
            raise SettingError(f"{text!r} of {app.key} is withheld twice; keep one of the two entries")
        if not robin and _with_robin(entry):
            raise SettingError(f"{text!r} of {app.key} is withheld twice: ateraRobin: false withholds it already")
        refused.append(entry)
    unused = [] if robin else [entry for entry in (*wanted, *tolerated) if _with_robin(entry)]
    return Selection(
        wanted=tuple(entry for entry in wanted if entry not in refused and entry not in unused),
        tolerated=tuple(entry for entry in tolerated if entry not in refused and entry not in unused),
        withheld=tuple(refused),
        unused=tuple(unused),
    )


def _with_robin(entry: DocumentedPermission) -> bool:
    return entry.when_used is WhenUsed.ONLY_WITH_ROBIN


def full_name(entry: DocumentedPermission) -> str:
    """Return the name that is never ambiguous: `API name/type/name`."""
    return f"{entry.api_name}/{entry.type.value}/{entry.name}"


def _find(
    app: App, text: str, wanted: Sequence[DocumentedPermission], tolerated: Sequence[DocumentedPermission]
) -> DocumentedPermission:
    for entry in (*wanted, *tolerated):
        if full_name(entry).casefold() == text.casefold():
            return entry
    # A short name means what is wanted; a tolerated twin of the same name has to be named in full.
    found = [entry for entry in wanted if entry.name.casefold() == text.casefold()]
    if not found:
        known = [*(entry.name for entry in wanted), *(full_name(entry) for entry in (*wanted, *tolerated))]
        raise SettingError(f"{app.key} has no documented permission {text!r}{nearest(text, known)}")
    if len(found) > 1:
        names = " or ".join(repr(full_name(entry)) for entry in found)
        raise SettingError(f"{app.key} has more than one permission {text!r}; say {names}")
    return found[0]
