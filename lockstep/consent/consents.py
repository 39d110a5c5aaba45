"""One consent, and the scope string in which Graph keeps delegated ones.

No I/O; knows nothing of Pulumi or Graph clients.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lockstep.catalogue.permission import GRAPH, Permission, PermissionType


@dataclass(frozen=True, order=True)
class Consent:
    """One tenant-wide consent of a client: what is in force, by whatever way it came.

    Two consents are the same when API, type and key are: a delegated one is known by its scope value
    whatever its case (a grant holds names, and may hold names that the API does not list), an application
    one by its role id. `value` and `id` are kept as written; `id` is empty for a scope that the API does
    not list, `value` for a role that it does not.
    """

    api: str
    type: PermissionType
    key: str = field(init=False)
    value: str = field(compare=False)
    id: str = field(compare=False)

    def __post_init__(self) -> None:
        delegated = self.type is PermissionType.DELEGATED
        object.__setattr__(self, "key", self.value.casefold() if delegated else self.id.lower())

    @property
    def permission(self) -> Permission:
        """The permission that this consent puts in force."""
        return Permission(self.api, self.type, self.id)


SIGN_IN_SCOPES = frozenset(
    Consent(GRAPH, PermissionType.DELEGATED, value, id_)
    for value, id_ in (
        ("openid", "37f7f235-527c-4136-accd-4a02d197296e"),
        ("profile", "14dad69e-099b-42c9-810b-d002981feec1"),
        ("email", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0"),
        ("offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182"),
    )
)
"""What sign-in flows add by themselves; tolerated wherever it is not documented."""


def parse_scopes(text: str | None) -> tuple[str, ...]:
    """Return the scope values of a grant's `scope`, in order, without stray spaces and repetitions."""
    seen: dict[str, str] = {}
    for value in (text or "").split():
        seen.setdefault(value.casefold(), value)
    return tuple(seen.values())


def format_scopes(values: Iterable[str]) -> str:
    """Return the canonical scope string: sorted whatever the case, one space between values."""
    return " ".join(sorted(parse_scopes(" ".join(values)), key=lambda value: (value.casefold(), value)))


def merge_scopes(text: str | None, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> str:
    """Return `text` with `add` joined and `remove` taken out; every other value stays as it was written."""
    gone = {value.casefold() for value in remove}
    kept = [value for value in parse_scopes(text) if value.casefold() not in gone]
    return " ".join(parse_scopes(" ".join([*kept, *sorted(add, key=str.casefold)])))
