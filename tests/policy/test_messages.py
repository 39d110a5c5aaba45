"""The words of every rule, kept in a file: `python -m tests.policy.test_messages` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lockstep.policy.rules import EXCEPTION_USED, RULES
from lockstep.resource_types import DIRECTORY_ROLES
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
    edition_of,
    make_urn,
    make_world,
)
from tests.settings.reading import ATERA as ATERA_CLIENT

KEPT = Path(__file__).with_name("messages.txt")
SYNC, CLIENT, API, SPFX, ATERA = (
    app("atlas", "workspaces-sync"),
    app("atlas", "api-client"),
    app("atlas", "connex-api"),
    app("atlas", "spfx"),
    app("atera", "atera"),
)
GRAPH, SHAREPOINT = "00000003-0000-0000-c000-000000000000", "00000003-0000-0ff1-ce00-000000000000"
MAIL_READ_WRITE = "024d486e-b451-40bb-833d-3e66d98c5c73"
USER_READ_BASIC_ALL = "b340eb25-3456-403f-be2f-af7a0d370277"
GROUP = "azuread:index/group:Group"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
FEDERATED = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
FLEXIBLE = "azuread:index/applicationFlexibleFederatedIdentityCredential:ApplicationFlexibleFederatedIdentityCredential"
ROLE = "azuread:index/appRoleAssignment:AppRoleAssignment"
_EXCEPTIONS = """\
exceptions:
  - rule: only-listed-types
    stack: test
    type: azuread:index/group:Group
    resource: pilots
    owner: platform team
    reason: The pilots of Atlas
    expires: 2027-03-31
  - rule: only-listed-types
    stack: test
    type: azuread:index/user:User
    resource: robot
    owner: platform team
    reason: A robot
    expires: 2026-01-31
