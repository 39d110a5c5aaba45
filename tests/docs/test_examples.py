"""The programs in the documents run as they stand there."""

from __future__ import annotations

import os

import pytest

from lockstep.emulator.testing import RunningServer
from lockstep.local.state import sign_in
from tests.docs.pages import code, read

pytest_plugins = ["pytester"]


def _python(page: str, word: str) -> str:
    return next(block for block in code(read(page), "python") if word in block)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK is full of them when it is imported
@pytest.mark.parametrize("client", ["from azure.identity import", "from msgraph import"])
def test_client_signs_in_and_lists(
    entra_server: RunningServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], client: str
) -> None:
    port = int(entra_server.url.rpartition(":")[2])
    for name, value in {**sign_in(port), "SSL_CERT_FILE": entra_server.ca, "NO_PROXY": "localhost"}.items():
        monkeypatch.setenv(name, value)
    if "msgraph" in client:
        pytest.importorskip("msgraph")
    program = _python("docs/emulator.md", client)
    exec(compile(program, "docs/emulator.md", "exec"), {})  # noqa: S102  (our own document)
    assert capsys.readouterr().out == "['Lockstep deployer']\n"


def test_fixtures_work_as_described(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_python("docs/emulator.md", "entra_server"))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly")
    result.assert_outcomes(passed=2)


def test_fixtures_of_this_process_are_the_documented_ones(entra_server: RunningServer) -> None:
    assert entra_server.url.startswith("https://localhost:")
    assert os.path.isfile(entra_server.ca)
