"""The pure part of `$batch`: what goes into the next request, and what its answer settles.

Graph takes at most 20 requests, judges each one alone for throttling, and lets them depend on each other only in
simple patterns: none, or each on the one before it. So a request with any dependency inside runs whole in
series; a 424 that comes only from that order is sent again. Knows no HTTP client and no clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lockstep.directory.challenge import Challenge, challenge_of
from lockstep.directory.retry import THROTTLED, AnswerVerdict, judge, outcome_unknown, retry_after
from lockstep.directory.wording import refusal
from lockstep.errors import GraphError, SignInError

LIMIT = 20
FAILED_DEPENDENCY = 424
_REFUSED = (401, 403, 501)


@dataclass(frozen=True)
class BatchItem:
    """One request of a batch. `url` starts with a slash and has no version; `depends_on_previous` makes a chain."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None
    depends_on_previous: bool = False

    @property
    def safe(self) -> bool:
        """Whether repeating it changes nothing."""
        return self.method == "GET"


@dataclass(frozen=True)
class BatchAnswer:
    """The last answer to one item. Status 0: the batch's answer held none for it."""

    item: BatchItem
    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    no_token: SignInError | None = None
    """Why no token could be had that satisfies what Graph demanded, where it demanded another."""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether it is not for this caller, or not here: a list is missing then, which is said; it is never empty."""
        return self.status in _REFUSED

    @property
    def problem(self) -> str:
        """The error that this answer stands for, without what to do about it."""
        return str(self.error()).partition("; to fix")[0]

    @property
    def fix(self) -> str:
        """What to do about the error that this answer stands for."""
        return str(self.error()).partition("; to fix: ")[2]

    @property
    def lacks_permission(self) -> bool:
        """Whether a permission is what the caller lacks."""
        return self.error().denied

    @property
    def gone(self) -> bool:
        """Whether Graph says that the object is not there (any more)."""
        return not (self.ok or self.outcome_unknown) and self.error().gone

    @property
    def challenge(self) -> Challenge | None:
        """What Graph demands of another token, if that is why it was refused."""
        return challenge_of(self.status, self.headers)

    @property
    def skipped(self) -> bool:
        """Whether it was not done because the item that it depends on failed."""
        return self.status == FAILED_DEPENDENCY

    @property
    def outcome_unknown(self) -> bool:
        """Whether it is a write that may be done or not: look before sending it again."""
        return judge(self.status, self.headers, safe=self.item.safe) is AnswerVerdict.UNKNOWN

    def error(self) -> GraphError:
        """Return the error that this answer stands for; only for an answer that is not ok."""
        what = f"{self.item.method} {self.item.url.partition('?')[0]}"
        if self.outcome_unknown:
            why = f"the answer was {self.status}" if self.status else "the batch held no answer"
            return outcome_unknown(what, why, self.status)
        if self.no_token is not None:
            return GraphError(str(self.no_token), status=self.status)
        return refusal(what, self.status, self.body, self.challenge)


@dataclass(frozen=True)
class Hold:
    """Why the next request of a batch has to wait. A fault may hold a batch only a few times."""

    reason: str
    seconds: float | None
    fault: bool
    throttled: float | None = None
    """The seconds that Graph asks every request to wait."""
    challenge: Challenge | None = None
    """What the token of the next request has to satisfy; there is nothing to wait for then."""


class BatchRun:
    """The state of one batch, from its items to an answer for each."""

    def __init__(self, items: Sequence[BatchItem]) -> None:
        self._items = tuple(items)
        self._settled: dict[int, BatchAnswer] = {}
        self._faulty: dict[int, BatchAnswer] = {}
        self._held: dict[int, BatchAnswer] = {}
        self._challenged = False

    @property
    def answers(self) -> list[BatchAnswer]:
        """The answers in the items' order, once `chunk` is empty."""
        return [self._settled[index] for index in range(len(self._items))]

    def chunk(self) -> list[int]:
        """Return the items of the next request; none when all are settled."""
        for index, item in enumerate(self._items):
            if index not in self._settled and self._parent_failed(index):
                self._settled[index] = BatchAnswer(item, FAILED_DEPENDENCY)
        return [index for index in range(len(self._items)) if index not in self._settled][:LIMIT]

    def safe(self, chunk: Sequence[int]) -> bool:
        """Whether repeating the whole request changes nothing."""
        return all(self._items[index].safe for index in chunk)

    def payload(self, chunk: Sequence[int]) -> dict[str, Any]:
        """Return the body of the request for these items."""
        in_series = self._in_series(chunk)
        requests = []
        for position, index in enumerate(chunk):
            item = self._items[index]
            request: dict[str, Any] = {"id": str(index), "method": item.method, "url": item.url}
            if item.body is not None:
                request |= {"body": item.body, "headers": {"Content-Type": "application/json"}}
            if in_series and position:
                request["dependsOn"] = [str(chunk[position - 1])]
            requests.append(request)
        return {"requests": requests}

    def take(self, chunk: Sequence[int], body: Mapping[str, Any]) -> Hold | None:
        """Settle what the answer settles; return why the rest has to wait, if it does."""
        entries = {str(entry.get("id")): entry for entry in body.get("responses", ()) if isinstance(entry, dict)}
        in_series, broken = self._in_series(chunk), False
        held: list[tuple[AnswerVerdict, BatchAnswer]] = []
        self._faulty.clear()
        self._held.clear()
        challenge: Challenge | None = None
        for index in chunk:
            answer = _answer(self._items[index], entries.get(str(index)))
            verdict = judge(answer.status, answer.headers, safe=answer.item.safe)
            if answer.skipped and in_series and broken and not self._parent_failed(index):
                # Only the series skipped it: what broke before it is no dependency of its own, or is sent again.
                continue
            if answer.challenge is not None and not self._challenged:
                challenge = answer.challenge  # refused undone: sent again with another token, once
                self._held[index] = answer
            elif verdict in (AnswerVerdict.BUSY, AnswerVerdict.FAULTY):
                held.append((verdict, answer))
                self._held[index] = answer
                if verdict is AnswerVerdict.FAULTY:
                    self._faulty[index] = answer
            else:
                self._settled[index] = answer
            broken = broken or not answer.ok
        if challenge is not None:
            self._challenged = True
            return Hold("another token is asked for", None, fault=False, challenge=challenge)
        return _hold(held)

    def give_up(self) -> None:
        """Settle the faulty items of the last answer as they are."""
        self._settled.update(self._faulty)

    def stop(self, no_token: SignInError | None = None) -> None:
        """Send nothing again: settle what was held by its last answer, and what was not sent as skipped.

        `no_token` is why the token could not be had that Graph demands.
        """
        self._settled.update({index: replace(answer, no_token=no_token) for index, answer in self._held.items()})
        for index, item in enumerate(self._items):
            self._settled.setdefault(index, BatchAnswer(item, FAILED_DEPENDENCY))

    def _in_series(self, chunk: Sequence[int]) -> bool:
        return any(self._items[index].depends_on_previous and index - 1 in chunk for index in chunk)

    def _parent_failed(self, index: int) -> bool:
        parent = self._settled.get(index - 1) if self._items[index].depends_on_previous else None
        return parent is not None and not parent.ok


def _answer(item: BatchItem, entry: Mapping[str, Any] | None) -> BatchAnswer:
    if entry is None:
        return BatchAnswer(item, 0)
    status, body, headers = entry.get("status"), entry.get("body"), entry.get("headers")
    return BatchAnswer(
        item,
        int(str(status)) if re.fullmatch("[0-9]{3}", str(status)) else 0,
        body if isinstance(body, dict) else {},
        {str(key): str(value) for key, value in headers.items()} if isinstance(headers, dict) else {},
    )


def _hold(held: Sequence[tuple[AnswerVerdict, BatchAnswer]]) -> Hold | None:
    if not held:
        return None
    waits = [seconds for _, answer in held if (seconds := retry_after(answer.headers)) is not None]
    fault = all(verdict is AnswerVerdict.FAULTY for verdict, _ in held)
    statuses = ", ".join(sorted({str(answer.status or "no answer") for _, answer in held}))
    throttled = max((retry_after(answer.headers) or 0 for _, answer in held if answer.status == 429), default=0)
    reason = f"{len(held)} of the batch to be sent again ({statuses})"
    if throttled:
        reason = f"{THROTTLED}, {reason}"
    return Hold(reason, max(waits, default=None), fault, throttled or None)
