"""Sign-in: who gets a token, what it says, and what the others are told."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from lockstep.emulator import (
    DEPLOYER_CLIENT_ID,
    DEPLOYER_SECRET,
    TENANT_DOMAIN,
    TENANT_ID,
    TEST_ISSUER,
    Emulator,
)
from tests.emulator.client import BASE, Client
from tests.emulator.doors import in_process
from tests.vendors import ATERA_CLIENT_ID

AUDIENCE = "api://AzureADTokenExchange"


def claims(client: Client, token: str) -> dict[str, Any]:
    """Return the claims, checked with the published keys."""
    keys = KeySet.import_key_set(client.send("GET", f"{BASE}/{TENANT_ID}/discovery/v2.0/keys").json())
    return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


@cache
def foreign_key() -> RSAKey:
    """Return the key of a foreign issuer."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def federated(client: Client, key: RSAKey | None = None, **changes: Any) -> str:
    """Return an assertion of a foreign issuer."""
    stated = {"iss": "https://ci.test", "sub": "repo:a/b", "aud": AUDIENCE, "exp": client.emulator.tenant.clock() + 60}
    key = key or foreign_key()
    return str(jwt.encode({"alg": "RS256", "kid": key.kid}, {**stated, **changes}, key))


def pipeline(client: Client, issuer: str = "https://ci.test") -> Any:
    """Register an application that trusts one subject of an issuer."""
    app = client.application("Pipeline")
    client.post("/servicePrincipals", {"appId": app["appId"]})
    client.post(
        f"/applications/{app['id']}/federatedIdentityCredentials",
        {"name": "ci", "issuer": issuer, "subject": "repo:a/b", "audiences": [AUDIENCE]},
    )
    return app


def numbers(client: Client, app: Any, assertion: str) -> list[int] | None:
    """Return the error numbers that an assertion is answered with."""
    codes: list[int] | None = (
        client.sign_in(client_id=app["appId"], client_secret="", client_assertion=assertion).json().get("error_codes")
    )
    return codes


def test_token_names_tenant_client_and_consented_roles(graph: Client) -> None:
    payload = claims(graph, str(graph.token))
    principal = graph.get(f"/servicePrincipals(appId='{DEPLOYER_CLIENT_ID}')?$select=id")
    assert (payload["tid"], payload["appid"], payload["oid"]) == (TENANT_ID, DEPLOYER_CLIENT_ID, principal["id"])
    assert "Application.ReadWrite.All" in payload["roles"]
    assert payload["exp"] - payload["iat"] == 3600


@pytest.mark.parametrize("tenant", [TENANT_ID, TENANT_DOMAIN, f"///{TENANT_ID}"])
def test_tenant_by_id_by_domain_and_with_repeated_slashes(graph: Client, tenant: str) -> None:
    assert graph.sign_in(tenant).status_code == 200


@pytest.mark.parametrize(
    ("tenant", "form", "status", "number"),
    [
        ("44444444-4444-4444-8444-444444444444", {}, 400, 90002),
        (TENANT_ID, {"client_id": ATERA_CLIENT_ID}, 400, 700016),
        (TENANT_ID, {"client_secret": "wrong"}, 401, 7000215),
        (TENANT_ID, {"client_secret": ""}, 401, 7000218),
        (TENANT_ID, {"scope": "https://nowhere.test/.default"}, 400, 500011),
        (TENANT_ID, {"grant_type": "authorization_code"}, 400, 70003),
        (TENANT_ID, {"scope": f"{BASE}/User.Read"}, 400, 1002012),
        (TENANT_ID, {"scope": "", "resource": ""}, 400, 1002012),
        (TENANT_ID, {"scope": f"{BASE}/.default 00000003-0000-0ff1-ce00-000000000000/.default"}, 400, 28000),
    ],
)
def test_refusals_carry_their_number(
    graph: Client, tenant: str, form: dict[str, str], status: int, number: int
) -> None:
    answer = graph.sign_in(tenant, **form)
    assert answer.status_code == status
    assert answer.json()["error_codes"] == [number]
    assert answer.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_first_version_of_the_token_endpoint(graph: Client) -> None:
    form = {
        "client_id": DEPLOYER_CLIENT_ID, "client_secret": DEPLOYER_SECRET, "grant_type": "client_credentials",
        "resource": "00000003-0000-0000-c000-000000000000",
    }  # fmt: skip
    answer = graph.send("POST", f"{BASE}/{TENANT_ID}/oauth2/token", data=form).json()
    assert (answer["resource"], answer["expires_in"]) == (form["resource"], "3600")
    assert claims(graph, answer["access_token"])["exp"] == int(answer["expires_on"])


