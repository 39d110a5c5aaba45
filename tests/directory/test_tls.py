from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
import uvicorn

from lockstep.directory import open_graph, tls_context
from lockstep.errors import SettingError, TenantError
from tests.directory.entra import SECRET, Entra
from tests.directory.scripted import CLIENT, TENANT, Clock, jwt, run


@dataclass
class Running:
    """A server with TLS on loopback, and the file with its authority."""

    entra: Entra
    host: str
    authority: Path

    def env(self, authority: Path | None) -> dict[str, str]:
        base = {"ARM_METADATA_HOSTNAME": self.host, "ARM_CLIENT_ID": CLIENT, "ARM_CLIENT_SECRET": SECRET}
        return base if authority is None else {**base, "SSL_CERT_FILE": str(authority)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    entra = Entra()
    listener = socket.create_server(("127.0.0.1", 0))
    host = f"localhost:{listener.getsockname()[1]}"
    entra.origin = f"https://{host}"
    config = uvicorn.Config(entra.app, log_level="critical", lifespan="off")
    config.load()
    config.ssl = _server_context(authority)
    uvicorn_server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(uvicorn_server.serve(sockets=[listener])))
    thread.start()
    yield Running(entra, host, folder / "ca.pem")
    uvicorn_server.should_exit = True
    thread.join(10)
    listener.close()


def _server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


async def _organization(env: dict[str, str]) -> dict[str, object]:
    clock = Clock()
    async with await open_graph(env, TENANT, sleep=clock.sleep) as graph:
        return await graph.get("/organization")


def test_tls_the_same_path_over_loopback_with_the_authority_of_ssl_cert_file(server: Running) -> None:
    assert run(_organization(server.env(server.authority))) == {"authorization": f"Bearer {jwt(number=1)}"}


def test_tls_that_does_not_verify_is_refused_at_once(server: Running) -> None:
    seen = len(server.entra.seen)
    with pytest.raises(
        TenantError, match=rf"the certificate of {server.host} does not verify \(.*\); nothing was sent; to fix"
    ) as caught:
        run(_organization(server.env(None)))
    assert len(server.entra.seen) == seen
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(("content", "problem"), [(None, "does not exist"), ("not a certificate", "no certificates")])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_tls_authority_file_that_cannot_be_used_is_named(
    variable: str, content: str | None, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingError, match=rf"{variable} names .*ca\.pem, which .*{problem}.*to fix"):
        tls_context({variable: str(path)})
