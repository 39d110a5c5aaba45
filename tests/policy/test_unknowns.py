"""What a preview cannot know is refused, but for the scopes of an API that the same run makes."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.catalogue import GRAPH, SHAREPOINT
from lockstep.policy.world import World
from tests.policy.service import (
    APPLICATION,
    CONSENT,
    SERVICE_PRINCIPAL,
    UNKNOWN,
    Pack,
    app,
    application,
    consent,
    make_world,
)

CLIENT = app("atlas", "api-client")
SCOPE = app("atlas", "connex-api").exposes[0].stable_id
USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
MAIL_READ_WRITE = "024d486e-b451-40bb-833d-3e66d98c5c73"
TENANTS_OWN = "0badc0de-0000-4000-8000-00000000000a"
CONFIGURED = ["only-documented-permissions-configured"]
CONSENTED = ["only-documented-permissions-consented"]


def _entry(api: Any, *accesses: Any) -> dict[str, Any]:
    return {"__defaults": [], "resourceAppId": api, "resourceAccesses": list(accesses)}


def _access(id_: Any, type_: Any = "Scope") -> dict[str, Any]:
    return {"__defaults": [], "id": id_, "type": type_}


def _configured(pack: Pack, accesses: Any) -> list[str]:
    parent = pack.component(CLIENT, "atlas")
    return pack.judge(APPLICATION, application(CLIENT, {}, requiredResourceAccesses=accesses), parent=parent)


@pytest.mark.parametrize(
    ("accesses", "refused"),
    [
        ([_entry(UNKNOWN, _access(SCOPE))], []),
        ([_entry(TENANTS_OWN, _access(SCOPE))], []),
        ([_entry(GRAPH, _access(USER_READ)), _entry(UNKNOWN, _access(SCOPE))], []),
        ([_entry(UNKNOWN, _access(USER_READ))], CONFIGURED),
        ([_entry(UNKNOWN, _access(MAIL_READ_WRITE))], CONFIGURED),
        ([_entry(UNKNOWN, _access(SCOPE), _access(MAIL_READ_WRITE))], CONFIGURED),
        ([_entry(UNKNOWN, _access(SCOPE, "Role"))], CONFIGURED),
        ([_entry(UNKNOWN, _access(SCOPE.upper()))], CONFIGURED),
        ([_entry(GRAPH, _access(SCOPE))], CONFIGURED),
        ([_entry(TENANTS_OWN, _access(MAIL_READ_WRITE))], CONFIGURED),
        ([_entry(GRAPH, _access(UNKNOWN))], CONFIGURED),
        ([_entry(GRAPH, _access(USER_READ, UNKNOWN))], CONFIGURED),
        ([_entry(GRAPH, UNKNOWN)], CONFIGURED),
        ([UNKNOWN], CONFIGURED),
        (UNKNOWN, CONFIGURED),
        ("a text", CONFIGURED),
        ({"resourceAppId": GRAPH}, CONFIGURED),
        ([_entry(GRAPH)], []),
        ([{"resourceAppId": GRAPH}], CONFIGURED),
        ([{"resourceAppId": GRAPH, "resourceAccesses": UNKNOWN}], CONFIGURED),
        ([{"resourceAppId": "graph", "resourceAccesses": []}], CONFIGURED),
        ([{"resourceAppId": GRAPH, "resourceAccesses": [{"id": USER_READ}]}], CONFIGURED),
        ([{"resourceAppId": GRAPH, "resourceAccesses": [{"type": "Scope"}]}], CONFIGURED),
        ([{"resourceAppId": GRAPH, "resourceAccesses": [_access(7.0)]}], CONFIGURED),
        ([_entry(GRAPH, _access(USER_READ)), _entry(GRAPH, _access(USER_READ))], CONFIGURED),
        ([], []),
    ],
)
def test_configured_permissions(accesses: Any, refused: list[str]) -> None:
    assert _configured(Pack(), accesses) == refused


def adopting(scope: str) -> World:
    """Return the world of a stack whose API is adopted, and keeps this id for its scope."""
    adopted = {"displayName": "Old API", "scopeIds": {"Workspaces.FullControl.All": scope}}
    return make_world(None, {"connex-api": {"adopted": adopted}})


def test_the_scope_of_an_adopted_api_is_the_adopted_one() -> None:
    other = "5ca1ab1e-0000-4000-8000-000000000001"
    pack = Pack(adopting(other))
    assert _configured(pack, [_entry(UNKNOWN, _access(other))]) == []
    assert _configured(Pack(adopting(other)), [_entry(UNKNOWN, _access(SCOPE))]) == CONFIGURED


def test_a_stack_file_cannot_pass_a_public_permission_for_an_adopted_scope() -> None:
    pack = Pack(adopting(MAIL_READ_WRITE))
    assert _configured(pack, [_entry(UNKNOWN, _access(MAIL_READ_WRITE))]) == CONFIGURED


GOOD = {"Microsoft Graph": {"delegated": {"User.Read": USER_READ}}}
# A provider's defaults come as a key of the engine's own in each object.
FILLED = {
    "__defaults": [],
    "Microsoft Graph": {"__defaults": [], "delegated": {"__defaults": [], "User.Read": USER_READ}},
}
OWN = {"Atlas.ConneX API": {"delegated": {"Workspaces.FullControl.All": SCOPE}}}


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"permissions": {**GOOD, **OWN}}, []),
        ({"permissions": OWN, "apis": {"Atlas.ConneX API": TENANTS_OWN}}, []),
        ({"permissions": FILLED, "apis": {"__defaults": [], "Microsoft Graph": GRAPH}}, []),
        ({"permissions": OWN, "apis": {"Atlas.ConneX API": GRAPH}}, CONSENTED),
        ({"permissions": OWN, "apis": {"Atlas.ConneX API": "no id"}}, CONSENTED),
        ({"permissions": OWN, "apis": {}}, CONSENTED),
        ({"permissions": OWN, "apis": UNKNOWN}, CONSENTED),
        ({"permissions": {}, "apis": UNKNOWN}, CONSENTED),
        ({"permissions": {}, "apis": {"Microsoft Graph": UNKNOWN}}, CONSENTED),
        ({"permissions": {}, "apis": {"Microsoft Graph": TENANTS_OWN}}, CONSENTED),
        ({"permissions": {}, "apis": {"Windows Azure Active Directory": GRAPH}}, CONSENTED),
        ({"permissions": {}, "apis": {"Microsoft Graph": GRAPH, "Windows Azure Active Directory": GRAPH}}, CONSENTED),
        ({"permissions": {}, "apis": {"Atlas.ConneX API": UNKNOWN, "Microsoft Graph": SHAREPOINT}}, CONSENTED),
        ({"permissions": {}, "apis": {"Atlas.ConneX API": "no id"}}, CONSENTED),
        ({"permissions": {}, "apis": {"Atlas.ConneX API": GRAPH}}, CONSENTED),
        ({"permissions": {}, "apis": {"Atlas.ConneX API": TENANTS_OWN, "Microsoft Graph": GRAPH}}, []),
        ({"permissions": {}, "apis": None}, []),
        ({"permissions": {"Atlas.ConneX API": {"delegated": {"Mail.ReadWrite": MAIL_READ_WRITE}}}}, CONSENTED),
        ({"permissions": {"Atlas.ConneX API": {"delegated": {"User.Read": USER_READ}}}}, CONSENTED),
        ({"permissions": {"Another API": {"delegated": {"Workspaces.FullControl.All": SCOPE}}}}, CONSENTED),
        ({"permissions": {"Microsoft Graph": {"delegated": {"User.Read": UNKNOWN}}}}, CONSENTED),
        ({"permissions": {"Microsoft Graph": {"delegated": UNKNOWN}}}, CONSENTED),
        ({"permissions": {"Microsoft Graph": UNKNOWN}}, CONSENTED),
        ({"permissions": UNKNOWN}, CONSENTED),
        ({"permissions": GOOD, "tolerated": UNKNOWN}, CONSENTED),
        ({"permissions": ["Mail.ReadWrite"]}, CONSENTED),
        ({"permissions": {"Microsoft Graph": {"Scope": {"User.Read": USER_READ}}}}, CONSENTED),
        ({"permissions": {"Microsoft Graph": {"delegated": {"User.Read": "User.Read"}}}}, CONSENTED),
        ({"permissions": {"Microsoft Graph": {"delegated": {"Mail.Send": USER_READ}}}}, CONSENTED),
        ({}, []),
    ],
)
def test_consents(changed: dict[str, Any], refused: list[str]) -> None:
    pack = Pack()
    parent = pack.component(CLIENT, "atlas")
    props = {**consent(CLIENT, "atlas", pack.world, {}), **changed}
    assert pack.judge(CONSENT, props, parent=parent) == refused


def test_subjects_may_be_unknown() -> None:
    pack = Pack()
    parent = pack.component(CLIENT, "atlas")
    assert pack.judge(SERVICE_PRINCIPAL, {"clientId": UNKNOWN}, parent=parent) == []
    props = consent(CLIENT, "atlas", pack.world, GOOD, client=UNKNOWN, address=UNKNOWN)
    assert pack.judge(CONSENT, props, parent=parent) == []


def test_a_secret_arrives_as_plain_text_and_is_never_repeated() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}
    pack = Pack()
    parent = pack.component(CLIENT, "atlas")
    accesses = [
        _entry(GRAPH, _access(secret)),
        _entry(secret, _access(USER_READ)),
        _entry(GRAPH, _access(USER_READ, secret)),
    ]
    said = pack.ask(APPLICATION, "it", application(CLIENT, {}, requiredResourceAccesses=accesses), parent=parent)
    consents = consent(CLIENT, "atlas", pack.world, {"Microsoft Graph": {"delegated": {"User.Read": secret}}})
    said += pack.ask(CONSENT, "it", consents, parent=parent)
    said += pack.ask(CONSENT, "it", {**consents, "address": secret, "tenantId": secret, "app": secret}, parent=parent)
    assert len(said) > 4
    assert "hunter2" not in "".join(each.message for each in said)
