from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs

import pytest

from lockstep.directory import BatchItem, Graph, address, literal
from lockstep.errors import DeadlineError, GraphError, SignInError, TenantError, WrongTenantError
from tests.directory.scripted import (
    BASE,
    CLIENT,
    OBJECT,
    OTHER_TENANT,
    TENANT,
    Bench,
    Reply,
    Server,
    Tokens,
    client,
    jwt,
    refused,
    run,
)

OK = Reply(200, {"id": "x"})


def test_identity_is_read_from_the_token_without_a_request() -> None:
    bench = Bench(Server())
    identity = run(bench.graph.identity())
    assert (identity.tenant_id, identity.client_id, identity.object_id) == (TENANT, CLIENT, OBJECT)
    assert bench.server.calls == []


@pytest.mark.parametrize(
    "work",
    [
        lambda graph: graph.identity(),
        lambda graph: graph.get("/x"),
        lambda graph: graph.send("POST", "/x", {}),
        lambda graph: graph.batch([BatchItem("GET", "/x")]),
    ],
    ids=["identity", "get", "send", "batch"],
)
def test_wrong_tenant_is_refused_before_any_request(work: Callable[[Graph], Coroutine[Any, Any, object]]) -> None:
    bench = Bench(Server(), tokens=Tokens(tenant=OTHER_TENANT))
    with pytest.raises(WrongTenantError, match=f"{OTHER_TENANT}.*{TENANT}.*nothing was read or written"):
        run(work(bench.graph))
    assert bench.server.calls == []


def test_token_of_another_tenant_after_a_renewal_is_refused() -> None:
    tokens = Tokens()
    bench = Bench(Server(OK), tokens=tokens)

    async def work() -> None:
        graph = bench.graph
        await graph.get("/x")
        tokens.tenant = OTHER_TENANT
        await graph.get("/x")

    with pytest.raises(WrongTenantError):
        run(work())
    assert len(bench.server.calls) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unauthorized_is_answered_with_one_fresh_token(method: str) -> None:
    bench = Bench(Server(refused(401, "InvalidAuthenticationToken"), OK))
    run(bench.graph.send(method, "/x"))
    first, second = (call.headers["authorization"] for call in bench.server.calls)
    assert first == f"Bearer {jwt(number=1)}"
    assert second == f"Bearer {jwt(number=2)}"


def test_unauthorized_twice_is_a_sign_in_error() -> None:
    bench = Bench(Server(refused(401, "InvalidAuthenticationToken", "Lifetime validation failed"), repeat=True))
    with pytest.raises(SignInError, match="Lifetime validation failed, with a fresh token too; to fix"):
        run(bench.graph.get("/x"))
    assert len(bench.server.calls) == 2


def test_refusal_carries_status_code_and_one_line() -> None:
    bench = Bench(Server(refused(403, "Authorization_RequestDenied", "Insufficient\nprivileges.")))
    with pytest.raises(GraphError) as caught:
        run(bench.graph.send("POST", "/servicePrincipals", {}))
    assert (caught.value.status, caught.value.code) == (403, "Authorization_RequestDenied")
    assert str(caught.value) == (
        "Microsoft Graph answered POST /v1.0/servicePrincipals with 403 Authorization_RequestDenied: "
        "Insufficient privileges; to fix: grant the identity that is signed in the Graph permission for this "
        "(Application.ReadWrite.OwnedBy, or Application.ReadWrite.All for what it does not own) and consent to it"
    )


def test_token_is_in_no_message_even_when_the_server_echoes_it() -> None:
    bench = Bench(Server(lambda call: refused(400, "Bad", call.headers["authorization"])))
    with pytest.raises(GraphError) as caught:
        run(bench.graph.get("/x"))
    assert jwt(number=1) not in str(caught.value)
    assert "<token>" in str(caught.value)
    assert jwt(number=1) not in repr(bench.graph)


def test_find_returns_none_only_for_not_found() -> None:
    assert run(Bench(Server(refused(404, "Request_ResourceNotFound"))).graph.find("/x")) is None
    with pytest.raises(GraphError):
        run(Bench(Server(refused(403))).graph.find("/x"))
    assert run(Bench(Server(OK)).graph.find("/x")) == {"id": "x"}