"""


def _permissions(pack: Pack) -> Iterator[Said]:
    sync, api, atera = pack.component(SYNC, "atlas"), pack.component(API, "atlas"), pack.component(ATERA, "atera")
    user_read_all = next(each for each in SYNC.permissions if each.permission.api == SHAREPOINT)
    accesses: Mapping[str, Sequence[tuple[str, str]]]
    for accesses in (
        {GRAPH: [(MAIL_READ_WRITE, "Scope")]},
        {GRAPH: [(user_read_all.id, "Scope")]},
        {GRAPH: [(user_read_all.id.upper(), "Role")]},
        {GRAPH: [(user_read_all.id, "Role"), (user_read_all.id, "Role")]},
        {SHAREPOINT: [("62a82d76-70ea-41e2-9197-370581804d09", "Role")]},
        {SHAREPOINT: [("62a82d76-70ea-41e2-9197-370581804d09", "Scope")]},
        {UNKNOWN: [(MAIL_READ_WRITE, "Scope")]},
        {UNKNOWN: [("0badc0de-0000-4000-8000-00000000000a", "Scope")]},
        {"0badc0de-0000-4000-8000-00000000000a": [(MAIL_READ_WRITE, "Scope")]},
        {GRAPH: [(UNKNOWN, "Role")]},
        {GRAPH: [(user_read_all.id, "role")]},
        {"graph": []},
    ):
        yield from pack.ask(APPLICATION, SYNC.name, application(SYNC, accesses), parent=sync)
    yield from pack.ask(APPLICATION, API.name, application(API, {UNKNOWN: [(MAIL_READ_WRITE, "Scope")]}), parent=api)
    hidden = [
        UNKNOWN,
        {"resourceAppId": "graph", "resourceAccesses": []},
        {"resourceAppId": GRAPH},
        {"resourceAppId": UNKNOWN, "resourceAccesses": [UNKNOWN]},
        {"resourceAppId": SHAREPOINT, "resourceAccesses": [{"id": user_read_all.id, "type": UNKNOWN}]},
        {"resourceAppId": GRAPH, "resourceAccesses": [{"id": MAIL_READ_WRITE, "type": "Role"}]},
    ]
    yield from pack.ask(APPLICATION, SYNC.name, application(SYNC, {}, requiredResourceAccesses=hidden), parent=sync)
    twin = next(each for each in ATERA.permissions if not each.certain)
    for tree in (
        {"Microsoft Graph": {"delegated": {"Mail.ReadWrite": MAIL_READ_WRITE}}},
        {"Microsoft Graph": {"delegated": {twin.name: twin.id}}},
        {"Microsoft Graph": {"application": {"Mail.Send": "e2a3a72e-5f79-4c64-b1b1-878b674786c9"}}},
        {"Microsoft Graph": UNKNOWN, "Microsoft Teams": {"Role": {}, "delegated": UNKNOWN}},
        {"Microsoft Graph": {"delegated": {"Mail.Read": UNKNOWN, "Mail.Send": "Mail.Send", "User.Read": "x"}}},
        UNKNOWN,
    ):
        yield from pack.ask(CONSENT, ATERA.name, consent(ATERA, "atera", pack.world, tree), parent=atera)  # type: ignore[arg-type]
    other_api = {"Microsoft Graph": SHAREPOINT}
    props = {**consent(ATERA, "atera", pack.world, {}), "apis": other_api}
    yield from pack.ask(CONSENT, ATERA.name, props, parent=atera)


def _roles(pack: Pack) -> Iterator[Said]:
    atera = pack.component(ATERA, "atera")
    props = {
        "vendor": "atera",
        "app": "atera",
        "edition": edition_of(pack.world, "atera"),
        "tenantId": pack.world.settings.tenant_id,
        "address": ATERA_CLIENT,
    }
    for roles in ({"User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1"}, UNKNOWN):
        yield from pack.ask(DIRECTORY_ROLES, ATERA.name, {**props, "roles": roles}, parent=atera)


def _objects(pack: Pack) -> Iterator[Said]:
    sync, spfx = pack.component(SYNC, "atlas"), pack.component(SPFX, "atlas")
    yield from pack.ask("lockstep:entra:AppRegistration", "it", {"vendor": "atlas", "app": "workspace-sync"})
    yield from pack.ask("lockstep:entra:AppRegistration", "hidden", {"vendor": "atlas", "app": UNKNOWN})
    yield from pack.ask(APPLICATION, "Helper", {"displayName": "Helper"})
    renamed = application(SYNC, {}, displayName="Helper", preventDuplicateNames=False)
    yield from pack.ask(APPLICATION, SYNC.name, renamed, parent=sync)
    elsewhere = {"tenantId": GRAPH, "edition": "2025-02-28", "address": GRAPH, "mode": "exact"}
    yield from pack.ask(CONSENT, SPFX.name, {**consent(SPFX, "atlas", pack.world, {}), **elsewhere})
    created = {"vendor": "atlas", "app": "spfx", "tenantId": pack.world.settings.tenant_id, "create": True}
    new = "08e18876-6177-487e-b8b5-cf950c1e598c"
    yield from pack.ask(PRINCIPAL, SPFX.name, {**created, "appId": new}, parent=spfx)
    yield from pack.ask(SERVICE_PRINCIPAL, "Atera", {"clientId": new, "useExisting": True})
    yield from pack.ask("command:local:Command", "it", {})
    yield from pack.ask("azuread:index/invitation:Invitation", "it", {})
    yield from pack.ask(ROLE, "it", {})
    yield from pack.ask("pulumi:providers:azuread", "other", {}, parent=STACK_URN)
    yield from pack.ask(FEDERATED, "it", {"subject": "repo:*", "issuer": "https://x.example"}, parent=sync)
    web = {"redirectUris": ["http://example.com/"]}
    props = application(SYNC, {}, signInAudience="AzureADMultipleOrgs", web=web, password={"displayName": "x"})
    yield from pack.ask(APPLICATION, SYNC.name, props, parent=sync)
    yield from pack.ask(PASSWORD, "it", {"endDate": "2099-01-01T00:00:00Z"}, parent=sync)
    yield from pack.ask(PASSWORD, "for ever", {}, parent=sync)


def _advice(pack: Pack) -> Iterator[Said]:
    atera = pack.component(ATERA, "atera")
    takeover = next(each for each in ATERA.permissions if each.name == "UserAuthenticationMethod.ReadWrite.All")
    tree = {takeover.api_name: {takeover.type.value: {takeover.name: takeover.id}}}
    yield from pack.ask(CONSENT, ATERA.name, consent(ATERA, "atera", pack.world, tree), parent=atera)
    yield from pack.ask(GROUP, "pilots", {})
    yield from pack.ask("azuread:index/user:User", "robot", {})


def _stack(pack: Pack) -> Iterator[Said]:
    sync = pack.component(SYNC, "atlas")
    entry = SYNC.permissions[0]
    configured = application(SYNC, {entry.permission.api: [(entry.id, entry.type.entra)]})
    pack.ask(APPLICATION, SYNC.name, configured, parent=sync)
    pack.ask(CONSENT, SYNC.name, consent(SYNC, "atlas", pack.world, {}), parent=sync)
    owner = "azuread:index/applicationOwner:ApplicationOwner"
    pack.ask(owner, "owner", {})
    urn = make_urn(APPLICATION, SYNC.name, sync)
    yield from pack.stack(
        [
            {"urn": sync, "type": "lockstep:entra:AppRegistration", "props": {}},
            {"urn": urn, "type": APPLICATION, "props": {}},
            {"urn": make_urn(CONSENT, SYNC.name, sync), "type": CONSENT, "props": {"client": UNKNOWN}},
            {
                "urn": make_urn(owner, "owner", STACK_URN),
                "type": owner,
                "props": {},
                "dependencies": {"applicationId": [urn]},
            },
        ]
    )


def _seldom(pack: Pack) -> Iterator[Said]:
    client = pack.component(CLIENT, "atlas")
    for accesses in (
        {UNKNOWN: [(MAIL_READ_WRITE, "Scope")]},
        {GRAPH: [(MAIL_READ_WRITE.upper(), "Scope")]},
        {GRAPH: [(USER_READ_BASIC_ALL, "Scope"), ("User.Read", "Scope")]},
    ):
        yield from pack.ask(APPLICATION, CLIENT.name, application(CLIENT, accesses), parent=client)
    for apis in (
        UNKNOWN,
        {"Atlas.ConneX API": GRAPH, "Microsoft Graph": UNKNOWN},
        {"Windows Azure Active Directory": GRAPH},
    ):
        props = consent(CLIENT, "atlas", pack.world, {}, apis=apis)
        yield from pack.ask(CONSENT, CLIENT.name, props, parent=client)
    additive = consent(CLIENT, "atlas", pack.world, {}, mode="additive")
    yield from pack.ask(CONSENT, CLIENT.name, additive, parent=client)
    hidden = {"vendor": UNKNOWN, "app": "workspaces-sync"}
    yield from pack.ask("lockstep:entra:AppRegistration", "hidden", hidden)
    again = {"vendor": "atlas", "app": "api-client", "edition": edition_of(pack.world, "atlas")}
    yield from pack.ask("lockstep:entra:EnterpriseApp", "again", again)
    yield from pack.ask(APPLICATION, ATERA.name, application(ATERA, {}), parent=pack.component(ATERA, "atera"))
    elsewhere = consent(CLIENT, "atlas", pack.world, {}, consents="by-admin", address=ATERA_CLIENT)
    yield from pack.ask(CONSENT, CLIENT.name, elsewhere, parent=client)
    yield from pack.ask(FEDERATED, "of nobody", {"subject": "one", "issuer": "https://x.example"})
    yield from pack.ask(FLEXIBLE, "anybody", {}, parent=client)
    for subject, issuer in (
        (UNKNOWN, "https://x.example"),
        ("one", "http://x.example"),
        ("repo:contoso/entra:pull_request", "https://token.actions.githubusercontent.com"),
    ):
        yield from pack.ask(FEDERATED, "anybody", {"subject": subject, "issuer": issuer}, parent=client)
    places = {"web": UNKNOWN, "publicClient": {"redirectUris": [UNKNOWN]}}
    yield from pack.ask(APPLICATION, CLIENT.name, application(CLIENT, {}, **places), parent=client)
    yield from pack.ask(SERVICE_PRINCIPAL, "Atera", {"clientId": ATERA_CLIENT}, parent=client)
    yield from pack.ask("pulumi:providers:command", "default_1_0_0", {}, parent="")
    yield from pack.ask("pulumi:providers:azuread", "default", {"pluginDownloadURL": "https://example.com"}, parent="")
    yield from pack.ask(APPLICATION, CLIENT.name, application(CLIENT, {}), parent=client, provider="other")


def messages(folder: Path) -> list[Said]:
    """Return what the pack says to one resource of each bad kind."""
    (folder / "exceptions.yaml").write_text(_EXCEPTIONS, encoding="utf-8")
    found: list[Said] = []
    for part in (_permissions, _roles, _objects, _advice, _stack, _seldom):
        found += part(Pack(make_world(folder)))
    return found


def _text(said: list[Said]) -> str:
    return "".join(f"[{each.level}] {each.rule}\n{each.message}\n\n" for each in said)


def test_the_words_are_those_that_are_kept(tmp_path: Path) -> None:
    assert _text(messages(tmp_path)) == KEPT.read_text(encoding="utf-8")


def test_every_rule_is_among_them(tmp_path: Path) -> None:
    assert {each.rule for each in messages(tmp_path)} == {rule.name for rule in (*RULES, EXCEPTION_USED)}


def test_each_has_the_five_lines_in_their_order(tmp_path: Path) -> None:
    for each in messages(tmp_path):
        _, *lines = each.message.splitlines()
        head = "refused" if each.level == "mandatory" else "note"
        assert [line.partition(": ")[0] for line in lines] == [head, "on", "allowed", "to fix", "source"]
        assert all(line.partition(": ")[2].strip() for line in lines)


def test_the_order_is_the_same_every_time(tmp_path: Path) -> None:
    assert messages(tmp_path) == messages(tmp_path)


def _write(folder: str) -> None:
    KEPT.write_text(_text(messages(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        _write(name)
