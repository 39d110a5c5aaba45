from __future__ import annotations

import base64
import datetime
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from starlette.responses import JSONResponse, Response

from lockstep.directory import open_graph
from lockstep.errors import SignInError, TenantError, WrongTenantError
from tests.directory.entra import ID_TOKEN, SECRET, Entra, denied
from tests.directory.scripted import CLIENT, OTHER_TENANT, TENANT, Clock, jwt, run

HOST = {"ARM_METADATA_HOSTNAME": "entra.test"}
WITH_SECRET = {**HOST, "ARM_CLIENT_ID": CLIENT, "ARM_CLIENT_SECRET": SECRET}
OIDC = {**HOST, "ARM_CLIENT_ID": CLIENT, "ARM_USE_OIDC": "true"}


def sign_in(env: dict[str, str], entra: Entra, *, clock: Clock | None = None) -> dict[str, Any]:
    """Open a client in process, make one request, and return what Graph saw."""
    clock = clock or Clock()

    async def work() -> dict[str, Any]:
        door = httpx.ASGITransport(app=entra.app)
        async with await open_graph(env, TENANT, transport=door, clock=clock, sleep=clock.sleep) as graph:
            return await graph.get("/organization")

    return run(work())


@pytest.fixture(scope="module")
def certificate() -> tuple[bytes, bytes]:
    """An application's certificate: as PKCS#12 with the password `pw`, and as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    cert = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(1)).sign(key, hashes.SHA256())
    pfx = pkcs12.serialize_key_and_certificates(b"app", key, cert, None, serialization.BestAvailableEncryption(b"pw"))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return pfx, pem + cert.public_bytes(serialization.Encoding.PEM)


def test_sign_in_with_a_secret_goes_the_whole_way_in_process() -> None:
    entra = Entra()
    assert sign_in(WITH_SECRET, entra) == {"authorization": f"Bearer {jwt(number=1)}"}
    assert entra.seen == [
        ("GET", "/metadata/endpoints"),
        ("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration"),
        ("POST", f"/{TENANT}/oauth2/v2.0/token"),
        ("GET", "/v1.0/organization"),
    ]
    assert entra.forms[0]["scope"] == "https://entra.test/.default"


def test_sign_in_with_a_certificate_in_each_form(certificate: tuple[bytes, bytes], tmp_path: Path) -> None:
    pfx, pem = certificate
    (tmp_path / "app.pem").write_bytes(pem)
    in_base64 = {"ARM_CLIENT_CERTIFICATE": base64.b64encode(pfx).decode(), "ARM_CLIENT_CERTIFICATE_PASSWORD": "pw"}
    for form in (in_base64, {"ARM_CLIENT_CERTIFICATE_PATH": str(tmp_path / "app.pem")}):
        entra = Entra()
        sign_in({**HOST, "ARM_CLIENT_ID": CLIENT, **form}, entra)
        assert entra.forms[0]["client_assertion"].count(".") == 2


def test_sign_in_with_a_certificate_that_cannot_be_used(certificate: tuple[bytes, bytes], tmp_path: Path) -> None:
    base = {**HOST, "ARM_CLIENT_ID": CLIENT}
    wrong_password = {
        "ARM_CLIENT_CERTIFICATE": base64.b64encode(certificate[0]).decode(),
        "ARM_CLIENT_CERTIFICATE_PASSWORD": "x9y8",
    }
    with pytest.raises(SignInError, match="certificate") as caught:
        sign_in({**base, **wrong_password}, Entra())
    assert "x9y8" not in str(caught.value)
    with pytest.raises(SignInError, match="ARM_CLIENT_CERTIFICATE is not base64"):
        sign_in({**base, "ARM_CLIENT_CERTIFICATE": "%%%"}, Entra())
    with pytest.raises(SignInError, match=r"ARM_CLIENT_CERTIFICATE_PATH names .*cannot be read"):
        sign_in({**base, "ARM_CLIENT_CERTIFICATE_PATH": str(tmp_path / "none.pfx")}, Entra())


@pytest.mark.parametrize(
    ("more", "before"),
    [
        ({"ARM_OIDC_TOKEN": ID_TOKEN}, None),
        (
            {"ARM_OIDC_REQUEST_URL": "https://entra.test/github?api=1", "ARM_OIDC_REQUEST_TOKEN": "job-token"},
            ("GET", "/github"),
        ),
        (
            {
                "ARM_OIDC_REQUEST_URL": "https://entra.test/pipeline",
                "ARM_OIDC_REQUEST_TOKEN": "job-token",
                "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": "connection",
            },
            ("POST", "/pipeline"),
        ),
    ],
)
def test_sign_in_with_openid_connect_exchanges_the_id_token(
    more: dict[str, str], before: tuple[str, str] | None
) -> None:
    entra = Entra()
    sign_in({**OIDC, **more}, entra)
    assert entra.forms[0]["client_assertion"] == ID_TOKEN
    assert before is None or before in entra.seen


def test_sign_in_with_a_token_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(ID_TOKEN + "\n")
    entra = Entra()
    sign_in({**OIDC, "ARM_OIDC_TOKEN_FILE_PATH": str(tmp_path / "token")}, entra)
    assert entra.forms[0]["client_assertion"] == ID_TOKEN


def test_sign_in_with_openid_connect_refuses_plain_http() -> None:
    request = {"ARM_OIDC_REQUEST_URL": "http://entra.test/github", "ARM_OIDC_REQUEST_TOKEN": "job-token"}
    entra = Entra()
    with pytest.raises(SignInError, match="not https"):
        sign_in({**OIDC, **request}, entra)
    assert ("GET", "/github") not in entra.seen


def test_sign_in_as_the_machine() -> None:
    entra = Entra()
    env = {**HOST, "ARM_USE_MSI": "true", "ARM_MSI_ENDPOINT": "https://entra.test/msi"}
    assert sign_in(env, entra) == {"authorization": f"Bearer {jwt(number=1)}"}


@pytest.mark.parametrize(
    ("answer", "fix"),
    [
        (denied("AADSTS7000215", "Invalid client secret provided."), "to the value (not the ID) of a client secret"),
        (denied("AADSTS7000222", "The provided client secret keys are expired."), "create a new client secret"),
        (denied("AADSTS700016", "Application was not found in the directory.", 400), "check ARM_CLIENT_ID"),
        (denied("AADSTS700024", "Client assertion is not within its valid time range."), "get a new ID token"),
        (denied("AADSTS123456789", "Something else."), "login.microsoftonline.com/error?code=123456789"),
        (JSONResponse({"odd": 1}, 400), "look for a proxy in between"),
        (Response("<html>", 403, media_type="text/html"), "look for a proxy in between"),
    ],
)
def test_sign_in_refused_is_one_line_with_how_to_fix_it(answer: Response, fix: str) -> None:
    entra = Entra(answers=[answer])
    with pytest.raises(SignInError) as caught:
        sign_in(WITH_SECRET, entra)
    text = str(caught.value)
    assert text.startswith("sign-in failed: ")
    assert fix in text
    assert "\n" not in text
    assert "Trace ID" not in text
    assert caught.value.exit_code == 3
    assert ("GET", "/v1.0/organization") not in entra.seen


def test_sign_in_refused_never_shows_the_secret_that_the_server_echoes() -> None:
    with pytest.raises(SignInError, match=r"AADSTS7000215: .*\*\*\*") as caught:
        sign_in({**WITH_SECRET, "ARM_CLIENT_SECRET": "a-wrong-secret"}, Entra())
    assert "a-wrong-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_sign_in_to_another_tenant_is_refused_before_graph_is_asked() -> None:
    entra = Entra(token_tenant=OTHER_TENANT)
    with pytest.raises(WrongTenantError):
        sign_in(WITH_SECRET, entra)
    assert ("GET", "/v1.0/organization") not in entra.seen


def test_sign_in_waits_when_the_sign_in_is_busy() -> None:
    entra, clock = Entra(answers=[Response(status_code=429, headers={"retry-after": "11"})]), Clock()
    sign_in(WITH_SECRET, entra, clock=clock)
    assert clock.slept == [11.0]


def test_sign_in_that_is_unreachable_keeps_its_own_error() -> None:
    inner = Entra()

    class Half(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if "openid" in request.url.path:
                raise httpx.ConnectError("Connection refused")
            return await httpx.ASGITransport(app=inner.app).handle_async_request(request)

    async def work() -> None:
        clock = Clock()
        async with await open_graph(WITH_SECRET, TENANT, transport=Half(), clock=clock, sleep=clock.sleep) as graph:
            await graph.identity()

    with pytest.raises(TenantError, match=r"^cannot reach entra\.test: Connection refused"):
        run(work())


def test_sign_in_with_a_token_that_has_expired_already() -> None:
    with pytest.raises(SignInError, match="already expired; to fix: check this machine's clock"):
        sign_in(WITH_SECRET, Entra(lifetime=-60))


def test_sign_in_leaves_nothing_to_the_log_handler_of_last_resort() -> None:
    for _ in range(2):
        sign_in(WITH_SECRET, Entra())
    handlers = logging.getLogger("azure").handlers
    assert [type(handler) for handler in handlers] == [logging.NullHandler]


def test_sign_in_through_the_azure_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli = tmp_path / "az"
    answer = f'{{"accessToken": "{jwt()}", "expires_on": 4000000000}}'
    cli.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/asked\necho '{answer}'\n")
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert sign_in(HOST, Entra()) == {"authorization": f"Bearer {jwt()}"}
    asked = (tmp_path / "asked").read_text()
    assert f"--tenant {TENANT}" in asked
    assert "--resource https://entra.test" in asked


def test_sign_in_through_the_azure_cli_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SignInError, match=rf"to fix: install the Azure CLI and run az login --tenant {TENANT}"):
        sign_in(HOST, Entra())
