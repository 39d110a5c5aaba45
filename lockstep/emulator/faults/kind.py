"""What any kind of fault may do, what it is told of a request, and chance. What only one kind knows is in its module.

Chance is repeatable: the same seed and the same question, put for the same time, give the same number. Each question
has a sequence of its own, so that the order does not matter in which the requests of several clients come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from lockstep.emulator.store import Object

if TYPE_CHECKING:
    from lockstep.emulator.tenant import Tenant
    from lockstep.emulator.wire import Response

CODES = {status: HTTPStatus(status).phrase.replace(" ", "") for status in (409, 429, 500, 502, 503, 504)}
Past = tuple[str, str, Object | None, int]
"""An object as it was: table, id, the object or None, and its place in the order of creation."""


class Dice:
    """Numbers by chance: each follows from the seed, the question, and how often that was put."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._rolls: Counter[tuple[object, ...]] = Counter()

    def roll(self, *question: object) -> float:
        """Return a number from 0 up to, but not including, 1."""
        self._rolls[question] += 1
        text = f"{self.seed}|{self._rolls[question]}|{question!r}"
        return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48

    def happens(self, share: float, *question: object) -> bool:
        """Tell whether a thing happens this time that is to happen in such a share of all cases."""
        return share > 0 and self.roll(*question) < share

    def between(self, low: float, high: float, *question: object) -> float:
        """Return a number of this range."""
        return low + (high - low) * self.roll(*question)


class FaultSettings:
    """What a plan may say of one kind; pydantic refuses other fields, and values of another type."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True)
class RequestFacts:
    """What a fault may know of one request to Graph, or one to the sign-in."""

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
    """The app id of the caller."""
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


Settings = TypeVar("Settings")


@dataclass(eq=False)
class FaultKind(Generic[Settings]):
    """One kind of fault. Its methods do nothing; each kind overrides those that it needs."""

    settings: Settings
    tenant: Tenant
    clock: Callable[[], float]
    dice: Dice

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Return what goes wrong with a request, before any of it is done."""
        return None

    def past(self, request: RequestFacts) -> Iterable[Past]:
        """Return the objects that this request is to see in an earlier state."""
        return ()

    def around(self, request: RequestFacts) -> Callable[[], None] | None:
        """Do what somebody else does just before a write; return what they do just after it."""
        return None

    def finish(self, request: RequestFacts, response: Response) -> Response:
        """Return the answer as it goes out."""
        return response

    def close(self) -> None:
        """Stop watching."""
