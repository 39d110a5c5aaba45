"""Proxies: which way a request goes, and what is said where a proxy cannot be used or does not open the way."""

from __future__ import annotations

import ast
import asyncio
import base64
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import trustme
import uvicorn
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc

from lockstep.cli import run as command
from lockstep.directory import open_graph
from lockstep.directory.proxies import proxy_for
from lockstep.errors import LockstepError, SettingError, TenantError
from lockstep.provider.serving import engine_log
from tests.directory.entra import SECRET, Entra
from tests.directory.scripted import CLIENT, TENANT, Clock, jwt, run
from tests.docs.pages import REPOSITORY

GRAPH = httpx.URL("https://graph.microsoft.com/v1.0/x")
PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("env", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY}, PROXY),
        ({"HTTPS_PROXY": "proxy.example:3128"}, PROXY),
        ({"HTTPS_PROXY": f" {PROXY}/ "}, f"{PROXY}/"),
        ({"HTTPS_PROXY": "http://user:p%40ss@proxy.example"}, "http://user:p%40ss@proxy.example"),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:3128"}, "http://[2001:db8::1]:3128"),
        ({"HTTPS_PROXY": "https://proxy.example"}, "https://proxy.example"),
        ({"HTTP_PROXY": PROXY}, ""),
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"ALL_PROXY": "socks5://other:1", "HTTPS_PROXY": PROXY}, PROXY),
        ({"ALL_PROXY": "", "HTTPS_PROXY": " "}, ""),
    ],
)
def test_b7_the_variable_of_the_scheme_decides_and_all_proxy_stands_in(env: dict[str, str], proxy: str) -> None:
    assert proxy_for(env, GRAPH) == proxy


@pytest.mark.parametrize(
    ("no_proxy", "spared"),
    [
        ("*", True),
        ("graph.microsoft.com", True),
        ("microsoft.com", True),
        (".microsoft.com", True),
        ("*.microsoft.com", True),
        ("GRAPH.Microsoft.com.", True),
        ("soft.com", False),
        ("graph.microsoft.com:443", True),
        ("graph.microsoft.com:8443", False),
        ("other.example , microsoft.com", True),
        ("other.example microsoft.com", True),
        ("https://graph.microsoft.com", True),
        ("10.0.0.0/8", False),
        ("10.0.0.0/99,[::1,::,:,,[],.,http://,%%%", False),
        ("2001:db8::/32", False),
    ],
)
def test_b7_no_proxy_is_read_as_go_reads_it_and_what_is_odd_in_it_spares_nothing(no_proxy: str, spared: bool) -> None:
    # A proxy that would be refused shows that one that is not needed is not looked at.
    env = {"HTTPS_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": no_proxy}
    if spared:
        assert proxy_for(env, GRAPH) == ""
    else:
        with pytest.raises(SettingError):
            proxy_for(env, GRAPH)


@pytest.mark.parametrize(
    ("address", "no_proxy", "spared"),
    [
        ("https://10.1.2.3/", "10.0.0.0/8", True),
        ("https://10.1.2.3/", "10.1.2.3", True),
        ("https://10.1.2.3:8443/", "10.1.2.3:8443", True),
        ("https://[2001:db8::5]/", "2001:db8::/32", True),
        ("https://[2001:db8::5]/", "[2001:db8::5]", True),
        ("https://192.168.1.1/", "10.0.0.0/8", False),
    ],
)
def test_b7_no_proxy_means_addresses_and_networks_too(address: str, no_proxy: str, spared: bool) -> None:
    found = proxy_for({"HTTPS_PROXY": PROXY, "no_proxy": no_proxy}, httpx.URL(address))
    assert found == ("" if spared else PROXY)


@pytest.mark.parametrize(
    "address", ["https://localhost:8443/", "https://127.0.0.2/", "https://[::1]:1/", "http://169.254.169.254/metadata"]
)
def test_b7_this_machine_is_never_asked_through_a_proxy(address: str) -> None:
    env = {"HTTPS_PROXY": "socks5://127.0.0.1:9", "HTTP_PROXY": "nonsense://", "ALL_PROXY": ":"}
    assert proxy_for(env, httpx.URL(address)) == ""


