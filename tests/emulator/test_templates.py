"""Applications made from templates, and the certificates that sign tokens."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography import x509

from lockstep.emulator import TENANT_ID
from tests.emulator.callers import sign_in_with
from tests.emulator.client import Client

NON_GALLERY = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
BAD = (400, "Request_BadRequest")
OF_THE_GALLERY = "4601ed45-8ff3-4599-8377-b6649007e876"


def test_e3_a_template_makes_an_application_and_its_principal(graph: Client) -> None:
    made = graph.post(f"/applicationTemplates/{NON_GALLERY}/instantiate", {"displayName": "Made"})
    application, principal = made["application"], made["servicePrincipal"]
    for row in (application, principal):
        assert (row["displayName"], row["applicationTemplateId"]) == ("Made", NON_GALLERY)
        assert not [name for name in row if name.startswith("_")]
    assert application["signInAudience"] == "AzureADMyOrg"
    assert principal["appId"] == application["appId"]
    assert principal["appOwnerOrganizationId"] == TENANT_ID
    assert graph.get(f"/applications/{application['id']}") == {**application, "@odata.context": graph.get(
        f"/applications/{application['id']}")["@odata.context"]}  # fmt: skip
    assert graph.get(f"/servicePrincipals/{principal['id']}")["applicationTemplateId"] == NON_GALLERY
    # A change of the application leaves it on both.
    assert graph.status("PATCH", f"/applications/{application['id']}", {"notes": "n"}) == (204, "")
    assert graph.get(f"/servicePrincipals/{principal['id']}")["applicationTemplateId"] == NON_GALLERY
    for kind in ("applications", "servicePrincipals"):
        assert graph.status("PATCH", f"/{kind}/{made[kind[:-1]]['id']}", {"applicationTemplateId": None}) == (204, "")
        assert graph.status("PATCH", f"/{kind}/{made[kind[:-1]]['id']}", {"applicationTemplateId": "x"})[0] == 400


def test_e3_templates_are_listed_and_read(graph: Client) -> None:
    assert [row["id"] for row in graph.get("/applicationTemplates")["value"]] == [NON_GALLERY]
    row = graph.get(f"/applicationTemplates/{NON_GALLERY}")
    assert "saml" in row["supportedSingleSignOnModes"]
    found = graph.get("/applicationTemplates?$filter=displayName eq 'Custom'&$select=id")
    assert found["value"] == [{"id": NON_GALLERY}]
    spelled = f"/applicationTemplates/{NON_GALLERY}/microsoft.graph.instantiate"
    assert graph.post(spelled, {"displayName": "Made"})["application"]["applicationTemplateId"] == NON_GALLERY


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", f"/applicationTemplates/{OF_THE_GALLERY}", None, (501, "NotImplemented")),
        ("POST", f"/applicationTemplates/{OF_THE_GALLERY}/instantiate", {"displayName": "x"}, (501, "NotImplemented")),
        ("GET", "/applicationTemplates?$filter=displayName eq 'Salesforce'", None, (501, "NotImplemented")),
        ("GET", "/applicationTemplates?$filter=contains(displayName,'sales')", None, (501, "NotImplemented")),
        ("GET", "/applicationTemplates/nothing", None, (404, "Request_ResourceNotFound")),
        ("POST", f"/applicationTemplates/{NON_GALLERY}/instantiate", {}, BAD),
        ("POST", f"/applicationTemplates/{NON_GALLERY}/instantiate", {"displayName": "x", "y": 1}, BAD),
    ],
)  # fmt: skip
def test_e3_what_the_gallery_would_have_is_refused_by_name(
    graph: Client, method: str, path: str, body: Any, expected: tuple[int, str]
) -> None:
    before = graph.emulator.snapshot()
    assert graph.status(method, path, body) == expected
    assert graph.emulator.snapshot() == before


@pytest.mark.entra(enforce_permissions=True)
def test_e3_who_may_only_manage_what_it_owns_owns_what_it_made(graph: Client) -> None:
    me = sign_in_with(graph, "Application.ReadWrite.OwnedBy")
    made = graph.post(f"/applicationTemplates/{NON_GALLERY}/instantiate", {"displayName": "Made"})
    for kind in ("applications", "servicePrincipals"):
        path = f"/{kind}/{made[kind[:-1]]['id']}"
        assert [row["id"] for row in graph.get(f"{path}/owners")["value"]] == [me["id"]]
        assert graph.status("PATCH", path, {"notes": "n"}) == (204, "")


def test_e9_a_certificate_that_signs_tokens(graph: Client) -> None:
    principal = graph.principal()
    path = f"/servicePrincipals/{principal['id']}"
    graph.post(f"{path}/addPassword", {})
    shown = graph.post(f"{path}/addTokenSigningCertificate", {"displayName": "CN=Contoso"})
    der = base64.b64decode(shown["key"])
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.subject.rfc4514_string() == "CN=Contoso"
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days in (1095, 1096)
    assert shown["thumbprint"] == hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    assert (shown["type"], shown["usage"]) == ("AsymmetricX509Cert", "Verify")
    row = graph.get(f"{path}?$select=keyCredentials,passwordCredentials")
    keys, passwords = row["keyCredentials"], row["passwordCredentials"]
    assert [(key["usage"], key["key"]) for key in keys] == [("Sign", None), ("Verify", shown["key"])]
    assert {key["customKeyIdentifier"] for key in keys} == {shown["customKeyIdentifier"]}
    assert passwords[1]["keyId"] == keys[0]["keyId"] == shown["keyId"]
    assert passwords[1]["customKeyIdentifier"] == shown["customKeyIdentifier"]
    assert graph.get(path)["keyCredentials"][1]["key"] is None
    # It is removed by what is left of both lists, as the azuread provider does.
    assert graph.status("PATCH", path, {"keyCredentials": [], "passwordCredentials": passwords[:1]}) == (204, "")
    row = graph.get(path)
    assert (row["keyCredentials"], [entry["keyId"] for entry in row["passwordCredentials"]]) == (
        [], [passwords[0]["keyId"]]
    )  # fmt: skip
    assert graph.status("PATCH", path, {"passwordCredentials": passwords}) == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"displayName": "CN=x", "endDateTime": "2027-01-01T00:00:00Z"}, 200),
        ({"displayName": "Contoso"}, 400),
        ({"displayName": "CN="}, 400),
        ({"displayName": "CN=" + "x" * 65}, 400),
        ({}, 400),
        ({"displayName": "CN=x", "endDateTime": "2999-01-01T00:00:00Z"}, 400),
        ({"displayName": "CN=x", "endDateTime": "2001-01-01T00:00:00Z"}, 400),
        ({"displayName": "CN=x", "endDateTime": "soon"}, 400),
    ],
)
def test_e9_a_certificate_has_a_name_and_at_most_three_years(graph: Client, body: Any, expected: int) -> None:
    path = f"/servicePrincipals/{graph.principal()['id']}"
    graph.emulator.clock.stop()
    assert graph.status("POST", f"{path}/addTokenSigningCertificate", body)[0] == expected
    assert bool(graph.get(path)["keyCredentials"]) is (expected == 200)


DEFINITION = '{"ClaimsMappingPolicy":{"Version":1,"IncludeBasicClaimSet":"true","ClaimsSchema":[]}}'


def policy(graph: Client, name: str = "Claims") -> Any:
    return graph.post("/policies/claimsMappingPolicies", {"definition": [DEFINITION], "displayName": name})


def test_e9_claims_policies_are_made_read_changed_and_deleted(graph: Client) -> None:
    made = policy(graph)
    assert (made["displayName"], made["isOrganizationDefault"]) == ("Claims", False)
    path = f"/policies/claimsMappingPolicies/{made['id']}"
    assert graph.status("PATCH", path, {"displayName": "Other"}) == (204, "")
    assert graph.get(path)["displayName"] == "Other"
    assert [row["id"] for row in graph.get("/policies/claimsMappingPolicies")["value"]] == [made["id"]]
    eventual = {"ConsistencyLevel": "eventual"}
    assert graph.get("/policies/claimsMappingPolicies/$count", **eventual) == 1
    assert graph.status("DELETE", path) == (204, "")
    assert graph.status("GET", path) == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    "values",
    [
        {"definition": []}, {"definition": ["{}"]}, {"definition": ["no JSON"]}, {"definition": [DEFINITION] * 2},
        {"definition": [DEFINITION.replace('"Version":1', '"Version":2')]}, {"displayName": None}, {"definition": [7]},
        {"displayName": 7}, {"colour": "red"},
    ],
)  # fmt: skip
def test_e9_a_claims_policy_is_judged(graph: Client, values: dict[str, Any]) -> None:
    body = {"definition": [DEFINITION], "displayName": "Claims", **values}
    assert graph.status("POST", "/policies/claimsMappingPolicies", body) == (400, "Request_BadRequest")


def test_e9_claims_policies_of_a_principal(graph: Client) -> None:
    made, principal = policy(graph), graph.principal("Client")
    path = f"/servicePrincipals/{principal['id']}/claimsMappingPolicies"
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/policies/claimsMappingPolicies/{made['id']}"}
    assert graph.get(path)["value"] == []
    assert graph.status("POST", f"{path}/$ref", link) == (204, "")
    assert graph.status("POST", f"{path}/$ref", link) == (400, "Request_BadRequest")
    assert [row["displayName"] for row in graph.get(path)["value"]] == ["Claims"]
    by_app = f"/servicePrincipals(appId='{principal['appId']}')/claimsMappingPolicies"
    assert [row["id"] for row in graph.get(by_app)["value"]] == [made["id"]]
    assert graph.get(f"{path}/$count", ConsistencyLevel="eventual") == 1
    assert graph.get(f"{path}/$ref")["value"][0]["@odata.id"].endswith(f"/policies/claimsMappingPolicies/{made['id']}")
    of_policy = f"/policies/claimsMappingPolicies/{made['id']}/appliesTo"
    assert [row["id"] for row in graph.get(of_policy)["value"]] == [principal["id"]]
    assert graph.get(f"{of_policy}/{principal['id']}")["displayName"] == "Client"
    assert graph.get(f"{of_policy}/$count", ConsistencyLevel="eventual") == 1
    assert graph.status("DELETE", f"{path}/{made['id']}/$ref") == (204, "")
    assert graph.status("DELETE", f"{path}/{made['id']}/$ref") == (404, "Request_ResourceNotFound")
    assert graph.get(of_policy)["value"] == []
    nobody = {"@odata.id": link["@odata.id"].replace(made["id"], TENANT_ID)}
    assert graph.status("POST", f"{path}/$ref", nobody) == (404, "Request_ResourceNotFound")


def test_e9_a_deleted_claims_policy_is_no_ones(graph: Client) -> None:
    made, principal = policy(graph), graph.principal("Client")
    path = f"/servicePrincipals/{principal['id']}"
    link = {"@odata.id": f"https://x/v1.0/policies/claimsMappingPolicies/{made['id']}"}
    graph.post(f"{path}/claimsMappingPolicies/$ref", link)
    # It outlives the principal's deletion and return, and nothing of it is shown with the principal.
    assert graph.status("DELETE", path) == (204, "")
    graph.post(f"/directory/deletedItems/{principal['id']}/restore", None)
    assert len(graph.get(f"{path}/claimsMappingPolicies")["value"]) == 1
    assert not [name for name in graph.get(path) if "claims" in name.lower()]
    assert graph.status("DELETE", path) == (204, "")
    assert graph.status("DELETE", f"/policies/claimsMappingPolicies/{made['id']}") == (204, "")
    graph.post(f"/directory/deletedItems/{principal['id']}/restore", None)
    assert graph.get(f"{path}/claimsMappingPolicies")["value"] == []


@pytest.mark.entra(enforce_permissions=True)
def test_e9_who_owns_a_principal_may_assign_it_a_policy(graph: Client) -> None:
    made = graph.emulator.tenant.claims_policies.create({"definition": [DEFINITION], "displayName": "Claims"})
    link = {"@odata.id": f"https://x/v1.0/policies/claimsMappingPolicies/{made['id']}"}
    theirs = graph.emulator.tenant.principals.get("00000003-0000-0000-c000-000000000000", "appId")
    sign_in_with(graph, "Application.ReadWrite.OwnedBy", "Policy.Read.All")
    mine = graph.post("/servicePrincipals", {"appId": graph.application("Mine")["appId"]})
    for principal, status in ((theirs, 403), (mine, 204)):
        path = f"/servicePrincipals/{principal['id']}/claimsMappingPolicies/$ref"
        assert graph.status("POST", path, link)[0] == status