def test_disabled_client_gets_no_token(graph: Client) -> None:
    principal = graph.get(f"/servicePrincipals(appId='{DEPLOYER_CLIENT_ID}')?$select=id")
    graph.send("PATCH", f"/servicePrincipals/{principal['id']}", json={"accountEnabled": False})
    assert graph.sign_in().json()["error_codes"] == [7000112]


@pytest.mark.parametrize("version", ["/v2.0", ""])
def test_openid_configuration_leads_to_the_token_endpoint(graph: Client, version: str) -> None:
    configuration = graph.get(f"{BASE}/{TENANT_ID}{version}/.well-known/openid-configuration")
    assert configuration["token_endpoint"] == f"{BASE}/{TENANT_ID}/oauth2{version}/token"
    assert graph.get(configuration["jwks_uri"])["keys"][0]["kty"] == "RSA"


def test_instance_discovery_names_this_host(graph: Client) -> None:
    document = graph.get(
        f"/common/discovery/instance?api-version=1.1&authorization_endpoint={BASE}/x/oauth2/v2.0/authorize"
    )
    assert document["metadata"][0]["aliases"] == ["localhost:8443"]


def test_second_client_signs_in_with_its_added_secret_until_it_is_removed(graph: Client) -> None:
    app = graph.application("Robot")
    graph.post("/servicePrincipals", {"appId": app["appId"]})
    added = graph.post(f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "x"}})
    form = {"client_id": app["appId"], "client_secret": added["secretText"]}
    assert graph.sign_in(**form).status_code == 200
    graph.post(f"/applications/{app['id']}/removePassword", {"keyId": added["keyId"]})
    assert graph.sign_in(**form).json()["error_codes"] == [7000215]


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({}, None),
        ({"sub": "repo:a/other"}, 700213),
        ({"sub": "REPO:a/b"}, 700213),
        ({"iss": "https://evil.test"}, 700211),
        ({"aud": "api://Other"}, 700212),
        ({"exp": 1}, 700024),
        ({"nbf": 99_999_999_999}, 700024),
        ({"exp": "soon"}, 700027),
    ],
)
def test_federated_assertion_only_if_registered(graph: Client, changes: dict[str, Any], number: int | None) -> None:
    app = pipeline(graph)
    graph.emulator.trust_issuer("https://ci.test", {"keys": [foreign_key().as_dict(private=False)]})
    assert numbers(graph, app, federated(graph, **changes)) == (None if number is None else [number])


def test_federated_assertion_needs_the_signature_of_its_issuer(graph: Client) -> None:
    app = pipeline(graph)
    assert numbers(graph, app, federated(graph)) == [700027]  # nobody has handed in the issuer's keys
    body = {"https://ci.test": {"keys": [foreign_key().as_dict(private=False)]}}
    assert graph.send("PUT", "/_emulator/issuers", json=body).status_code == 200
    assert numbers(graph, app, federated(graph)) is None
    assert numbers(graph, app, federated(graph, RSAKey.generate_key(2048, auto_kid=True))) == [700027]
    unsigned = ".".join([*federated(graph).split(".")[:2], ""])
    assert numbers(graph, app, unsigned) == [700027]
    wrong: object
    for wrong in ({"https://ci.test": "keys"}, {"https://ci.test": {"keys": [7]}}, []):
        assert graph.send("PUT", "/_emulator/issuers", json=wrong).status_code == 400, wrong


