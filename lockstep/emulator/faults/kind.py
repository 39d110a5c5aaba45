"""What every kind of fault has to offer, and what it is told of a request. No kind's own knowledge lives here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lockstep.emulator.faults.dice import Dice
from lockstep.emulator.store import Object

if TYPE_CHECKING:
    from lockstep.emulator.tenant import Tenant
    from lockstep.emulator.wire import Response

CODES = {
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
Past = tuple[str, str, Object | None, int]
"""An object as it was: table, id, the object or None, and its place in the order of creation."""


@dataclass(frozen=True)
class Asked:
    """One request to Graph, or one to the sign-in."""

    method: str
    path: str
    query: str = ""
    body: Any = None
    graph: bool = True
    """Whether it goes to Graph; the other ones are metadata and sign-in."""
    writes: bool = False
    batch: bool = False
    """Whether it came inside a `$batch`."""
    caller: str = ""
    """The app id of the one who asks."""
    token: str = ""
    """Which access token was used: not the token itself."""
    contended: bool = False
    """Whether another write to the same principal is under way."""
    door: str = ""

    @property
    def whole_batch(self) -> bool:
        """Whether it is a `$batch` itself, which has no cost and no work of its own."""
        return self.path.lower().endswith("/$batch")


@dataclass(frozen=True)
class Trouble:
    """What comes in place of an answer: an error, or no answer at all when the connection is to `drop`."""

    kind: str
    status: int = 503
    message: str = ""
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False
    """Whether the work is done nevertheless."""
    drop: bool = False

    def error_code(self) -> str:
        """Return the error code that goes with the status."""
        return self.code or CODES.get(self.status, "UnknownError")


@dataclass(frozen=True)
class Scene:
    """Where faults happen: the tenant, its clock, and chance."""

    tenant: Tenant
    clock: Callable[[], float]
    dice: Dice


class Kind:
    """One kind of fault. Each method does nothing until a kind has something to do there."""

    name = ""

    def strike(self, asked: Asked) -> Trouble | None:
        """Return what goes wrong with a request, before any of it is done."""
        return None

    def past(self, asked: Asked) -> Iterable[Past]:
        """Return the objects that this request finds as they were."""
        return ()

    def around(self, asked: Asked) -> Callable[[], None] | None:
        """Do what somebody else does just before a write; return what they do just after it."""
        return None

    def finish(self, asked: Asked, response: Response) -> Response:
        """Return the answer as it goes out."""
        return response

    def close(self) -> None:
        """Stop watching."""
