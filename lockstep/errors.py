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

What this machine does to us, a full disk or a folder that may not be written, becomes one of them by `told`.

This module knows no other module. A message says what was refused, where, what is allowed and how to
fix it, in one line; it never holds a secret.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


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


class OutputError(Exception):
    """What a command prints can no longer be written. Nobody can be told but on the other stream.

    It is no LockstepError, lest a command tries to report it where nothing can be printed.
    """

    def __init__(self, stream: str, cause: OSError | ValueError) -> None:
        self.closed = isinstance(cause, BrokenPipeError)
        """Whoever read it has gone, as `head` does: nothing is wrong."""
        reason = getattr(cause, "strerror", None) or str(cause)
        super().__init__(f"{stream} cannot be written: {reason}; the command ended there")


_REMEDIES = {
    "EACCES": "give yourself the right to it, or name another place",
    "EPERM": "give yourself the right to it, or name another place",
    "EROFS": "nothing can be written there: name another place",
    "ENOSPC": "make room on the disk",
    "EDQUOT": "make room within your quota",
    "EFBIG": "raise the limit on the size of files (`ulimit -f`), or make room",
    "EMFILE": "raise the limit on open files: `ulimit -n 1024`",
    "ENFILE": "close other programs: the system has no open files left",
    "ENOENT": "make it, or name another",
    "EEXIST": "move it away, or name another",
    "ENOTEMPTY": "move it away, or name another",
    "ENOTDIR": "a file stands where a folder has to be: move it away, or name another",
    "EISDIR": "a folder stands where a file has to be: move it away, or name another",
    "ELOOP": "links lead in a circle: take them away, or name another",
    "ENAMETOOLONG": "choose a shorter name, or a folder nearer to the root",
    "ENOEXEC": "it is no program of this machine: install it anew",
    "ENOMEM": "end other programs: this machine has no memory left",
    "EAGAIN": "end other programs: this machine starts no more of them",
    "EIO": "the disk or the network drive fails: check it",
    "ESTALE": "the network drive has lost it: mount it again",
    "EBUSY": "something else is using it: end that, and run this again",
    "ETXTBSY": "something else is using it: end that, and run this again",
    "EXDEV": "it may not be moved to another disk: keep both on one",
    "ENXIO": "it is a device or a pipe that does not answer: name a file",
    "ENODEV": "it is a device or a pipe that does not answer: name a file",
    "EPIPE": "a program that we talked to has ended: run this again",
    "ENOLCK": "this file system keeps no locks: use a local disk",
    "ENOSYS": "this system cannot do it: use a local disk",
    "ENOTSUP": "this system cannot do it: use a local disk",
    "EOPNOTSUPP": "this system cannot do it: use a local disk",
}
"""How to put right what a machine does to a program, by the system's name for it. Anything else is a fault of ours."""
_NETWORK = {"EADDRINUSE", "EADDRNOTAVAIL", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTDOWN", "EHOSTUNREACH"}
_NETWORK |= {"ENETDOWN", "ENETRESET", "ENETUNREACH", "ETIMEDOUT"}
_HERE = str(Path(__file__).parent) + os.sep


def told(error: BaseException) -> LockstepError | None:
    """Return what to tell a person of an error: itself, or what the machine did; None for a fault of ours."""
    if isinstance(error, LockstepError):
        return error
    if isinstance(error, MemoryError):
        return UsageError("this machine has no memory left; to fix: end other programs, or give it more")
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):  # CPython has no class for it
        return UsageError("this machine starts no further thread; to fix: end other programs, or allow more memory")
    if not isinstance(error, OSError):
        return None
    kinds = {kind.__name__ for kind in type(error).__mro__}
    reason = error.strerror or str(error)
    if "SSLError" in kinds:
        return UsageError(
            f"TLS cannot be used: {reason}; to fix: see that SSL_CERT_FILE, where it is set, names certificates in PEM"
        )
    name = errno.errorcode.get(error.errno or 0, "")
    if name in _NETWORK or kinds & {"gaierror", "herror", "TimeoutError"}:
        return TenantError(f"the network cannot be used: {reason}; to fix: check the network and the proxy")
    path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
    if name not in _REMEDIES or (name == "ENOENT" and path.startswith(_HERE)):
        return None
    if not path and name == "ENOENT":
        return _nameless()
    return UsageError(f"{f'{path}: ' if path else ''}{reason_of(error)}")


def reason_of(error: OSError) -> str:
    """Return what the system says, and how to put it right where that is known."""
    remedy = _REMEDIES.get(errno.errorcode.get(error.errno or 0, ""))
    return f"{error.strerror or error}{f'; to fix: {remedy}' if remedy else ''}"


def _nameless() -> UsageError:
    """Return the error for what is not there and has no name: the folder that a command runs in, or certificates."""
    try:
        os.getcwd()
    except OSError:
        return UsageError("the current folder is not there any more; to fix: go to one that is there")
    return UsageError("a file with certificates is not there; to fix: see that SSL_CERT_FILE, if set, names a file")


def nearest(word: str, words: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the one of `words` that is nearest to `word`, or nothing when none is near."""
    spellings = {other.casefold(): other for other in words}
    matches = get_close_matches(word.casefold(), spellings, n=1, cutoff=0.6)
    return f"; did you mean {spellings[matches[0]]!r}?" if matches else ""
