"""Somebody else answers in Microsoft's place: a proxy, a sign-on page, a gateway. In every step it is one true line."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lockstep.directory import BatchItem, Graph, open_graph
from lockstep.directory.retry import OutcomeUnknownError
from lockstep.errors import GraphError, LockstepError, SignInError
from tests.directory.entra import Entra
from tests.directory.scripted import CLIENT, TENANT, Bench, Clock, Reply, Server, run
from tests.directory.test_sign_in import HOST, OIDC, WITH_SECRET

PAGE = b"<html><body>Please sign on to the network</body></html>"
ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "a page": (200, {"content-type": "text/html"}, PAGE),
    "a page that says no": (403, {"content-type": "text/html; charset=nonsense"}, PAGE),
    "a page with 404": (404, {"content-type": "text/html"}, PAGE),
    "a redirect": (302, {"location": "http://login.hotel.example/?next=secret"}, b""),
    "a redirect that is none": (302, {"location": "https://[::1"}, b""),
    "a proxy's 407": (407, {"proxy-authenticate": "Basic"}, b"Proxy Authentication Required"),
    "a bad gateway": (502, {"content-type": "text/html"}, PAGE),
    "nothing": (200, {}, b""),
    "nothing with 400": (400, {}, b""),
    "JSON of another shape": (200, {"content-type": "application/json"}, b'{"message": "sign on first"}'),
    "JSON that refuses": (403, {"content-type": "application/json"}, b'{"message": "blocked by policy"}'),
    "half a discovery": (200, {"content-type": "application/json"}, b'{"token_endpoint": "https://entra.test/x"}'),
    "half a token": (200, {"content-type": "application/json"}, b'{"access_token": 5, "token_type": "Bearer"}'),
    "a list": (200, {"content-type": "application/json"}, b"[1]"),
    "null": (200, {"content-type": "application/json"}, b"null"),
    "no text at all": (200, {"content-type": "application/json"}, b"\xff\xfe\x00\xd8\xff"),
    "half of it": (200, {"content-type": "application/json"}, b'{"access_token": "eyJ'),
    "without end": (200, {"content-type": "application/json"}, b"[" * 100_000),
    "another encoding": (200, {"content-type": "application/json", "content-encoding": "gzip"}, b"{}"),
}
Work = Callable[[Graph], Awaitable[object]]


async def _get(graph: Graph) -> object:
    return await graph.pages("/applications")


async def _batch(graph: Graph) -> object:
    (answer,) = await graph.batch([BatchItem("GET", "/applications")])
    if not answer.ok:
        raise answer.error()
    return answer


MACHINE = {**HOST, "ARM_USE_MSI": "true", "ARM_MSI_ENDPOINT": "https://entra.test/msi"}
GITHUB = {**OIDC, "ARM_OIDC_REQUEST_URL": "https://entra.test/github?api=1", "ARM_OIDC_REQUEST_TOKEN": "job-token"}
PIPELINE = {
    **GITHUB,
    "ARM_OIDC_REQUEST_URL": "https://entra.test/pipeline",
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": "connection",
}
ANYWHERE = {"ARM_CLIENT_ID": CLIENT, "ARM_CLIENT_SECRET": "x"}
STEPS: dict[str, tuple[str, dict[str, str], Work]] = {
    "metadata of the cloud": ("/metadata/endpoints", WITH_SECRET, _get),
    "discovery of the tenant": ("openid-configuration", WITH_SECRET, _get),
    "discovery in the public cloud": ("openid-configuration", ANYWHERE, _get),
    "token": ("/oauth2/v2.0/token", WITH_SECRET, _get),
    "GitHub's ID token": ("/github", GITHUB, _get),
    "Azure Pipelines' ID token": ("/pipeline", PIPELINE, _get),
    "managed identity": ("/msi", MACHINE, _get),
    "Graph": ("/v1.0/applications", WITH_SECRET, _get),
    "Graph in a batch": ("/v1.0/$batch", WITH_SECRET, _batch),
}


class Intercepted(httpx.AsyncBaseTransport):
    """Entra, but for one path, which somebody else answers."""

    def __init__(self, entra: Entra, path: str, answer: tuple[int, dict[str, str], bytes]) -> None:
        self._entra = httpx.ASGITransport(app=entra.app)
        self._path = path
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._path not in request.url.path:
            return await self._entra.handle_async_request(request)
        status, headers, body = self._answer
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def fail(env: dict[str, str], path: str, answer: tuple[int, dict[str, str], bytes], work: Work) -> LockstepError:
    clock = Clock()

    async def ask() -> None:
        transport = Intercepted(Entra(), path, answer)
        async with await open_graph(env, TENANT, transport=transport, clock=clock, sleep=clock.sleep) as graph:
            await work(graph)

    with pytest.raises(LockstepError) as caught:
        run(ask())
    return caught.value


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("step", STEPS)
def test_b13_b14_whoever_answers_in_between_is_said_to_in_one_line(
    step: str, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, env, work = STEPS[step]
    # As in a command: nobody has set up logging, so Python's handler of last resort would print a library's warnings.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    error = fail(env, path, ANSWERS[kind], work)
    problem, _, fix = str(error).partition("; to fix: ")
    assert error.exit_code == 3
    # A redirect to no address is a broken answer for the HTTP library, as a lost connection is.
    assert "look for a proxy" in fix or (kind == "a redirect that is none" and "the proxy (HTTPS_PROXY" in fix)
    for told in ("Traceback", "ARM_CLIENT_SECRET", "az login", "grant the identity", "correct the tenant"):
        assert told not in str(error)
    assert "\n" not in str(error)
    assert "next=secret" not in problem, "what a redirect carries is nobody's business"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", ["a page", "JSON that refuses", "another encoding", "a bad gateway"])
def test_b13_a_write_that_somebody_else_answered_is_never_taken_for_done(kind: str) -> None:
    status, headers, body = ANSWERS[kind]
    transport = httpx.MockTransport(
        lambda request: httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))
    )

    async def write() -> None:
        bench = Bench(Server())
        graph = bench.graph
        graph._http = httpx.AsyncClient(transport=transport)
        await graph.send("POST", "/servicePrincipals", {"appId": "x"})

    with pytest.raises(LockstepError) as caught:
        run(write())
    assert isinstance(caught.value, OutcomeUnknownError) or "look for a proxy" in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARM_OIDC_REQUEST_URL", "https://"),
        ("ARM_OIDC_REQUEST_URL", "https://[::1"),
        ("ARM_OIDC_REQUEST_URL", "https://host:port/x"),
        ("ARM_OIDC_REQUEST_TOKEN", "tök\u200ben"),
        ("ARM_OIDC_REQUEST_TOKEN", "two\nlines"),
    ],
)
def test_b13_a_variable_of_the_pipeline_that_cannot_be_used_is_named(variable: str, value: str) -> None:
    error = fail({**GITHUB, variable: value}, "/never", ANSWERS["nothing"], _get)
    assert variable in str(error)
    assert isinstance(error, SignInError)


@pytest.mark.parametrize("value", ["metadata", "ftp://x/", "http://", "https://[::1", "https://x:99999999/"])
def test_b13_a_managed_identity_endpoint_that_is_no_address_is_named(value: str) -> None:
    error = fail({**MACHINE, "ARM_MSI_ENDPOINT": value}, "/never", ANSWERS["nothing"], _get)
    assert "ARM_MSI_ENDPOINT" in str(error)


@pytest.mark.parametrize("host", [f"{'a' * 70}.example", "a..b", "localhost:99999", "-:1", "1.2.3.4.5.6"])
def test_b13_a_metadata_host_that_no_host_can_have_is_one_line(host: str) -> None:
    async def ask() -> None:
        clock = Clock()
        async with await open_graph({"ARM_METADATA_HOSTNAME": host}, TENANT, clock=clock, sleep=clock.sleep):
            pass

    with pytest.raises(LockstepError, match="to fix: ") as caught:
        run(ask())
    assert caught.value.exit_code in (2, 3)


@pytest.mark.parametrize("address", ["https://", "https://x:abc/", "https://[::1"])
def test_b13_a_metadata_host_that_gives_no_address_is_one_line(address: str) -> None:
    body = f'{{"name": "x", "microsoftGraphResourceId": "{address}", "authentication": {{}}}}'.encode()
    error = fail(WITH_SECRET, "/metadata/endpoints", (200, {}, body), _get)
    assert "allowed: an https address" in str(error)


def test_b13_a_next_page_at_no_address_is_one_line() -> None:
    server = Server(Reply(200, {"value": [], "@odata.nextLink": "https://[::1"}))
    with pytest.raises(LockstepError, match=r"another host.*token was not sent"):
        run(Bench(server).graph.pages("/x"))


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("body", [{"responses": 5}, {"responses": None}, {"responses": "x"}, {"x": 1}])
def test_b13_a_batch_answered_in_another_shape_is_one_line(body: dict[str, Any], method: str) -> None:
    with pytest.raises(GraphError, match="look for a proxy" if method == "GET" else "it may be done or not"):
        run(Bench(Server(Reply(200, body), repeat=True)).graph.batch([BatchItem(method, "/x")]))


def test_b13_a_status_in_a_batch_that_is_no_number_is_no_answer() -> None:
    body = {"responses": [{"id": "0", "status": "²", "body": [], "headers": 5}]}
    (answer,) = run(Bench(Server(Reply(200, body), repeat=True)).graph.batch([BatchItem("GET", "/x")]))
    assert answer.status == 0
    assert "to fix: " in str(answer.error())


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"<html>", b"-----BEGIN CERTIFICATE-----\n"])
def test_b13_a_certificate_that_is_none_is_not_a_matter_of_the_network(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_bytes(content)
    env = {**HOST, "ARM_CLIENT_ID": CLIENT, "ARM_CLIENT_CERTIFICATE_PATH": str(tmp_path / "app.pem")}
    fix = str(fail(env, "/never", ANSWERS["nothing"], _get)).partition("; to fix: ")[2]
    assert fix.startswith("check ARM_CLIENT_CERTIFICATE or ARM_CLIENT_CERTIFICATE_PATH")


@pytest.mark.parametrize(
    "output", ["[1]", "null", "{}", '{"accessToken": "\\u00e9.\\u00e9.x", "expires_on": 4000000000}']
)
def test_b13_an_azure_cli_that_gives_something_else_than_a_token_is_one_line(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = tmp_path / "az"
    cli.write_text(f"#!/bin/sh\necho '{output}'\n")
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    error = fail(HOST, "/never", ANSWERS["nothing"], _get)
    assert isinstance(error, SignInError)
    assert "\n" not in str(error)
