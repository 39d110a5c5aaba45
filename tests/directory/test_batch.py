from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.directory import BatchAnswer, BatchItem, OutcomeUnknownError
from lockstep.directory.batch import LIMIT
from lockstep.errors import DeadlineError, GraphError
from tests.directory.scripted import Bench, Call, Reply, Server, refused, run

BUSY = {"status": 429, "headers": {"Retry-After": "4"}, "body": {}}


@dataclass
class Model:
    """Graph's side of `$batch`: `plan` gives the statuses of each url, one a try, the last one for good."""

    plan: dict[str, list[int]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)

    def __call__(self, call: Call) -> Reply:
        requests = call.body["requests"]
        assert call.path == "/v1.0/$batch"
        assert len(requests) <= LIMIT
        _in_a_documented_pattern(requests)
        statuses: dict[str, int] = {}
        for request in requests:
            broken = any(statuses[parent] >= 400 for parent in request.get("dependsOn", ()))
            statuses[request["id"]] = 424 if broken else self._serve(request["url"])
        answers = [_entry(key, status) for key, status in statuses.items()]
        return Reply(200, {"responses": answers[::-1]})

    def _serve(self, url: str) -> int:
        statuses = self.plan.get(url, [200])
        status = statuses[min(self.tried[url], len(statuses) - 1)]
        self.tried[url] += 1
        if status < 300:
            self.done.append(url)
        return status


def _entry(key: str, status: int) -> dict[str, Any]:
    headers = {"Retry-After": "1"} if status in (429, 503) else {}
    return {"id": key, "status": status, "headers": headers, "body": {"id": key}}


def _in_a_documented_pattern(requests: list[dict[str, Any]]) -> None:
    """Graph documents three patterns of dependsOn; two are used: none, or each on the one before."""
    depends = [request.get("dependsOn") for request in requests]
    serial = [None, *([request["id"]] for request in requests[:-1])]
    assert depends in ([None] * len(requests), serial)


def items(*methods: str, chained: bool = False) -> list[BatchItem]:
    return [
        BatchItem(
            method, f"/{index}", None if method == "GET" else {"n": index}, depends_on_previous=chained and index > 0
        )
        for index, method in enumerate(methods)
    ]


def statuses(answers: list[BatchAnswer]) -> list[int]:
    return [answer.status for answer in answers]


def test_batch_sends_twenty_at_a_time() -> None:
    model = Model()
    bench = Bench(Server(model, repeat=True))
    answers = run(bench.graph.batch(items(*["POST"] * 45)))
    assert [answer.item.url for answer in answers] == [f"/{index}" for index in range(45)]
    assert [len(call.body["requests"]) for call in bench.server.calls] == [20, 20, 5]
    assert all(answer.ok for answer in answers)


def test_batch_of_nothing_sends_nothing() -> None:
    assert run(Bench(Server()).graph.batch([])) == []


def test_batch_repeats_only_what_was_throttled() -> None:
    model = Model({"/1": [429, 200], "/3": [503, 201]})
    bench = Bench(Server(model, repeat=True))
    assert statuses(run(bench.graph.batch(items("POST", "POST", "GET", "DELETE")))) == [200, 200, 200, 201]
    assert sorted(model.done) == ["/0", "/1", "/2", "/3"]
    assert [request["url"] for request in bench.server.calls[1].body["requests"]] == ["/1", "/3"]


def test_batch_waits_for_the_longest_retry_after() -> None:
    def busy(call: Call) -> Reply:
        entries = [dict(BUSY, id="0"), dict(BUSY, id="1", headers={"retry-after": "9"})]
        return Reply(200, {"responses": entries})

    bench = Bench(Server(busy, Model()))
    run(bench.graph.batch(items("POST", "POST")))
    assert bench.clock.slept == [9.0]


def test_batch_of_a_chain_goes_in_series_and_goes_on_after_throttling() -> None:
    model = Model({"/1": [429, 200]})
    bench = Bench(Server(model, repeat=True))
    assert statuses(run(bench.graph.batch(items("POST", "POST", "POST", chained=True)))) == [200, 200, 200]
    assert model.done == ["/0", "/1", "/2"]
    first, second = (call.body["requests"] for call in bench.server.calls)
    assert [request.get("dependsOn") for request in first] == [None, ["0"], ["1"]]
    assert [request.get("dependsOn") for request in second] == [None, ["1"]]


def test_batch_reports_what_a_failed_dependency_skipped_even_in_the_next_request() -> None:
    model = Model({"/19": [403]})
    bench = Bench(Server(model, repeat=True))
    answers = run(bench.graph.batch(items(*["POST"] * 23, chained=True)))
    assert statuses(answers) == [200] * 19 + [403, 424, 424, 424]
    assert answers[20].skipped
    assert len(bench.server.calls) == 1


def test_batch_of_two_chains_does_not_let_one_stop_the_other() -> None:
    chain = [
        *items("POST", "POST", chained=True),
        BatchItem("POST", "/a"),
        BatchItem("POST", "/b", depends_on_previous=True),
    ]
    model = Model({"/0": [403]})
    assert statuses(run(Bench(Server(model, repeat=True)).graph.batch(chain))) == [403, 424, 200, 200]


