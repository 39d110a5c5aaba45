"""Every error that Lockstep raises on purpose, and the exit code each one gives.

    LockstepError                      1
    ├── FindingError                   1   what we looked at is not as it must be
    │   ├── RefusedError               1   a write that we will not make
    │   └── NotFinishedError           1   what could be done is done; something is still to come
    ├── UsageError                     2   the caller's words or files are wrong
    │   ├── SettingError               2   a stack setting
    │   ├── CatalogueError             2   a catalogue file
    │   └── StateError                 2   a state file of ours
    └── TenantError                    3   the tenant, the sign-in or the network
        ├── SignInError                3
        ├── WrongTenantError           3
        ├── GraphError                 3   an answer of Microsoft Graph that stops us
        └── DeadlineError              3   Graph did not agree, or stayed busy, for too long

This module knows no other module. A message says what was refused, where, what is allowed and how to
fix it, in one line; it never holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class LockstepError(Exception):
    """The root of the tree: a message for a person and an exit code for a script."""

    exit_code = 1


class FindingError(LockstepError):
    """What was looked at is not as it must be."""


class RefusedError(FindingError):
    """A write that Lockstep will not make."""


class NotFinishedError(FindingError):
    """What could be done is done and recorded; something outside has to happen before the rest."""


class UsageError(LockstepError):
    """The caller's words or files are wrong; nothing was started."""

    exit_code = 2


class SettingError(UsageError):
    """A stack setting is unknown, missing, mistyped or not allowed."""


class CatalogueError(UsageError):
    """A catalogue file is not what the schema or the permission lists allow."""


class StateError(UsageError):
    """A state file of Lockstep's own cannot be read."""


class TenantError(LockstepError):
    """The tenant, the sign-in or the network."""

    exit_code = 3


class SignInError(TenantError):
    """No token could be had."""


class WrongTenantError(TenantError):
    """The token, or the object, belongs to another tenant than the stack's target."""


class GraphError(TenantError):
    """Microsoft Graph answered with an error that stops the operation.

    `status` is the HTTP status, 0 where no answer of Graph's own came, and `code` is Graph's own error code, such as
    `Request_ResourceNotFound`. By the code, and not by the status: `gone` tells that Graph knows no such object (any
    more), `denied` that a permission is what the caller lacks.
    """

    def __init__(self, message: str, *, status: int, code: str = "", gone: bool = False, denied: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.gone = gone
        self.denied = denied


class DeadlineError(TenantError):
    """Graph did not reach agreement, or stayed busy, until the deadline."""


def nearest(word: str, words: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the one of `words` that is nearest to `word`, or nothing when none is near."""
    spellings = {other.casefold(): other for other in words}
    matches = get_close_matches(word.casefold(), spellings, n=1, cutoff=0.6)
    return f"; did you mean {spellings[matches[0]]!r}?" if matches else ""