def test_get_without_a_json_object_says_what_came() -> None:
    with pytest.raises(GraphError, match=r"text/html.*proxy"):
        run(Bench(Server(Reply(200, text="<html>"))).graph.get("/x"))


def test_send_of_a_deletion_returns_an_empty_answer() -> None:
    assert run(Bench(Server(Reply(204))).graph.send("DELETE", "/x")) == {}


@pytest.mark.parametrize(
    ("base", "path"),
    [("https://graph.test", "/v1.0/x"), ("https://graph.test/", "/v1.0/x"), ("https://graph.test/beta", "/beta/x")],
)
def test_base_without_a_version_means_the_first(base: str, path: str) -> None:
    server = Server(OK)
    run(Graph(client(server), base, Tokens(), tenant_id=TENANT).get("/x"))
    assert server.calls[0].path == path


def test_plain_http_is_refused() -> None:
    with pytest.raises(TenantError, match=r"http://graph\.test is not https"):
        Graph(client(Server()), "http://graph.test", Tokens(), tenant_id=TENANT)


def test_pages_are_followed_to_the_end() -> None:
    server = Server(
        Reply(200, {"value": [{"id": 1}], "@odata.nextLink": f"{BASE}/v1.0/x?$skiptoken=a%20b"}),
        Reply(200, {"value": [{"id": 2}]}),
    )
    assert run(Bench(server).graph.pages("/x", top=1)) == [{"id": 1}, {"id": 2}]
    assert [parse_qs(call.query) for call in server.calls] == [{"$top": ["1"]}, {"$skiptoken": ["a b"]}]


def test_pages_start_from_a_link_too() -> None:
    server = Server(Reply(200, {"value": []}))
    assert run(Bench(server).graph.pages(f"{BASE}:443/v1.0/x?$skiptoken=a")) == []
    assert server.calls[0].path == "/v1.0/x"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v1.0/x",
        "http://graph.test/v1.0/x",
        "https://graph.test:8443/x",
        "https://graph.test@evil.test/x",
    ],
)
def test_pages_of_another_origin_never_get_the_token(link: str) -> None:
    server = Server(Reply(200, {"value": [], "@odata.nextLink": link}))
    with pytest.raises(TenantError, match=r"another host.*token was not sent"):
        run(Bench(server).graph.pages("/x"))
    assert len(server.calls) == 1


def test_pages_in_a_circle_end() -> None:
    server = Server(Reply(200, {"value": [], "@odata.nextLink": f"{BASE}/v1.0/x?a=1"}), repeat=True)
    with pytest.raises(TenantError, match="leads to itself"):
        run(Bench(server).graph.pages("/x"))


def test_count_is_every_round_trip_to_graph() -> None:
    bench = Bench(Server(refused(429, retry_after="1"), OK, OK))

    async def work() -> int:
        graph = bench.graph
        await graph.get("/x")
        await graph.get("/x")
        return graph.count

    assert run(work()) == 3


def test_until_reads_until_it_agrees() -> None:
    bench = Bench(Server(*(Reply(200, {"n": n}) for n in range(4))))
    graph = bench.graph
    assert run(graph.until(lambda: graph.get("/x"), lambda body: body["n"] == 3, "the grant")) == {"n": 3}
    assert bench.clock.slept == [0.25, 0.5, 1.0]


def test_until_gives_up_at_the_deadline() -> None:
    bench = Bench(Server(OK, repeat=True), deadline=20)
    graph = bench.graph
    with pytest.raises(DeadlineError, match=r"the grant: the directory does not show it yet.*to fix"):
        run(graph.until(lambda: graph.get("/x"), lambda body: False, "the grant"))
    assert sum(bench.clock.slept) <= 20


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (address("/x"), "/x"),
        (address("/x", select=("id", "tags")), "/x?$select=id,tags"),
        (
            address("/x", top=5, filter="a eq " + literal("O'Neil & co")),
            "/x?$top=5&$filter=a%20eq%20%27O%27%27Neil%20%26%20co%27",
        ),
        (address("/x", **{"$select": "id"}), "/x?$select=id"),
    ],
)
def test_address_quotes_what_goes_into_a_query(built: str, expected: str) -> None:
    assert built == expected


@pytest.mark.parametrize("path", ["x", "//evil.test/x", "https://evil.test/x", ""])
def test_address_refuses_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="not a path of Graph"):
        address(path)