def test_batch_believes_a_skip_that_nothing_explains() -> None:
    entries = [{"id": "0", "status": 200}, {"id": "1", "status": 424}]
    bench = Bench(Server(Reply(200, {"responses": entries})))
    assert statuses(run(bench.graph.batch(items("POST", "POST", chained=True)))) == [200, 424]


def test_batch_leaves_an_unknown_outcome_to_the_caller() -> None:
    model = Model({"/0": [504]})
    answer = run(Bench(Server(model, repeat=True)).graph.batch(items("POST")))[0]
    assert answer.outcome_unknown
    assert model.tried == {"/0": 1}
    assert isinstance(answer.error(), OutcomeUnknownError)


def test_batch_repeats_a_faulty_read_a_few_times() -> None:
    good, bad = Model({"/0": [500, 502, 200]}), Model({"/0": [500]})
    assert statuses(run(Bench(Server(good, repeat=True)).graph.batch(items("GET")))) == [200]
    assert statuses(run(Bench(Server(bad, repeat=True)).graph.batch(items("GET", "GET")))) == [500, 200]
    assert bad.tried["/1"] == 1


def test_batch_without_an_answer_for_a_write_is_an_unknown_outcome() -> None:
    answer = run(Bench(Server(Reply(200, {"responses": []}))).graph.batch(items("POST")))[0]
    assert answer.status == 0
    assert answer.outcome_unknown


def test_batch_error_of_an_item_is_graphs_own() -> None:
    body = {"error": {"code": "Request_BadRequest", "message": "Permission entry already exists."}}
    reply = Reply(200, {"responses": [{"id": "0", "status": 400, "body": body}]})
    error = run(Bench(Server(reply)).graph.batch([BatchItem("POST", "/a?$x=1", {})]))[0].error()
    assert (error.status, error.code) == (400, "Request_BadRequest")
    assert "POST /a with 400" in str(error)
    assert not isinstance(error, OutcomeUnknownError)


def test_batch_of_reads_is_repeated_when_the_connection_is_lost() -> None:
    bench = Bench(Server(httpx.ReadError("gone"), Model()))
    assert statuses(run(bench.graph.batch(items("GET", "GET")))) == [200, 200]


@pytest.mark.parametrize("step", [httpx.ReadError("gone"), refused(502)])
def test_batch_with_a_write_is_not_repeated_when_the_connection_is_lost(step: Reply | Exception) -> None:
    bench = Bench(Server(step))
    with pytest.raises(OutcomeUnknownError):
        run(bench.graph.batch(items("GET", "PATCH")))
    assert len(bench.server.calls) == 1


def test_batch_throttled_as_a_whole_is_repeated() -> None:
    bench = Bench(Server(refused(429, retry_after="6"), Model()))
    assert statuses(run(bench.graph.batch(items("POST")))) == [200]
    assert bench.clock.slept == [6.0]


def test_batch_has_one_deadline_for_all_its_waits() -> None:
    bench = Bench(Server(lambda call: Reply(200, {"responses": [dict(BUSY, id="0")]}), repeat=True), deadline=10)
    with pytest.raises(DeadlineError):
        run(bench.graph.batch(items("POST")))
    assert bench.clock.slept == [4.0, 4.0]


def test_batch_refused_as_a_whole_raises() -> None:
    with pytest.raises(GraphError, match=r"POST /v1\.0/\$batch with 400"):
        run(Bench(Server(refused(400, "BadRequest"))).graph.batch(items("GET")))


OUTCOMES = st.lists(st.sampled_from([200, 201, 403, 429, 503, 500]), min_size=1, max_size=3)
ITEMS = st.tuples(st.sampled_from(["GET", "POST", "PATCH", "DELETE"]), st.booleans(), OUTCOMES)


@settings(max_examples=150, deadline=None)
@given(st.lists(ITEMS, max_size=50))
def test_batch_answers_every_item_and_does_none_twice(spec: list[tuple[str, bool, list[int]]]) -> None:
    work = [
        BatchItem(method, f"/{i}", None, depends_on_previous=i > 0 and chained)
        for i, (method, chained, _) in enumerate(spec)
    ]
    # What never stops being busy ends at the deadline, another test; here it gets through in the end.
    model = Model(
        {f"/{i}": [*tries, 200] if tries[-1] in (429, 503) else tries for i, (_, _, tries) in enumerate(spec)}
    )
    bench = Bench(Server(model, repeat=True), deadline=1e9)
    answers = run(bench.graph.batch(work))
    assert [answer.item for answer in answers] == work
    for i, answer in enumerate(answers):
        url = f"/{i}"
        parent_ok = not work[i].depends_on_previous or answers[i - 1].ok
        assert answer.skipped == (not parent_ok)
        assert model.done.count(url) == (1 if answer.ok else 0)
        if answer.skipped:
            assert model.tried[url] == 0
        elif work[i].depends_on_previous:
            assert not answer.ok or model.done.index(f"/{i - 1}") < model.done.index(url)
        if not work[i].safe:
            decisive = [status for status in model.plan[url][: model.tried[url]] if status not in (429, 503)]
            assert len(decisive) <= 1
