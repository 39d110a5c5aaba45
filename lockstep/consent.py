"""The set algebra of consents: from what is wanted and what is in force to what must change.

No I/O; knows nothing of Pulumi or Graph. A plan sorts every consent that is in force, or wanted, into exactly one part:

| | exact: the whole set is ours | additive: others share the client |
|---|---|---|
| wanted, not in force | `add` | `add` |
| wanted, in force | `keep` | `keep` |
| not wanted, ours (added or claimed), and no other stack needs it | as in the two rows below | `remove` |
| not wanted, tolerated, or added by sign-in | `tolerated` | `foreign` |
| anything else in force | `remove`, or `extra` where removals are only reported | `foreign` |

Example, additive: `{User.Read, Mail.Send}` is in force and a stack wants `{User.Read, Files.Read}`. The plan adds
Files.Read and keeps User.Read. Mail.Send is foreign and stays, unless this stack added it before: then it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
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

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""The id of the role that an assignment has which names none ("default access"): it lets its holder ask for a token of
the API and grants no permission, so it is no consent.
Source: https://learn.microsoft.com/graph/api/resources/approleassignment"""

_NONE: frozenset[Consent] = frozenset()


@dataclass(frozen=True)
class ConsentPlan:
    """What to do to one client's consents, and what is left alone and why.

    `add` and `remove` are the changes. `keep` is wanted and in force. `tolerated` is in force, possible by
    the documentation, and left. `extra` is in force, undocumented, and left because removals are only
    reported. `foreign` belongs to others and is never touched.
    """

    add: frozenset[Consent] = _NONE
    remove: frozenset[Consent] = _NONE
    keep: frozenset[Consent] = _NONE
    tolerated: frozenset[Consent] = _NONE
    extra: frozenset[Consent] = _NONE
    foreign: frozenset[Consent] = _NONE

    @property
    def empty(self) -> bool:
        """True when there is nothing to write."""
        return not self.add and not self.remove

    def apply(self, actual: Set[Consent]) -> frozenset[Consent]:
        """Return what is in force once this plan has been carried out on `actual`; a plan made of that is empty."""
        return (frozenset(actual) - self.remove) | self.add


def plan_exact(
    desired: Set[Consent], actual: Set[Consent], *, tolerated: Set[Consent] = _NONE, remove_extra: bool = True
) -> ConsentPlan:
    """Plan for a client whose whole set of consents is ours.

    What is tolerated (and what sign-in adds) is neither added nor removed. With `remove_extra` false,
    undocumented consents stay and are reported as `extra`.
    """
    left = (frozenset(tolerated) | SIGN_IN_SCOPES) - desired
    beyond = frozenset(actual) - desired - left
    return ConsentPlan(
        add=frozenset(desired) - actual,
        remove=beyond if remove_extra else _NONE,
        keep=frozenset(actual) & desired,
        tolerated=frozenset(actual) & left,
        extra=_NONE if remove_extra else beyond,
    )


def plan_additive(
    desired: Set[Consent], actual: Set[Consent], *, ours: Set[Consent] = _NONE, needed_by_others: Set[Consent] = _NONE
) -> ConsentPlan:
    """Plan for a client that others share.

    `ours` is what we added or claimed before: the only consents that may go, and they go when they are no
    longer wanted and no other stack needs them. Everything else in force is foreign.
    """
    remove = (frozenset(ours) & actual) - desired - needed_by_others
    keep = frozenset(actual) & desired
    return ConsentPlan(
        add=frozenset(desired) - actual,
        remove=remove,
        keep=keep,
        foreign=frozenset(actual) - keep - remove,
    )


def parse_scopes(text: str | None) -> tuple[str, ...]:
    """Return the scope values of a grant's `scope`, in order, without stray spaces and repetitions."""
    values: dict[str, str] = {}
    for value in (text or "").split():
        values.setdefault(value.casefold(), value)
    return tuple(values.values())


def format_scopes(values: Iterable[str]) -> str:
    """Return the canonical scope string: sorted whatever the case, one space between values."""
    return " ".join(sorted(parse_scopes(" ".join(values)), key=lambda value: (value.casefold(), value)))


def merge_scopes(text: str | None, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> str:
    """Return `text` with `add` joined and `remove` taken out; every other value stays as it was written."""
    gone = {value.casefold() for value in remove}
    kept = [value for value in parse_scopes(text) if value.casefold() not in gone]
    return " ".join(parse_scopes(" ".join([*kept, *sorted(add, key=str.casefold)])))
