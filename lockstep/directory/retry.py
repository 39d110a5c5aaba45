"""When a request may be sent again, how long to wait before, and when to give up.

The rule that matters: a write is repeated only when it surely was not done. Knows HTTP, but neither Graph's
paths nor tokens.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import httpx

from lockstep.directory.wording import certificate_problem, is_loopback, no_address, undecodable, unreachable
from lockstep.errors import DeadlineError, GraphError, SettingError

FAULTS_TOLERATED = 5  # faulty answers or lost connections in one operation: 31 seconds of waiting
REFUSALS_TOLERATED = 3  # connections that could not be made: 7 seconds of waiting
LONGEST_PAUSE = 30.0
RUN_MINUTES = "LOCKSTEP_RUN_MINUTES"
DEFAULT_RUN_MINUTES = 30.0
THROTTLED = "throttled"
_HOPELESS = (httpx.UnsupportedProtocol, httpx.ProxyError, httpx.LocalProtocolError)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class BusyError(GraphError):
    """A request was turned away and the caller had asked for no repetition; `seconds` is what Graph asks to wait."""

    def __init__(self, message: str, *, status: int, seconds: float | None = None) -> None:
        super().__init__(message, status=status)
        self.seconds = seconds


class OutcomeUnknownError(GraphError):
    """A write was sent and its answer is lost: it may be done or not. Never repeated here; the caller looks first.

    `status` is 0 when there was no answer at all.
    """


class AnswerVerdict(Enum):
    """What an answer's status means for the one who asked."""

    FINAL = "final"
    BUSY = "busy"  # not done; ask again as long as the deadline allows
    FAULTY = "faulty"  # may be asked again a few times
    UNKNOWN = "unknown"  # a write that may have happened


