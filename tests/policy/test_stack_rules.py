"""How resources fit together, judged at the end of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import DocumentedPermission
from tests.policy.service import (
    APPLICATION,
    CONSENT,
    SERVICE_PRINCIPAL,
    STACK_URN,
    UNKNOWN,
    Pack,
    Said,
    app,
    application,
    consent,
    edition_of,
    make_urn,
    make_world,
)

SYNC, CLIENT = app("atlas", "workspaces-sync"), app("atlas", "api-client")
SITES = next(each for each in SYNC.permissions if each.name == "Sites.Read.All")
GROUPS = next(each for each in SYNC.permissions if each.name == "Group.ReadWrite.All")
OWNER = "azuread:index/applicationOwner:ApplicationOwner"
AFTER = "azuread:index/user:User"
UNEQUAL, OUTSIDE = "configured-means-consented", "apps-change-in-components-only"
APP_ID, OBJECT_ID = "0badc0de-0000-4000-8000-00000000000a", "0badc0de-0000-4000-8000-00000000000b"
CLIENT_ID, PRINCIPAL_ID = APP_ID, "0badc0de-0000-4000-8000-00000000000c"


class Stack:
    """One registration and what else a test puts beside it."""

    def __init__(self, *, known: bool = True, app: Any = SYNC) -> None:
        self.pack, self.app, self.known = Pack(), app, known
        self.parent = self.pack.component(app, "atlas")
        self.resources: list[dict[str, Any]] = [{"urn": self.parent, "type": self.parent.split("::")[2], "props": {}}]

    def add(
        self, type_: str, props: dict[str, Any], outputs: dict[str, Any] | None = None, *, parent: str = "", **deps: str
    ) -> str:
        """Register a resource as the engine does, and return its URN."""
        parent = parent or self.parent
        self.pack.ask(type_, self.app.name, props, parent=parent)
        urn = make_urn(type_, self.app.name, parent)
        entry = {"urn": urn, "type": type_, "props": {**props, **(outputs or {})}}
        self.resources.append({**entry, "dependencies": {key: [found] for key, found in deps.items() if found}})
        return urn

    def registration(
        self, configured: list[DocumentedPermission], consented: list[DocumentedPermission], **changed: Any
    ) -> None:
        """Register application, principal and consent, `changed` being inputs of the consent or what they came from."""
        accesses: dict[str, list[tuple[str, str]]] = {}
        for entry in configured:
            accesses.setdefault(entry.permission.api, []).append((entry.id, entry.type.entra))
        tree: dict[str, Any] = {}
        for entry in consented:
            tree.setdefault(entry.api_name, {}).setdefault(entry.type.value, {})[entry.name] = entry.id
        known = self.known
        ids = {"objectId": OBJECT_ID if known else UNKNOWN, "clientId": CLIENT_ID if known else UNKNOWN}
        made = self.add(APPLICATION, application(self.app, accesses), ids)
        principal = self.add(
            SERVICE_PRINCIPAL,
            {"clientId": ids["clientId"]},
            {"objectId": PRINCIPAL_ID if known else UNKNOWN},
            clientId=made,
        )
        subject = {"client": PRINCIPAL_ID if known else UNKNOWN, "address": ids["clientId"]}
        deps = {"client": principal, "address": principal, **changed.pop("deps", {})}
        props = {**consent(self.app, "atlas", self.pack.world, tree), **subject, **changed}
        self.add(CONSENT, props, **deps)

    def said(self) -> list[Said]:
        return self.pack.stack(self.resources)

    def rules(self) -> list[str]:
        return [each.rule for each in self.said() if each.level == "mandatory"]


@pytest.mark.parametrize(
    ("configured", "consented", "words"),
    [
        ([SITES, GROUPS], [GROUPS, SITES], []),
        ([], [], []),
        ([SITES, GROUPS], [SITES], ["Group.ReadWrite.All (62a82d76-70ea-41e2-9197-370581804d09), configured and not"]),
        ([SITES], [SITES, GROUPS], ["Group.ReadWrite.All (62a82d76-70ea-41e2-9197-370581804d09), consented and not"]),
        ([SITES], [GROUPS], ["configured and not consented", "consented and not configured"]),
    ],
)
def test_configured_means_consented(
    configured: list[DocumentedPermission], consented: list[DocumentedPermission], words: list[str]
) -> None:
    stack = Stack()
    stack.registration(configured, consented)
    said = [each for each in stack.said() if each.rule == UNEQUAL]
    assert len(said) == len(words)
    for each, word in zip(said, words, strict=True):
        assert word in each.message
        assert "nothing is taken back" in each.message
        assert each.urn.endswith(f"::{SYNC.name}")


def test_the_same_id_on_another_api_is_another_permission() -> None:
    twice = [each for each in SYNC.permissions if each.name == "User.Read.All"]
    assert len({each.id for each in twice}) == 1
    stack = Stack()
    stack.registration([twice[0]], [twice[1]])
    assert stack.rules() == [UNEQUAL, UNEQUAL]


def test_a_component_without_anything_in_it_hides_nothing_behind_it() -> None:
    stack = Stack(app=CLIENT)
    empty = dict(stack.resources[0])
    stack.app, stack.parent = SYNC, stack.pack.component(SYNC, "atlas")
    assert empty["urn"] < stack.parent
    stack.resources.append({"urn": stack.parent, "type": empty["type"], "props": {}})
    assert stack.rules() == []
    stack.registration([SITES], [])
    assert stack.rules() == [UNEQUAL]


def test_an_application_without_any_consent_is_named() -> None:
    stack = Stack()
    stack.add(APPLICATION, application(SYNC, {SITES.permission.api: [(SITES.id, "Role")]}))
    assert stack.rules() == [UNEQUAL]


@pytest.mark.parametrize("api", [UNKNOWN, APP_ID])
def test_a_scope_of_the_stacks_own_api_is_compared_by_its_id_while_the_api_is_unknown(api: str) -> None:
    stack = Stack(known=False, app=CLIENT)
    scope = next(each for each in CLIENT.permissions if each.permission.api.startswith("app:"))
    accesses = {UNKNOWN: [(scope.id, "Scope")]}
    made = stack.add(APPLICATION, application(CLIENT, accesses), {"objectId": UNKNOWN, "clientId": UNKNOWN})
    principal = stack.add(SERVICE_PRINCIPAL, {"clientId": UNKNOWN}, {"objectId": UNKNOWN}, clientId=made)
    tree = {scope.api_name: {"delegated": {scope.name: scope.id}}}
    props = consent(CLIENT, "atlas", stack.pack.world, tree, apis={scope.api_name: api})
    stack.add(CONSENT, props, client=principal, address=principal)
    assert stack.rules() == []


@pytest.mark.parametrize("known", [True, False])
def test_consents_go_to_the_registrations_own_principal(known: bool) -> None:
    stack = Stack(known=known)
    stack.registration([], [])
    assert stack.rules() == []


@pytest.mark.parametrize(
    ("known", "changed", "rules"),
    [
        (True, {"client": "0badc0de-0000-4000-8000-00000000dead"}, [OUTSIDE]),
        (True, {"address": "0badc0de-0000-4000-8000-00000000dead"}, [OUTSIDE]),
        (True, {"client": PRINCIPAL_ID.upper()}, []),
        (False, {"deps": {"client": STACK_URN}}, [OUTSIDE]),
        (False, {"deps": {"address": STACK_URN}}, [OUTSIDE]),
        (False, {"client": PRINCIPAL_ID}, []),
        (False, {"deps": {"client": ""}}, [OUTSIDE]),
    ],
)
def test_consents_for_another_principal_are_refused(known: bool, changed: dict[str, Any], rules: list[str]) -> None:
    stack = Stack(known=known)
    stack.registration([], [], **changed)
    assert stack.rules() == rules
    assert all("consents for another principal than that of the app" in each.message for each in stack.said())


def test_a_change_from_outside_is_found_by_what_it_is_made_from() -> None:
    stack = Stack(known=False)
    stack.registration([], [])
    application_urn = next(each["urn"] for each in stack.resources if each["type"] == APPLICATION)
    stack.add(OWNER, {"applicationId": UNKNOWN}, parent=STACK_URN, applicationId=application_urn)
    assert stack.rules() == [OUTSIDE]


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        (f"/applications/{OBJECT_ID}", [OUTSIDE]),
        (OBJECT_ID, [OUTSIDE]),
        (CLIENT_ID, [OUTSIDE]),
        ("/applications/0badc0de-0000-4000-8000-00000000dead", []),
        (UNKNOWN, []),
        (7, []),
    ],
)
def test_a_change_from_outside_is_found_by_literal_id(given: Any, rules: list[str]) -> None:
    stack = Stack()
    stack.registration([], [])
    stack.add(OWNER, {"applicationId": given}, parent=STACK_URN)
    assert stack.rules() == rules


def test_every_resource_is_followed_whatever_stands_before_it() -> None:
    stack = Stack()
    stack.registration([], [])
    stack.add("aws:index/thing:Thing", {}, parent=STACK_URN)
    for type_ in ("azuread:index/group:Group", OWNER):
        stack.add(type_, {"applicationId": f"/applications/{OBJECT_ID}"}, parent=STACK_URN)
    assert stack.rules() == [OUTSIDE, OUTSIDE]
    said = stack.said()
    stack.resources.reverse()
    assert stack.said() == said


def test_what_was_never_asked_about_is_no_change() -> None:
    stack = Stack()
    stack.registration([], [])
    read = {"applicationId": f"/applications/{OBJECT_ID}"}
    stack.resources.append({"urn": make_urn(OWNER, "read", STACK_URN), "type": OWNER, "props": read})
    assert stack.rules() == []
    stack.pack.ask(OWNER, "read", read)
    assert stack.rules() == [OUTSIDE]


def test_an_id_that_is_empty_is_nobodys() -> None:
    stack = Stack()
    stack.add(APPLICATION, application(SYNC, {}), {"objectId": "", "clientId": UNKNOWN})
    stack.add(OWNER, {"applicationId": "/applications/"}, parent=STACK_URN)
    assert stack.rules() == []


def test_an_application_of_the_teams_own_is_the_teams_to_change(tmp_path: Path) -> None:
    (tmp_path / "exceptions.yaml").write_text(
        "scopes:\n  - {stack: test, scope: vendors, owner: us, reason: ours, expires: 2027-01-01}\n", encoding="utf-8"
    )
    stack = Stack()
    stack.pack = Pack(make_world(tmp_path))
    stack.pack.ask("mine:index:Wrapper", "wrapper", {})
    wrapper = "urn:pulumi:test::lockstep::mine:index:Wrapper::wrapper"
    stack.resources = [{"urn": wrapper, "type": "mine:index:Wrapper", "props": {}}]
    stack.add(APPLICATION, {"displayName": "Helper"}, {"objectId": OBJECT_ID, "clientId": CLIENT_ID}, parent=wrapper)
    stack.add(OWNER, {"applicationId": f"/applications/{OBJECT_ID}"}, parent=STACK_URN)
    assert stack.rules() == []


def test_a_component_may_stand_in_another() -> None:
    stack = Stack()
    stack.pack = Pack()
    stack.pack.ask("mine:index:Wrapper", "wrapper", {})
    wrapper, type_ = make_urn("mine:index:Wrapper", "wrapper", STACK_URN), stack.resources[0]["type"]
    named = {"vendor": "atlas", "app": SYNC.key, "edition": edition_of(stack.pack.world, "atlas")}
    stack.resources = []
    stack.parent = stack.add(type_, named, parent=wrapper)
    stack.registration([], [])
    certificate = "azuread:index/applicationCertificate:ApplicationCertificate"
    stack.add(certificate, {"applicationId": f"/applications/{OBJECT_ID}"})
    assert stack.rules() == []
    stack.add(certificate, {"applicationId": f"/applications/{OBJECT_ID}"}, parent=wrapper)
    assert stack.rules() == [OUTSIDE]


def test_what_a_component_makes_for_its_own_app_is_no_change_from_outside() -> None:
    stack = Stack()
    stack.registration([], [])
    certificate = "azuread:index/applicationCertificate:ApplicationCertificate"
    application_urn = next(each["urn"] for each in stack.resources if each["type"] == APPLICATION)
    stack.add(certificate, {"applicationId": f"/applications/{OBJECT_ID}"}, applicationId=application_urn)
    assert stack.rules() == []


def test_a_resource_that_an_exception_names_may_change_an_app(tmp_path: Path) -> None:
    password = "azuread:index/applicationPassword:ApplicationPassword"
    (tmp_path / "exceptions.yaml").write_text(
        f"exceptions:\n  - {{rule: no-passwords, stack: test, type: '{password}', resource: {SYNC.name},"
        " owner: us, reason: a reason, expires: 2026-11-24}\n",
        encoding="utf-8",
    )
    for folder, rules in ((tmp_path, []), (tmp_path / "none", [OUTSIDE])):
        stack = Stack()
        stack.pack = Pack(make_world(folder))
        stack.parent = stack.pack.component(SYNC, "atlas")
        stack.registration([], [])
        stack.add(password, {"applicationId": f"/applications/{OBJECT_ID}"}, parent=STACK_URN)
        assert stack.rules() == rules
        stack.add(AFTER, {"applicationId": f"/applications/{OBJECT_ID}"}, parent=STACK_URN)
        assert stack.rules() == [*rules, OUTSIDE]