@pytest.mark.parametrize("issuer", [TEST_ISSUER, "https://token.actions.githubusercontent.com"])
def test_emulator_signs_in_the_name_of_its_own_issuer_and_of_one_that_it_stands_for(graph: Client, issuer: str) -> None:
    app, body = pipeline(graph, issuer), {"subject": "repo:a/b", "issuer": issuer}
    if issuer != TEST_ISSUER:
        assert graph.send("POST", "/_emulator/assertion", json=body).status_code == 400
        graph.emulator.trust_issuer(issuer)
        assert graph.get("/_emulator/issuers") == {issuer: None}
    assertion = graph.send("POST", "/_emulator/assertion", json=body).json()["assertion"]
    assert numbers(graph, app, assertion) is None
    assert numbers(graph, app, graph.emulator.assertion("repo:a/fork", issuer=issuer)) == [700213]


def test_token_of_another_application_of_the_tenant_is_a_federated_assertion(graph: Client) -> None:
    issuer = f"https://sts.windows.net/{TENANT_ID}/"
    other = graph.principal("Identity")
    app = graph.application("Pipeline")
    graph.post("/servicePrincipals", {"appId": app["appId"]})
    body = {"name": "mi", "issuer": issuer, "subject": other["id"], "audiences": [app["appId"]]}
    graph.post(f"/applications/{app['id']}/federatedIdentityCredentials", body)
    request = {"client": other["appId"], "api": app["appId"]}
    token = graph.send("POST", "/_emulator/token", json=request).json()["access_token"]
    assert numbers(graph, app, token) is None


def test_certificate_assertion_needs_a_registered_certificate(graph: Client) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificate
    from trustme import CA, KeyType

    leaf = CA().issue_cert("robot.test", key_type=KeyType.RSA)
    certificate = load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    app = graph.application("Robot")
    graph.post("/servicePrincipals", {"appId": app["appId"]})
    key = RSAKey.import_key(leaf.private_key_pem.bytes())
    stated = {
        "aud": f"{BASE}/{TENANT_ID}/oauth2/v2.0/token",
        "exp": graph.emulator.tenant.clock() + 60,
        "iss": app["appId"],
        "sub": app["appId"],
    }
    form = {
        "client_id": app["appId"],
        "client_secret": "",
        "client_assertion": jwt.encode({"alg": "RS256"}, stated, key),
    }
    assert graph.sign_in(**form).json()["error_codes"] == [700027]
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    entry = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der, "displayName": "CN=robot"}
    assert graph.status("PATCH", f"/applications/{app['id']}", {"keyCredentials": [entry]}) == (204, "")
    assert graph.sign_in(**form).status_code == 200
    over = {**entry, "startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2021-01-01T00:00:00Z"}
    assert graph.status("PATCH", f"/applications/{app['id']}", {"keyCredentials": [over]}) == (204, "")
    assert "expired" in graph.sign_in(**form).json()["error_description"]


NO_TOKEN = pytest.param("Bearer ", marks=in_process("HTTP/1.1 has no header that ends with a space"))


@pytest.mark.parametrize("header", ["", NO_TOKEN, "Bearer x.y.z", "Basic abc"])
def test_graph_refuses_a_missing_or_bad_token(graph: Client, header: str) -> None:
    assert graph.status("GET", "/applications", authorization=header) == (401, "InvalidAuthenticationToken")


def test_graph_refuses_an_expired_token_and_one_for_another_api() -> None:
    now = [1_800_000_000.0]
    with Emulator.open(clock=lambda: now[0]) as emulator, Client(emulator) as client:
        other = client.sign_in(scope="00000003-0000-0ff1-ce00-000000000000/.default").json()["access_token"]
        wrong = client.send("GET", "/applications", headers={"authorization": f"Bearer {other}"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
        assert client.status("GET", "/applications") == (200, "")
        now[0] += 3601
        assert client.status("GET", "/applications") == (401, "InvalidAuthenticationToken")


def test_no_secret_in_the_log(graph: Client) -> None:
    app = graph.application("Robot")
    added = graph.post(f"/applications/{app['id']}/addPassword", {"passwordCredential": {}})
    graph.sign_in(client_id=app["appId"], client_secret=added["secretText"])
    told = json.dumps(list(graph.emulator.log))
    assert "client_secret=***" in told
    assert added["secretText"] not in told
