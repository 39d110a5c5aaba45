"""Who a resource says it is: declared apps, in the declared edition and tenant, each in its own component."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from lockstep.policy.apps import COMPONENT_OF
from lockstep.policy.world import World
from tests.policy.service import (
    APPLICATION,
    CONSENT,
    PRINCIPAL,
    SERVICE_PRINCIPAL,
    STACK_URN,
    UNKNOWN,
    Pack,
    Said,
    app,
    application,
    consent,
    make_world,
    refusing,
)
from tests.settings.reading import ATERA, LOCAL_TENANT, apps

REGISTRATION, ENTERPRISE, SHARED = COMPONENT_OF.values()
SYNC, SPFX, ATERA_APP = app("atlas", "workspaces-sync"), app("atlas", "spfx"), app("atera", "atera")
NEW_SPFX = "08e18876-6177-487e-b8b5-cf950c1e598c"
OLD_SPFX = next(uri for each in SPFX.principals for uri in each.identifier_uris).replace("{tenant}", LOCAL_TENANT)
OTHER = "0badc0de-0000-4000-8000-00000000000a"
DECLARED, SHARING = "only-declared-apps", "shared-principals-stay-shared"


@pytest.mark.parametrize(
    ("type_", "props", "refused"),
    [
        (REGISTRATION, {"vendor": "atlas", "app": "workspaces-sync", "edition": "2025-03-01"}, []),
        (ENTERPRISE, {"vendor": "atera", "app": "atera", "edition": "2026-11-22"}, []),
        (SHARED, {"vendor": "atlas", "app": "spfx", "edition": "2025-03-01"}, []),
        (REGISTRATION, {"vendor": "atlas", "app": "workspaces-sync", "edition": "2025-02-28"}, [DECLARED]),
        (REGISTRATION, {"vendor": "atlas", "app": "workspaces-sync", "edition": UNKNOWN}, [DECLARED]),
        (REGISTRATION, {"vendor": "atlas", "app": "workspace-sync", "edition": "2025-03-01"}, [DECLARED]),
        (REGISTRATION, {"vendor": "contoso", "app": "workspaces-sync", "edition": "2025-03-01"}, [DECLARED]),
        (REGISTRATION, {"vendor": "atlas", "app": UNKNOWN, "edition": "2025-03-01"}, [DECLARED]),
        (REGISTRATION, {"vendor": UNKNOWN, "app": "workspaces-sync", "edition": "2025-03-01"}, [DECLARED]),
        (REGISTRATION, {"vendor": "atlas", "app": "spfx", "edition": "2025-03-01"}, [DECLARED]),
        (REGISTRATION, {"vendor": "atera", "app": "atera", "edition": "2026-11-22"}, [DECLARED]),
        (SHARED, {"vendor": "atera", "app": "atera", "edition": "2026-11-22"}, [DECLARED]),
        (ENTERPRISE, {"vendor": "atlas", "app": "spfx", "edition": "2025-03-01"}, [DECLARED]),
        (REGISTRATION, {}, [DECLARED]),
    ],
)
def test_components(type_: str, props: dict[str, Any], refused: list[str]) -> None:
    assert Pack().judge(type_, props) == refused


def test_an_optional_app_that_the_stack_does_not_ask_for_is_refused() -> None:
    props = {"vendor": "atlas", "app": "pnp", "edition": "2025-03-01"}
    assert Pack(make_world()).judge(REGISTRATION, props) == []
    assert Pack(make_world(None, {"pnp": None})).judge(REGISTRATION, props) == [DECLARED]


def test_an_app_stands_in_a_stack_once() -> None:
    pack = Pack()
    pack.component(SYNC, "atlas")
    props = {"vendor": "atlas", "app": "workspaces-sync", "edition": "2025-03-01"}
    assert refusing(pack.ask(REGISTRATION, SYNC.name, props)) == []
    assert refusing(pack.ask(REGISTRATION, "Second", props)) == [DECLARED]


@pytest.mark.parametrize("names", list(permutations([SYNC.name, "Second", "Third"])))
def test_two_engines_which_of_several_is_named_does_not_depend_on_the_order(names: tuple[str, ...]) -> None:
    pack = Pack()
    props = {"vendor": "atlas", "app": "workspaces-sync", "edition": "2025-03-01"}
    said = [each for name in names for each in pack.ask(REGISTRATION, name, props)]
    assert {each.urn.rpartition("::")[2] for each in said} == {"Second", "Third"}
    assert {line for each in said for line in each.message.splitlines() if line.startswith("on: ")} == {
        'on: lockstep:AppRegistration "Second"',
        'on: lockstep:AppRegistration "Third"',
    }


@pytest.mark.parametrize(
    ("changed", "settings", "refused"),
    [
        ({}, {}, []),
        ({"displayName": "Helper"}, {}, [DECLARED]),
        ({"displayName": UNKNOWN}, {}, [DECLARED]),
        ({"displayName": SYNC.name.upper()}, {}, [DECLARED]),
        ({"displayName": f"{SYNC.name} test"}, {}, [DECLARED]),
        ({"displayName": f"{SYNC.name} test"}, {"nameSuffix": "test"}, []),
        ({}, {"nameSuffix": "test"}, [DECLARED]),
        ({"preventDuplicateNames": False}, {}, [DECLARED]),
        ({"preventDuplicateNames": None}, {}, [DECLARED]),
        ({"preventDuplicateNames": UNKNOWN}, {}, [DECLARED]),
        (
            {"displayName": "Old sync", "preventDuplicateNames": None},
            {"apps": apps({"workspaces-sync": {"adopted": {"displayName": "Old sync"}}})},
            [],
        ),
        ({}, {"apps": apps({"workspaces-sync": {"adopted": {"displayName": "Old sync"}}})}, [DECLARED]),
    ],
)
def test_applications(changed: dict[str, Any], settings: dict[str, Any], refused: list[str]) -> None:
    pack = Pack(make_world(**settings))
    parent = pack.component(SYNC, "atlas")
    assert pack.judge(APPLICATION, application(SYNC, {}, **changed), parent=parent) == refused


def test_an_application_stands_in_a_registration() -> None:
    pack = Pack()
    good = application(SYNC, {})
    assert pack.judge(APPLICATION, good) == [DECLARED]
    assert pack.judge(APPLICATION, good, parent=f"{STACK_URN}s") == [DECLARED]
    assert pack.judge(APPLICATION, good, parent=pack.component(SPFX, "atlas")) == [DECLARED]
    pack.ask("mine:index:Wrapper", "wrapper", {"vendor": "atlas", "app": "workspaces-sync", "edition": "2025-03-01"})
    wrapper = "urn:pulumi:test::lockstep::mine:index:Wrapper::wrapper"
    assert pack.judge(APPLICATION, good, parent=wrapper) == [DECLARED]


@pytest.mark.parametrize(
    "type_",
    [
        "azuread:index/applicationCertificate:ApplicationCertificate",
        "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential",
    ],
)
def test_a_credential_stands_in_a_registration(type_: str) -> None:
    pack = Pack()
    props = {"applicationId": UNKNOWN, "issuer": "https://issuer.example", "subject": "one", "audiences": ["api://x"]}
    # Where it stands is right; which credential it is, another rule judges.
    assert pack.judge(type_, props, parent=pack.component(SYNC, "atlas")) == ["only-declared-inputs"]
    assert pack.judge(type_, props) == [DECLARED]


def _consent(world: World, key: str, **changed: Any) -> dict[str, Any]:
    found = {"spfx": (SPFX, "atlas"), "atera": (ATERA_APP, "atera"), "workspaces-sync": (SYNC, "atlas")}[key]
    return {**consent(*found, world, {}), **changed}


@pytest.mark.parametrize(
    ("key", "changed", "refused"),
    [
        ("workspaces-sync", {}, []),
        ("workspaces-sync", {"address": OTHER}, []),
        ("workspaces-sync", {"address": ATERA}, [DECLARED]),
        ("workspaces-sync", {"address": NEW_SPFX}, [DECLARED]),
        ("workspaces-sync", {"address": "14d82eec-204b-4c2f-b7e8-296a70dab67e"}, [DECLARED]),
        ("workspaces-sync", {"address": OLD_SPFX}, [DECLARED]),
        ("workspaces-sync", {"address": ""}, [DECLARED]),
        ("workspaces-sync", {"address": f"{OTHER}0"}, [DECLARED]),
        ("workspaces-sync", {"address": OTHER[1:]}, [DECLARED]),
        ("workspaces-sync", {"tenantId": OTHER}, [DECLARED]),
        ("workspaces-sync", {"tenantId": UNKNOWN}, [DECLARED]),
        ("workspaces-sync", {"edition": "2025-02-28"}, [DECLARED]),
        ("workspaces-sync", {"app": "provisioning"}, [DECLARED]),
        ("workspaces-sync", {"consents": "managed"}, []),
        ("workspaces-sync", {"consents": "by-admin"}, [DECLARED]),
        ("workspaces-sync", {"consents": UNKNOWN}, [DECLARED]),
        ("workspaces-sync", {"consents": False}, [DECLARED]),
        ("workspaces-sync", {"mode": "additive"}, [SHARING]),
        ("workspaces-sync", {"mode": UNKNOWN}, [SHARING]),
        ("atera", {}, []),
        ("atera", {"address": OTHER}, [DECLARED]),
        ("atera", {"address": UNKNOWN}, [DECLARED]),
        ("atera", {"mode": "additive"}, [SHARING]),
        ("spfx", {}, []),
        ("spfx", {"address": OLD_SPFX}, []),
        ("spfx", {"address": OTHER}, [DECLARED]),
        ("spfx", {"address": UNKNOWN}, [DECLARED]),
        ("spfx", {"address": OLD_SPFX.replace(LOCAL_TENANT, OTHER)}, [DECLARED]),
        ("spfx", {"mode": "exact"}, [SHARING]),
        ("spfx", {"mode": None}, [SHARING]),
    ],
)
def test_consents(key: str, changed: dict[str, Any], refused: list[str]) -> None:
    pack = Pack()
    found, vendor = {"spfx": (SPFX, "atlas"), "atera": (ATERA_APP, "atera"), "workspaces-sync": (SYNC, "atlas")}[key]
    parent = pack.component(found, vendor)
    assert pack.judge(CONSENT, _consent(pack.world, key, **changed), parent=parent) == refused
    assert DECLARED in pack.judge(CONSENT, _consent(pack.world, key, **changed))


def test_what_is_left_to_an_administrator_is_not_consented_by_the_stack() -> None:
    pack = Pack(make_world(None, {"workspaces-sync": {"consents": "by-admin"}}))
    parent = pack.component(SYNC, "atlas")
    assert pack.judge(CONSENT, _consent(pack.world, "workspaces-sync", consents="by-admin"), parent=parent) == []
    assert pack.judge(CONSENT, _consent(pack.world, "workspaces-sync"), parent=parent) == [DECLARED]


PRINCIPALS: dict[str, dict[str, Any]] = {
    "atera": {"vendor": "atera", "app": "atera", "tenantId": LOCAL_TENANT, "appId": ATERA, "create": True},
    "spfx": {"vendor": "atlas", "app": "spfx", "tenantId": LOCAL_TENANT, "appId": NEW_SPFX},
}


@pytest.mark.parametrize(
    ("key", "changed", "refused"),
    [
        ("atera", {}, []),
        ("atera", {"create": False}, []),
        ("atera", {"appId": OTHER}, [DECLARED]),
        ("atera", {"appId": UNKNOWN}, [DECLARED]),
        ("atera", {"appId": None}, [DECLARED]),
        ("atera", {"tenantId": OTHER}, [DECLARED]),
        ("atera", {"appId": NEW_SPFX}, [DECLARED]),
        ("spfx", {}, []),
        ("spfx", {"appId": None, "identifierUris": [OLD_SPFX]}, []),
        ("spfx", {"appId": None, "identifierUris": ["https://example.com"]}, [DECLARED]),
        ("spfx", {"appId": None, "identifierUris": [OLD_SPFX, UNKNOWN]}, [DECLARED]),
        ("spfx", {"appId": None, "identifierUris": UNKNOWN}, [DECLARED]),
        ("spfx", {"appId": OTHER}, [DECLARED]),
        ("spfx", {"appId": ATERA}, [DECLARED]),
        ("spfx", {"create": True}, [SHARING]),
        ("spfx", {"create": UNKNOWN}, [SHARING]),
    ],
)
def test_principals(key: str, changed: dict[str, Any], refused: list[str]) -> None:
    pack = Pack()
    parent = pack.component(ATERA_APP, "atera") if key == "atera" else pack.component(SPFX, "atlas")
    assert pack.judge(PRINCIPAL, {**PRINCIPALS[key], **changed}, parent=parent) == refused


def test_a_registration_has_no_principal_of_entraconsent() -> None:
    pack = Pack()
    props = {"vendor": "atlas", "app": "workspaces-sync", "tenantId": LOCAL_TENANT, "appId": OTHER}
    assert pack.judge(PRINCIPAL, props, parent=pack.component(SYNC, "atlas")) == [DECLARED]


@pytest.mark.parametrize(
    ("client", "inside", "changed", "refused"),
    [
        (UNKNOWN, True, {}, []),
        (OTHER, True, {}, []),
        (OTHER, False, {}, ["principals-in-registrations"]),
        (UNKNOWN, False, {}, ["principals-in-registrations"]),
        (ATERA, True, {}, [SHARING]),
        (ATERA.upper(), True, {}, [SHARING]),
        (NEW_SPFX, True, {}, [SHARING]),
        (OLD_SPFX, True, {}, [SHARING]),
        ("00000003-0000-0000-c000-000000000000", True, {}, [SHARING]),
        ("14d82eec-204b-4c2f-b7e8-296a70dab67e", True, {}, [SHARING]),
        (OTHER, True, {"useExisting": True}, ["no-use-existing"]),
        (OTHER, True, {"useExisting": UNKNOWN}, ["no-use-existing"]),
        (OTHER, True, {"useExisting": False}, []),
        (ATERA, False, {"useExisting": True}, [SHARING, "no-use-existing", "principals-in-registrations"]),
    ],
)
def test_service_principals(client: str, inside: bool, changed: dict[str, Any], refused: list[str]) -> None:
    pack = Pack()
    parent = pack.component(SYNC, "atlas")
    where = parent if inside else STACK_URN
    assert pack.judge(SERVICE_PRINCIPAL, {"clientId": client, **changed}, parent=where) == refused


def test_a_service_principal_stands_right_below_a_registration() -> None:
    pack = Pack()
    assert pack.judge(SERVICE_PRINCIPAL, {"clientId": OTHER}, parent=pack.component(ATERA_APP, "atera")) == [
        "principals-in-registrations"
    ]


def test_what_a_stack_withholds_is_refused() -> None:
    entry = SYNC.permissions[0]
    decision = {"permission": entry.name, "reason": "not here", "by": "us"}
    pack = Pack(make_world(None, {"workspaces-sync": {"withhold": [decision]}}))
    parent = pack.component(SYNC, "atlas")
    asked = application(SYNC, {entry.permission.api: [(entry.id, entry.type.entra)]})
    said: list[Said] = pack.ask(APPLICATION, SYNC.name, asked, parent=parent)
    assert refusing(said) == ["only-documented-permissions-configured"]
    others = sorted(each.name for each in SYNC.permissions[1:] if each.api_name == entry.api_name)
    for words in (
        "which this stack withholds\n",
        f"\nallowed: {entry.type.value} on {entry.api_name}: {', '.join(others)}\n",
        "\nto fix: take it out of the program, or the decision out of `withhold` in the stack file\n",
    ):
        assert words in said[0].message


def test_what_a_stack_has_no_use_for_is_refused() -> None:
    with_robin, without = Pack(), Pack(make_world(None, {"atera": {"features": {"robin": False}}}))
    parent = with_robin.component(ATERA_APP, "atera")
    assert without.component(ATERA_APP, "atera") == parent
    entries = [decision.permission for decision in without.world.apps["atera", "atera"].withheld]
    assert (len(entries), sum(entry.certain for entry in entries)) == (28, 18)
    for entry in entries:
        tree = {entry.api_name: {entry.type.value: {entry.name: entry.id}}}
        key = "permissions" if entry.certain else "tolerated"
        props = _consent(without.world, "atera", **{key: tree})
        assert with_robin.judge(CONSENT, props, parent=parent) == []
        said = without.ask(CONSENT, ATERA_APP.name, props, parent=parent)
        assert refusing(said) == ["only-documented-permissions-consented"]
        assert f"{entry.name} ({entry.id}), which this stack withholds" in said[0].message