UNUSABLE = {
    "ALL_PROXY": ["socks5://u:s3cret@127.0.0.1:1080", "socks5h://127.0.0.1:1080", "socks4://127.0.0.1:1080"],
    "HTTPS_PROXY": [
        "socks://127.0.0.1",
        "ftp://s3cret@proxy:1",
        "pac+http://proxy/x.pac",
        "http://proxy:port",
        "http://proxy:99999",
        "http://proxy:0",
        "http://[::1",
        "http://",
        "://",
        "http://user:s3cret#1@proxy:3128",
        "http://user:s3cret/1@proxy:3128",
        "http://proxy name:3128",
        f"http://{'a' * 70}:3128",
        "http://proxy..example:3128",
        "http://proxy:3128/path",
    ],
    "https_proxy": ["user:s3cret@proxy:x"],
}
SECRET_ENV = {"ARM_CLIENT_ID": CLIENT, "ARM_CLIENT_SECRET": "x", "ARM_USE_CLI": "false"}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in UNUSABLE.items() for value in values])
def test_b7_a_proxy_that_cannot_be_used_is_refused_by_its_variable(name: str, value: str) -> None:
    async def ask() -> None:
        async with await open_graph({**SECRET_ENV, name: value}, TENANT) as graph:
            await graph.identity()

    with pytest.raises(SettingError) as caught:
        run(ask())
    text = str(caught.value)
    assert text.startswith(f"{name} ")
    assert "allowed: " in text
    assert "to fix: set HTTPS_PROXY to the address of an HTTP proxy" in text
    assert "s3cret" not in text
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [(["capture", "--stack", "real"], 2), (["audit", "--tenant", TENANT, "--vendor", "atlas"], 3)],
    ids=["capture", "audit"],
)
@pytest.mark.parametrize("value", ["socks5://127.0.0.1:1080", "http://proxy:port", "gopher://x"])
def test_b7_a_command_says_it_in_one_line_and_takes_it_for_no_bug(
    value: str,
    words: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(REPOSITORY / "Pulumi.yaml", tmp_path)
    stack = f"config:\n  lockstep:target: {TENANT}\n  azuread:tenantId: {TENANT}\n  entraconsent:tenantId: {TENANT}\n"
    stack += "  lockstep:vendors: [atlas]\n  lockstep:editions: {atlas: '2025-03-01'}\n"
    (tmp_path / "Pulumi.real.yaml").write_text(stack)
    monkeypatch.chdir(tmp_path)
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ARM_METADATA_HOSTNAME", "ARM_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    for name, each in {**SECRET_ENV, "ALL_PROXY": value}.items():
        monkeypatch.setenv(name, each)
    # An audit of many tenants ends with 3 where one of them could not be audited, for whatever reason.
    ended = command(words)
    shown = "".join(capsys.readouterr())
    assert ended == code, shown
    (line,) = [line for line in shown.splitlines() if "to fix: set HTTPS_PROXY" in line]
    assert "ALL_PROXY " in line
    assert "bug" not in shown
    assert "Traceback" not in shown


@dataclass
class Proxy:
    """A real proxy on this machine: tunnels to one server, or answers as it is told."""

    target: int = 0
    answer: bytes = b""
    at_once: bool = False
    """Whether it answers before it has been asked, as what speaks another protocol does."""
    port: int = 0
    seen: list[bytes] = field(default_factory=list)

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work(ready)))
        self._thread.start()
        assert ready.wait(30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    async def _work(self, ready: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._ended.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            if not self.at_once:
                self.seen.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer or b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            if not self.answer and self.target:
                there, back = await asyncio.open_connection("127.0.0.1", self.target)
                await asyncio.gather(_copy(reader, back), _copy(there, writer))
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, until one of both sides has had enough."""
    with suppress(ConnectionError, asyncio.CancelledError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    proxy = Proxy()
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Entra, int, Path]]:
    """An Entra with TLS whose name nobody on this machine can look up, its port, and its authority."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("behind") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    entra = Entra(origin="https://entra.invalid")
    listener = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("entra.invalid").configure_cert(context)
    config = uvicorn.Config(entra.app, log_level="critical", lifespan="off")
    config.load()
    config.ssl = context
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    yield entra, listener.getsockname()[1], path
    server.should_exit = True
    thread.join(10)
    listener.close()


def through(env: dict[str, str], authority: Path | None = None) -> object:
    clock = Clock()
    whole = {
        "ARM_METADATA_HOSTNAME": "entra.invalid",
        "ARM_CLIENT_ID": CLIENT,
        "ARM_CLIENT_SECRET": SECRET,
        **({"SSL_CERT_FILE": str(authority)} if authority else {}),
        **env,
    }

    async def ask() -> object:
        async with await open_graph(whole, TENANT, clock=clock, sleep=clock.sleep) as graph:
            return await graph.get("/organization")

    return run(ask())


def test_b7_sign_in_and_graph_go_through_the_proxy_with_its_credentials(
    proxy: Proxy, behind: tuple[Entra, int, Path]
) -> None:
    _, proxy.target, authority = behind
    env = {"HTTPS_PROXY": f"http://us%40er:p%2Fw@127.0.0.1:{proxy.port}"}
    assert through(env, authority) == {"authorization": f"Bearer {jwt(number=1)}"}
    assert proxy.seen[0].startswith(b"CONNECT entra.invalid:443 ")
    assert base64.b64encode(b"us@er:p/w") in proxy.seen[0]


def test_b7_a_proxy_that_opens_tls_with_an_authority_nobody_knows_is_named_as_such(
    proxy: Proxy, behind: tuple[Entra, int, Path]
) -> None:
    proxy.target = behind[1]
    with pytest.raises(TenantError, match=r"certificate of entra\.invalid does not verify .*proxy that opens TLS"):
        through({"ALL_PROXY": f"http://127.0.0.1:{proxy.port}"})


PAGE = b"<html>sign on</html>"
REFUSALS = {
    "407": b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    "403": b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n" + PAGE,
    "302": b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "503": b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n",
    "a page in place of TLS": b"HTTP/1.1 200 OK\r\n\r\n" + PAGE * 20,
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "an odd reason": b"HTTP/1.1 407 Anm\xe4lan kr\xe4vs\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_b7_b13_a_proxy_that_does_not_open_the_way_is_named_without_its_password(kind: str, proxy: Proxy) -> None:
    proxy.answer = REFUSALS[kind]
    with pytest.raises(TenantError) as caught:
        through({"HTTPS_PROXY": f"http://user:s3cret@127.0.0.1:{proxy.port}"})
    problem, _, fix = str(caught.value).partition("; to fix: ")
    assert problem.startswith("cannot reach entra.invalid: ")
    assert f"the proxy http://127.0.0.1:{proxy.port}" in problem
    assert "check HTTPS_PROXY and the proxy's rules" in fix
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    if kind.isdigit():
        assert kind in problem


def test_b7_a_proxy_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(
        TenantError, match=rf"through the proxy http://127\.0\.0\.1:{port}\); to fix: check HTTPS_PROXY"
    ):
        through({"HTTPS_PROXY": f"http://127.0.0.1:{port}"})


def test_b7_a_proxy_of_tls_that_speaks_none_is_one_line(proxy: Proxy) -> None:
    proxy.at_once, proxy.answer = True, b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with pytest.raises(LockstepError, match="the proxy https://127") as caught:
        through({"HTTPS_PROXY": f"https://127.0.0.1:{proxy.port}"})
    assert caught.value.exit_code == 3


def test_b7_the_engine_on_this_machine_hears_us_whatever_proxy_is_set(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    class Engine(engine_pb2_grpc.EngineServicer):
        async def Log(self, request: Any, context: object) -> empty_pb2.Empty:  # noqa: N802
            heard.append(request.message)
            return empty_pb2.Empty()

    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    for name in ("no_proxy", "no_grpc_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    async def speak() -> None:
        server = grpc.aio.server()
        engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        await engine_log(f"127.0.0.1:{port}")("info", "we wait", "")
        await server.stop(None)

    run(speak())
    assert heard == ["we wait"]
    assert proxy.seen == []


def test_b7_no_channel_of_ours_goes_through_a_proxy() -> None:
    package = REPOSITORY / "lockstep"
    calls = [
        (path.name, node)
        for path in package.rglob("*.py")
        if "insecure_channel" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "insecure_channel"
    ]
    assert len(calls) >= 2
    assert [name for name, node in calls if not any(word.arg == "options" for word in node.keywords)] == []
