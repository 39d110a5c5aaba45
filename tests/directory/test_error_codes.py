"""One table of codes decides every fix: in every way to sign in, for single requests and in batches."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

import lockstep
from lockstep.directory import BatchItem
from lockstep.directory.error_codes import error_codes, fix_of, graph_codes, row_of, sign_in_codes
from lockstep.errors import GraphError, SignInError
from tests.directory.entra import ID_TOKEN, Entra, denied
from tests.directory.scripted import CLIENT, TENANT, Bench, Reply, Server, refused, run
from tests.directory.test_sign_in import HOST, OIDC, WITH_SECRET, certificate, sign_in

__all__ = ["certificate"]  # a fixture

MICROSOFT = re.compile(r"https://(learn\.microsoft\.com|login\.microsoftonline\.com|github\.com/microsoftgraph)/\S+")
ORDINARY = """7000229 53000 53001 53003 530003 50079 50076 50158 70043 700082 7000215 7000222 700016 90002 900023 90094
65001 500011 500113 700024 700027 70021 700211 700212 700213 50034 50057 50126 50053 90072 90100 1002012"""
GRAPHS = """Directory_QuotaExceeded Authorization_RequestDenied Request_ResourceNotFound InvalidAuthenticationToken
Request_UnsupportedQuery Directory_ConcurrencyViolation ObjectConflict Authentication_MissingOrMalformed
LicenseAssignmentAttributeConcurrencyException TooManyRequests"""


def test_b8_b10_every_row_is_complete_and_no_row_hides_another() -> None:
    rows = error_codes()
    assert len({(row.code.casefold(), row.says) for row in rows}) == len(rows)
    for row in rows:
        assert row.meaning.endswith("."), row.code
        assert row.fix, row.code
        assert MICROSOFT.fullmatch(row.source), row.code
        assert re.compile(row.says).search("nothing that Graph says") is None or not row.says
        fields = {name for _, name, _, _ in string.Formatter().parse(row.fix) if name is not None}
        assert fields <= {"tenant", "client", "permission"}, row.code


@pytest.mark.parametrize("code", [*(f"AADSTS{number}" for number in ORDINARY.split()), *GRAPHS.split()])
def test_b10_the_codes_of_ordinary_life_are_in_the_table(code: str) -> None:
    assert row_of([code]) is not None


WAYS: dict[str, dict[str, str]] = {
    "client secret": WITH_SECRET,
    "certificate": {**HOST, "ARM_CLIENT_ID": CLIENT},
    "OIDC token": {**OIDC, "ARM_OIDC_TOKEN": ID_TOKEN},
    "Azure CLI": HOST,
}
KINDS = {
    "AADSTS7000229": "az ad sp create --id",
    "AADSTS53000": "device that is enrolled and compliant",
    "AADSTS50158": "the check of the external provider",
    "AADSTS700016": f"tenant {TENANT} knows no application",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("code", KINDS)
def test_b10_b11_the_code_decides_the_fix_in_every_way_to_sign_in(
    way: str, code: str, certificate: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = dict(WAYS[way])
    if way == "certificate":
        (tmp_path / "app.pem").write_bytes(certificate[1])
        env["ARM_CLIENT_CERTIFICATE_PATH"] = str(tmp_path / "app.pem")
    # As the CLI words it: with advice of its own, which is not for this code.
    _install_az(tmp_path, monkeypatch, f"ERROR: {code}: Refused. Trace ID: 1\\nPlease run: az login --scope x")
    # Statuses and OAuth words that say something else must not matter.
    with pytest.raises(SignInError) as caught:
        sign_in(env, Entra(answers=[denied(code, "Refused.", 404)]))
    problem, _, fix = str(caught.value).partition("; to fix: ")
    assert problem.startswith(f"sign-in failed: {code}: Refused") or f" {code}: Refused" in problem
    assert KINDS[code] in fix
    assert "install the Azure CLI" not in fix
    assert "Trace ID" not in problem


def test_b10_every_code_of_the_sign_in_leads_to_its_own_fix() -> None:
    for row in error_codes():
        number = row.code.removeprefix("AADSTS")
        if number.isdigit():
            body = {"error": "invalid_grant", "error_description": "In another language.", "error_codes": [int(number)]}
            assert sign_in_codes("In another language.", body) == [row.code]
            assert fix_of([row.code], "", tenant=TENANT, client=CLIENT) == row.fix.format(tenant=TENANT, client=CLIENT)


def test_b10_a_code_that_stands_only_in_the_field_of_codes_is_read() -> None:
    body = {"error": "invalid_grant", "error_description": "Accès refusé.", "error_codes": [53003]}
    with pytest.raises(SignInError, match=r"failed: AADSTS53003: Accès refusé; to fix: ask the tenant's administrator"):
        sign_in(WITH_SECRET, Entra(answers=[JSONResponse(body, 400)]))


@pytest.mark.parametrize(
    ("answer", "fix"),
    [
        (denied("AADSTS99999999", "New."), "look the code up at https://login.microsoftonline.com/error?code=99999999"),
        (JSONResponse({"error": "temporarily_unavailable"}, 400), "run the same command again in a few minutes"),
        (JSONResponse({"error": "odd_word"}, 400), "look the code odd_word up at https://learn.microsoft.com"),
    ],
)
def test_b10_what_the_table_lacks_gets_no_guess(answer: Any, fix: str) -> None:
    with pytest.raises(SignInError) as caught:
        sign_in(WITH_SECRET, Entra(answers=[answer]))
    assert str(caught.value).partition("; to fix: ")[2].startswith(fix)


def test_b12_an_unknown_tenant_is_said_by_the_discovery_and_keeps_its_words() -> None:
    entra = Entra(unknown_tenant=True)
    with pytest.raises(SignInError) as caught:
        sign_in(WITH_SECRET, entra)
    assert str(caught.value) == (
        f"sign-in failed: AADSTS90002: Tenant '{TENANT}' not found; to fix: check the tenant and the cloud: {TENANT} "
        "was not found at this sign-in address"
    )
    assert ("POST", f"/{TENANT}/oauth2/v2.0/token") not in entra.seen


@pytest.mark.parametrize("code", ["AADSTS900023", "AADSTS500021", "AADSTS90099999"])
def test_b12_whatever_else_the_discovery_refuses_keeps_its_code(code: str) -> None:
    with pytest.raises(SignInError, match=rf"sign-in failed: {code}: .*; to fix: "):
        sign_in(WITH_SECRET, Entra(unknown_tenant=True, discovery_code=code))


def graph_fix(answer: Reply, *, method: str = "POST") -> str:
    with pytest.raises((GraphError, SignInError)) as caught:
        run(Bench(Server(answer, repeat=True)).graph.send(method, "/servicePrincipals", {}))
    return str(caught.value).partition("; to fix: ")[2]


def batch_fix(answer: Reply, *, method: str = "POST") -> str:
    def serve(call: Any) -> Reply:
        entry = {"id": "0", "status": answer.status, "body": answer.body, "headers": dict(answer.headers)}
        return Reply(200, {"responses": [entry]})

    (found,) = run(Bench(Server(serve, repeat=True)).graph.batch([BatchItem(method, "/servicePrincipals", {})]))
    return str(found.error()).partition("; to fix: ")[2]


@pytest.mark.parametrize("ask", [graph_fix, batch_fix], ids=["single", "batch"])
@pytest.mark.parametrize("status", [400, 403, 404, 409, 412])
def test_b8_no_status_beats_a_code_of_graph(ask: Callable[..., str], status: int) -> None:
    permission = " (Application.ReadWrite.OwnedBy, or Application.ReadWrite.All for what it does not own)"
    for row in error_codes():
        if not row.says:
            text = "Insufficient privileges to complete the operation. Please run az login."
            expected = row.fix.format(tenant="<tenant ID>", client="<client ID>", permission=permission)
            assert ask(refused(status, row.code, text)) == expected, row.code


@pytest.mark.parametrize("ask", [graph_fix, batch_fix], ids=["single", "batch"])
def test_b8_a_quota_that_is_used_up_is_not_a_missing_permission(ask: Callable[..., str]) -> None:
    fix = ask(refused(403, "Directory_QuotaExceeded", "The directory object quota limit has been exceeded."))
    assert "delete objects that nobody needs" in fix
    assert "permission" not in fix


def test_b8_the_innermost_code_that_is_known_counts() -> None:
    error: dict[str, Any] = {
        "code": "Request_BadRequest",
        "message": "One or more properties are not valid.",
        "details": [{"code": "ObjectConflict", "message": "Another object with the same value exists."}],
        "innerError": {"code": "somethingNew", "request-id": "x"},
    }
    assert graph_codes(error) == ["somethingNew", "ObjectConflict", "Request_BadRequest"]
    assert "is there already" in graph_fix(Reply(403, {"error": error}))
    said = {"code": "Forbidden", "message": "AADSTS53003: Access has been blocked by Conditional Access policies."}
    assert "Conditional Access policy" in graph_fix(Reply(403, {"error": said}))


def test_b8_a_code_of_graph_that_the_table_lacks_gets_no_guess() -> None:
    fix = graph_fix(refused(403, "SomethingNew", "Insufficient privileges."))
    assert fix.startswith("look the code SomethingNew up at https://learn.microsoft.com/graph/errors")
    assert "permission" not in graph_fix(Reply(403, {"error": {"code": "", "message": "No."}}))


@pytest.mark.parametrize(
    ("message", "gone"),
    [
        ("EntitlementGrant being updated or deleted is not found.", True),
        ("Permission entry not found.", True),
        ("Permission entry to be deleted was not found.", True),
        ("One or more removed object references do not exist for the following modified properties: 'owners'.", True),
        ("Invalid resource identifier for EntitlementGrant", False),
        ("Permission being assigned was not found on application 'Graph'", False),
        ("Invalid object identifier.", False),
    ],
)
def test_b4_what_graph_says_of_a_thing_that_is_gone(message: str, gone: bool) -> None:
    with pytest.raises(GraphError) as caught:
        run(Bench(Server(refused(400, "Request_BadRequest", message))).graph.send("DELETE", "/x"))
    assert caught.value.gone is gone


@pytest.mark.parametrize(
    "code", ["Authorization_RequestDenied", "Request_UnsupportedQuery", "NoBackingApplicationObject"]
)
def test_b4_a_404_whose_code_says_something_else_is_not_gone(code: str) -> None:
    bench = Bench(Server(refused(404, code), repeat=True))
    with pytest.raises(GraphError) as caught:
        run(bench.graph.find("/x"))
    assert not caught.value.gone


def test_b4_a_page_of_a_proxy_with_404_never_means_that_a_thing_is_gone() -> None:
    for reply in (Reply(404, text="<html>"), Reply(404), Reply(404, {"message": "blocked"})):
        with pytest.raises(GraphError, match="look for a proxy") as caught:
            run(Bench(Server(reply)).graph.find("/x"))
        assert not caught.value.gone
        assert caught.value.status == 0


PACKAGE = Path(lockstep.__file__).parent
STATUS = {"status", "status_code"}


def test_b8_b11_no_module_chooses_a_fix_by_a_status_or_knows_a_code_of_the_sign_in() -> None:
    """What a branch on a status says to do would beat the code; only the table knows codes of the sign-in."""
    found = []
    for room in ("directory", "provider", "audit", "adopt", "cli"):
        for path in sorted((PACKAGE / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.If | ast.IfExp) and _asks_status(node.test) and _says_fix(node):
                    found.append(f"{path.name}:{node.lineno}")
                if isinstance(node, ast.Constant) and re.search(r"AADSTS\d{4}", str(node.value)):
                    found.append(f"{path.name}:{node.lineno}")
    assert found == []


def _asks_status(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in STATUS for node in ast.walk(test))


def _says_fix(node: ast.If | ast.IfExp) -> bool:
    body = node.body if isinstance(node.body, list) else [node.body]
    texts = [each.value for part in body for each in ast.walk(part) if isinstance(each, ast.Constant)]
    return any("to fix" in text for text in texts if isinstance(text, str))


def _install_az(folder: Path, monkeypatch: pytest.MonkeyPatch, stderr: str, code: int = 1) -> None:
    """Put an Azure CLI on PATH that fails with this text."""
    cli = folder / "az"
    cli.write_text(f"#!/bin/sh\nprintf '%b\\n' {json.dumps(stderr)} >&2\nexit {code}\n")
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_b11_a_code_at_the_end_of_a_long_output_of_the_azure_cli_is_found_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_az(
        tmp_path, monkeypatch, "Traceback (most recent call last):\\n" + "  line\\n" * 200 + "AADSTS53003: Blocked."
    )
    with pytest.raises(
        SignInError, match=r"sign-in failed: AADSTS53003: Traceback .*…; to fix: ask the tenant's admin"
    ):
        sign_in(HOST, Entra())


@pytest.mark.parametrize(
    ("stderr", "code"),
    [
        ("Please run 'az login' to setup account.", 1),
        ("HTTPSConnectionPool: Max retries exceeded (Caused by ProxyError)", 1),
        ("Traceback (most recent call last):\\n  File az, line 1\\nSSLError: certificate verify failed", 1),
        ("", 1),
        ("The command line is odd: \\0377\\0376", 2),
    ],
)
def test_b11_an_azure_cli_that_is_there_and_fails_is_not_to_be_installed(
    stderr: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_az(tmp_path, monkeypatch, stderr, code)
    with pytest.raises(SignInError) as caught:
        sign_in(HOST, Entra())
    problem, _, fix = str(caught.value).partition("; to fix: ")
    assert fix.startswith(f"run `az login --tenant {TENANT} --allow-no-subscriptions`; if you have done so, see what")
    assert "\n" not in problem
    assert "install" not in fix
