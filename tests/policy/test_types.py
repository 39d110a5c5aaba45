"""Every type of the installed azuread SDK has a verdict, and the verdict is what the pack does."""

from __future__ import annotations

import pytest

from lockstep.policy.closed_world import ALLOWED, CREDENTIAL, GRANTS, REFUSED, TypeVerdict, azuread_types
from lockstep.policy.types_page import disagreement, installed_types
from tests.policy.service import Pack

RULE = {GRANTS: ["no-azuread-grants"], CREDENTIAL: ["no-passwords", "passwords-end-within-180-days"]}
RULE[REFUSED] = ["only-listed-types"]


def test_every_installed_type_has_a_verdict_and_every_verdict_a_type() -> None:
    assert len(installed_types()) > 50
    assert disagreement(installed_types(), azuread_types()) == ""


def test_a_new_type_fails_until_somebody_decides() -> None:
    new = "azuread:index/brandNew:BrandNew"
    assert "no verdict on azuread:index/brandNew:BrandNew" in disagreement(installed_types() | {new}, azuread_types())
    gone = {**azuread_types(), new: TypeVerdict(verdict="refused", why="gone")}
    assert "which the SDK does not have" in disagreement(installed_types(), gone)


@pytest.mark.parametrize(
    ("type_", "verdict"),
    [(type_, each.verdict) for type_, each in azuread_types().items() if each.verdict != ALLOWED],
)
def test_a_type_that_is_not_allowed_is_refused_whatever_its_inputs(type_: str, verdict: str) -> None:
    found = Pack().judge(type_, {})
    flexible = ["exact-federated-subjects"] if "FlexibleFederated" in type_ else []
    assert found == [*RULE[verdict], *flexible]


def test_allowed_are_four_types_and_no_more() -> None:
    assert {type_.rpartition(":")[2] for type_, each in azuread_types().items() if each.verdict == ALLOWED} == {
        "Application",
        "ApplicationCertificate",
        "ApplicationFederatedIdentityCredential",
        "ServicePrincipal",
    }


@pytest.mark.parametrize(
    "type_",
    [
        "command:local:Command",
        "pulumi-python:dynamic:Resource",
        "pulumi-nodejs:dynamic:Resource",
        "azure-native:authorization:RoleAssignment",
        "azure:authorization/assignment:Assignment",
        "msgraph:index/resource:Resource",
        "random:index/randomPassword:RandomPassword",
        "kubernetes:core/v1:Secret",
        "pulumi:pulumi:StackReference",
        "mine:index:Component",
        "lockstep:entra:AppRegistrations",
        "entraconsent:index:AdminConsents",
        "azuread:index/appRoleAssignment:AppRoleAssignmentV2",
        "azuread:index:AppRoleAssignment",
    ],
)
def test_types_of_other_packages_and_look_alikes_are_refused(type_: str) -> None:
    assert Pack().judge(type_, {}) == ["only-listed-types"]
