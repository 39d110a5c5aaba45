from __future__ import annotations

import httpx
import pytest

from lockstep.directory import OutcomeUnknownError
from lockstep.directory.retry import FAULTS_TOLERATED, REFUSALS_TOLERATED, retry_after, run_seconds
from lockstep.errors import DeadlineError, GraphError, SettingError, TenantError
from tests.directory.scripted import Bench, Reply, Server, Step, refused, run

OK = Reply(200, {"id": "x"})
NOW = {"date": "Wed, 01 Jul 2026 10:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "Wed, 01 Jul 2026 10:00:09 GMT", **NOW}, 9.0),
        ({"retry-after": "Wed, 01 Jul 2026 09:59:00 GMT", **NOW}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after_reads_seconds_and_dates(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [429, 503])
def test_throttling_is_waited_out_to_the_second(method: str, status: int) -> None:
    bench = Bench(Server(refused(status, retry_after="13"), OK))
    assert run(bench.graph.send(method, "/x", {"a": 1})) == {"id": "x"}
    assert bench.clock.slept == [13.0]
    assert [call.method for call in bench.server.calls] == [method, method]
    assert "13 s" in bench.told[0]


def test_throttling_with_a_date_waits_until_then() -> None:
    bench = Bench(Server(Reply(429, {}, {"retry-after": "Wed, 01 Jul 2026 10:00:42 GMT", **NOW}), OK))
    run(bench.graph.get("/x"))
    assert bench.clock.slept == [42.0]


def test_throttling_beyond_the_deadline_stops_at_once() -> None:
    bench = Bench(Server(refused(429, retry_after="200"), refused(429, retry_after="200")))
    with pytest.raises(DeadlineError, match=r"GET /v1\.0/x.*200 s.*deadline of 300 s.*run again in 200 s") as caught:
        run(bench.graph.get("/x"))
    assert bench.clock.slept == [200.0]
    assert caught.value.exit_code == 3


def test_throttling_without_an_end_stops_at_the_deadline() -> None:
    bench = Bench(Server(refused(429), repeat=True))
    with pytest.raises(DeadlineError):
        run(bench.graph.get("/x"))
    assert 0 < sum(bench.clock.slept) <= 300
    assert bench.clock.slept[:6] == [1, 2, 4, 8, 16, 30]


def test_no_wait_of_any_operation_goes_past_the_end_of_the_run() -> None:
    bench = Bench(Server(*[refused(429, retry_after="100"), OK] * 3), ends=250.0)
    graph = bench.graph
    for _ in range(2):
        run(graph.get("/x"))
    with pytest.raises(
        DeadlineError, match=r"GET /v1\.0/x: throttled.*100 s.*LOCKSTEP_RUN_MINUTES.*same command again"
    ):
        run(graph.get("/x"))
    with pytest.raises(DeadlineError, match="consents of x: busy"):
        run(graph.wait(51.0, "busy", "consents of x"))
    assert bench.clock.slept == [100.0, 100.0]
    run(graph.wait(50.0, "busy", "consents of x"))


@pytest.mark.parametrize(("text", "seconds"), [(None, 1800.0), ("", 1800.0), (" 5 ", 300.0), ("0.5", 30.0)])
def test_run_may_take_half_an_hour_unless_set(text: str | None, seconds: float) -> None:
    assert run_seconds({} if text is None else {"LOCKSTEP_RUN_MINUTES": text}) == seconds


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf", "5m"])
def test_run_minutes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match=r"LOCKSTEP_RUN_MINUTES is .*allowed: a number of minutes above 0"):
        run_seconds({"LOCKSTEP_RUN_MINUTES": text})


@pytest.mark.parametrize("step", [refused(500), refused(502), refused(503), refused(504), httpx.ReadError("gone")])
def test_reading_is_repeated_after_a_fault(step: Step) -> None:
    bench = Bench(Server(step, OK))
    assert run(bench.graph.get("/x")) == {"id": "x"}
    assert len(bench.server.calls) == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "step",
    [
        refused(500),
        refused(502),
        refused(503),
        refused(504),
        httpx.ReadError("gone"),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("gone"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        Reply(201, text="<html>"),
    ],
)
def test_writing_is_never_repeated_when_the_outcome_is_unknown(method: str, step: Step) -> None:
    bench = Bench(Server(step))
    with pytest.raises(OutcomeUnknownError, match=r"may be done or not.*not sent again.*to fix") as caught:
        run(bench.graph.send(method, "/x", {"a": 1}))
    assert len(bench.server.calls) == 1
    assert isinstance(caught.value, GraphError)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")]
)
def test_writing_is_repeated_when_it_was_surely_not_sent(error: Exception) -> None:
    bench = Bench(Server(error, OK))
    assert run(bench.graph.send("POST", "/x", {})) == {"id": "x"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unreachable_host_is_one_line_after_a_few_tries(method: str) -> None:
    bench = Bench(Server(httpx.ConnectError("Name or service not known"), repeat=True))
    with pytest.raises(
        TenantError, match=r"cannot reach graph\.test: Name or service not known; to fix: .*network"
    ) as caught:
        run(bench.graph.send(method, "/x"))
    assert len(bench.server.calls) == 1 + REFUSALS_TOLERATED
    assert "\n" not in str(caught.value)


def test_persistent_fault_of_a_read_ends_with_its_answer() -> None:
    bench = Bench(Server(refused(500, "InternalError", "try later"), repeat=True))
    with pytest.raises(GraphError, match="500 InternalError: try later") as caught:
        run(bench.graph.get("/x"))
    assert caught.value.status == 500
    assert len(bench.server.calls) == 1 + FAULTS_TOLERATED


@pytest.mark.parametrize(
    "error", [httpx.ProxyError("407"), httpx.LocalProtocolError("Illegal header value b'Bearer abc'")]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_request_that_can_never_be_sent_fails_at_once(method: str, error: Exception) -> None:
    bench = Bench(Server(error))
    with pytest.raises(TenantError, match=r"cannot reach graph\.test") as caught:
        run(bench.graph.send(method, "/x"))
    assert "Bearer" not in str(caught.value)
    assert not isinstance(caught.value, OutcomeUnknownError)


def test_tries_share_one_deadline_with_a_fresh_token() -> None:
    busy = refused(429, retry_after="6")
    bench = Bench(Server(busy, refused(401), busy), deadline=10)
    with pytest.raises(DeadlineError):
        run(bench.graph.get("/x"))
    assert bench.clock.slept == [6.0]