def judge(status: int, headers: Mapping[str, str], *, safe: bool) -> AnswerVerdict:
    """Return what `status` means; `safe` says that repeating the request changes nothing. Status 0: no answer."""
    if status == 429 or (status == 503 and (safe or retry_after(headers) is not None)):
        return AnswerVerdict.BUSY
    if status in (0, 408, 500, 502, 503, 504):
        return AnswerVerdict.FAULTY if safe else AnswerVerdict.UNKNOWN
    return AnswerVerdict.FINAL


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for: a number, or a date as seen from the answer's own Date."""
    lower = {key.casefold(): str(value).strip() for key, value in headers.items()}
    text = lower.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    until = _date(text)
    if until is None:
        return None
    now = _date(lower.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass
class Gate:
    """Until when Graph wants to be left alone: by all requests of a client, not only by the one that was told so."""

    opens: float = 0.0


@dataclass(frozen=True)
class Waiting:
    """How to wait: the deadline of one operation in seconds, a clock, a sleep and someone to tell.

    `ends` is the moment, by that clock, past which nobody waits any more: a run of many operations has one end.
    """

    deadline: float = 300.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    on_wait: Callable[[str], None] | None = None
    gate: Gate = field(default_factory=Gate)
    ends: float = math.inf

    def start(self, what: str) -> Patience:
        """Start the clock of one operation."""
        return Patience(what, self, self.clock())

    def shut(self, seconds: float | None) -> None:
        """Keep every request of this client back for as long as Graph asks."""
        if seconds is not None:
            self.gate.opens = max(self.gate.opens, self.clock() + seconds)

    async def pause(self, seconds: float, reason: str, what: str, *, by_graph: bool = False) -> None:
        """Wait, and say why and how long, if somebody listens; DeadlineError past the end of the run.

        `by_graph`: Graph itself has named the seconds.
        """
        if self.clock() + seconds > self.ends:
            raise DeadlineError(
                f"{what}: {reason}, and the next try in {seconds:g} s is past the time that one run may take "
                f"({RUN_MINUTES}, {DEFAULT_RUN_MINUTES:g} unless set); what was done stays done; "
                "to fix: run the same command again, which goes on from there"
            )
        if self.on_wait is not None:
            line = f"Microsoft Graph asks to wait {math.ceil(seconds)} s ({reason}): {what}"
            self.on_wait(line if by_graph else f"{what}: {reason}; trying again in {seconds:g} s")
        await self.sleep(seconds)


@dataclass
class Patience:
    """What is left of one operation's deadline."""

    what: str
    waiting: Waiting
    started: float
    _pauses: int = field(default=0, init=False)
    _faults: int = field(default=0, init=False)

    async def busy(self, reason: str, seconds: float | None = None, *, by_graph: bool = False) -> None:
        """Wait `seconds`, or a growing pause; DeadlineError when that is longer than what is left.

        `by_graph`: Graph itself has named the seconds.
        """
        pause = seconds or min(2.0**self._pauses, LONGEST_PAUSE)
        left = self.waiting.deadline - (self.waiting.clock() - self.started)
        if pause > left:
            raise DeadlineError(
                f"{self.what}: {reason}, and the next try in {pause:g} s is past the deadline of "
                f"{self.waiting.deadline:g} s; what was done stays done; to fix: run again in {max(pause, 60):g} s"
            )
        self._pauses += 1
        await self.waiting.pause(pause, reason, self.what, by_graph=by_graph and bool(seconds))

    async def gate(self, *, once: bool) -> None:
        """Wait until Graph wants to hear of this client again; with `once`, say so instead."""
        left = self.waiting.gate.opens - self.waiting.clock()
        if left > 0 and once:
            raise BusyError(f"{self.what}: Graph has asked this client to wait", status=429, seconds=left)
        if left > 0:
            await self.busy(THROTTLED, left, by_graph=True)

    async def faulty(self, reason: str, tolerated: int = FAULTS_TOLERATED) -> bool:
        """Wait a growing pause and return True, or return False at once when there were too many faults."""
        self._faults += 1
        if self._faults > tolerated:
            return False
        await self.busy(reason)
        return True


async def exchange(
    send: Callable[[], Awaitable[httpx.Response]], url: str, *, safe: bool, patience: Patience, once: bool = False
) -> httpx.Response:
    """Send until there is an answer to work with: a final one, or the last of too many faulty ones.

    With `once`, a request that was surely not done raises BusyError in place of being sent again.
    """
    while True:
        await patience.gate(once=once)
        try:
            response = await send()
        except httpx.DecodingError as error:
            if not safe:
                raise outcome_unknown(patience.what, "the answer cannot be decoded", 0) from None
            raise undecodable(error, patience.what) from None
        except (httpx.InvalidURL, UnicodeError, OverflowError):
            raise no_address(url) from None
        except httpx.TransportError as error:
            if once and isinstance(error, _NOT_SENT) and not is_loopback(url):
                raise BusyError(f"{patience.what}: no connection ({type(error).__name__})", status=0) from None
            await _after_no_answer(error, url, safe=safe, patience=patience)
            continue
        status, seconds = response.status_code, retry_after(response.headers)
        if status == 429:
            patience.waiting.shut(seconds)
        match judge(status, response.headers, safe=safe):
            case AnswerVerdict.BUSY if once:
                raise BusyError(f"{patience.what}: Graph is busy ({status})", status=status, seconds=seconds)
            case AnswerVerdict.BUSY:
                await patience.busy(THROTTLED if status == 429 else f"busy ({status})", seconds, by_graph=True)
            case AnswerVerdict.FAULTY if await patience.faulty(f"fault ({status})"):
                pass
            case AnswerVerdict.UNKNOWN:
                raise outcome_unknown(patience.what, f"the answer was {status}", status)
            case _:
                return response


async def _after_no_answer(error: httpx.TransportError, url: str, *, safe: bool, patience: Patience) -> None:
    """Wait if the request may be sent again; raise if not."""
    if certificate_problem(error) or isinstance(error, _HOPELESS):
        raise unreachable(error, url) from None
    not_sent = isinstance(error, _NOT_SENT)
    if not (safe or not_sent):
        raise outcome_unknown(patience.what, f"the connection was lost ({type(error).__name__})", 0) from None
    # Nobody listens on this machine: that will not change while we wait.
    tolerated = (0 if is_loopback(url) else REFUSALS_TOLERATED) if not_sent else FAULTS_TOLERATED
    if not await patience.faulty(f"no connection ({type(error).__name__})", tolerated):
        raise unreachable(error, url) from None


def pauses(seconds: float) -> Iterator[float]:
    """Return growing pauses, from half a second to five, that come to no more than so many seconds together."""
    pause, left = 0.5, seconds
    while pause <= left:
        yield pause
        left -= pause
        pause = min(pause * 2, 5.0)


def run_seconds(env: Mapping[str, str]) -> float:
    """Return how long one run may take with all its waits; SettingError when the environment says it wrongly."""
    text = env.get(RUN_MINUTES, "").strip()
    try:
        minutes = float(text or DEFAULT_RUN_MINUTES)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes < math.inf:
        raise SettingError(
            f"{RUN_MINUTES} is {text!r}; allowed: a number of minutes above 0; to fix: set one, or unset it"
        )
    return minutes * 60


def outcome_unknown(what: str, why: str, status: int) -> OutcomeUnknownError:
    """Return the error for a write that may or may not have happened."""
    return OutcomeUnknownError(
        f"{what}: {why}, so it may be done or not; it was not sent again; to fix: run again, which looks first",
        status=status,
    )
