"""Exceptions and scopes: read strictly, found exactly, ended by their date, and reported whenever one lifts a rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lockstep.errors import SettingError, UsageError
from lockstep.policy.exceptions import read_exceptions
from lockstep.policy.rules import rules_by_name
from tests.policy.service import (
    APPLICATION,
    CONSENT,
    SERVICE_PRINCIPAL,
    STACK_URN,
    TODAY,
    UNKNOWN,
    Pack,
    app,
    application,
    make_world,
    refusing,
)
from tests.settings.reading import ATERA

GROUP = "azuread:index/group:Group"
CERTIFICATE = "azuread:index/applicationCertificate:ApplicationCertificate"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
ROLE = "azuread:index/appRoleAssignment:AppRoleAssignment"
OTHER = "0badc0de-0000-4000-8000-00000000000a"
SYNC = app("atlas", "workspaces-sync")

ENTRY = {
    "rule": "only-listed-types",
    "stack": "test",
    "type": GROUP,
    "resource": "pilots",
    "owner": "platform team",
    "reason": "A pilot",
    "expires": "2027-03-31",
}
MAIL = [
    {
        "resourceAppId": "00000003-0000-0000-c000-000000000000",
        "resourceAccesses": [{"id": "024d486e-b451-40bb-833d-3e66d98c5c73", "type": "Scope"}],
    }
]
SCOPE = {"stack": "test", "scope": "vendors", "owner": "platform team", "reason": "Ours", "expires": "2027-03-31"}


def _file(folder: Path, key: str = "exceptions", entry: dict[str, str] = ENTRY, **changed: str | None) -> Path:
    fields = {name: text for name, text in {**entry, **changed}.items() if text is not None}
    lines = [f"    {name}: {text}" for name, text in fields.items()]
    lines[0] = f"  - {lines[0].strip()}"
    (folder / "exceptions.yaml").write_text("\n".join([f"{key}:", *lines, ""]), encoding="utf-8")
    return folder


def _pack(folder: Path) -> Pack:
    return Pack(make_world(folder))


def test_an_exception_lifts_its_rule_for_its_resource_and_is_reported(tmp_path: Path) -> None:
    said = _pack(_file(tmp_path)).ask(GROUP, "pilots", {})
    assert [(each.rule, each.level) for each in said] == [("exception-used", "advisory")]
    for words in ("only-listed-types lifted", "platform team", "A pilot", "2027-03-31", "policy/exceptions.yaml:2"):
        assert words in said[0].message


@pytest.mark.parametrize(
    ("changed", "type_", "name"),
    [
        ({"stack": "other"}, GROUP, "pilots"),
        ({"resource": "others"}, GROUP, "pilots"),
        ({"resource": "pilot*"}, GROUP, "pilots"),
        ({"type": "azuread:index/user:User"}, GROUP, "pilots"),
        ({"rule": "single-tenant-only"}, GROUP, "pilots"),
        ({}, "azuread:index/groupMember:GroupMember", "pilots"),
    ],
)
def test_it_lifts_nothing_else(changed: dict[str, Any], type_: str, name: str, tmp_path: Path) -> None:
    assert refusing(_pack(_file(tmp_path, **changed)).ask(type_, name, {})) == ["only-listed-types"]


def test_without_a_name_it_holds_for_every_resource_of_the_type(tmp_path: Path) -> None:
    pack = _pack(_file(tmp_path, resource=None))
    assert refusing(pack.ask(GROUP, "pilots", {})) == []
    assert refusing(pack.ask(GROUP, "others", {})) == []


@pytest.mark.parametrize(("expires", "lifted"), [("2026-11-24", True), ("2026-11-23", False), ("2020-01-01", False)])
def test_it_ends_after_its_last_day(expires: str, lifted: bool, tmp_path: Path) -> None:
    said = _pack(_file(tmp_path, expires=expires)).ask(GROUP, "pilots", {})
    assert (refusing(said) == []) is lifted
    if not lifted:
        assert f"the exception in policy/exceptions.yaml:2 ended on {expires}" in said[0].message


def test_the_one_that_holds_longest_counts(tmp_path: Path) -> None:
    first = _file(tmp_path, expires="2020-01-01") / "exceptions.yaml"
    text = first.read_text(encoding="utf-8")
    first.write_text(text + text.replace("exceptions:\n", "").replace("2020-01-01", "2027-01-01"), encoding="utf-8")
    assert refusing(_pack(tmp_path).ask(GROUP, "pilots", {})) == []


def test_a_password_needs_an_exception_by_name_and_still_ends_soon(tmp_path: Path) -> None:
    pack = _pack(_file(tmp_path, rule="no-passwords", type=PASSWORD, resource="secret"))
    assert refusing(pack.ask(PASSWORD, "secret", {"endDate": "2027-01-01T00:00:00Z"})) == []
    assert refusing(pack.ask(PASSWORD, "secret", {"endDate": "2028-01-01T00:00:00Z"})) == [
        "passwords-end-within-180-days"
    ]
    assert refusing(pack.ask(PASSWORD, "other", {"endDate": "2027-01-01T00:00:00Z"})) == ["no-passwords"]


def test_no_exception_lets_an_undocumented_permission_through(tmp_path: Path) -> None:
    take = [
        "principals-in-registrations",
        "only-listed-types",
        "no-azuread-grants",
        "only-default-providers",
        "single-tenant-only",
        "https-redirects-only",
        "no-passwords",
    ]
    others = [rule for rule in rules_by_name() if rule not in take]
    assert {f"only-documented-permissions-{how}" for how in ("configured", "consented")} < set(others)
    for rule in take:
        assert _pack(_file(tmp_path, rule=rule)).world.exceptions.exceptions[0].rule == rule
    for rule in others:
        with pytest.raises(UsageError, match=f"rule '{rule}' takes no exceptions"):
            _pack(_file(tmp_path, rule=rule, type=APPLICATION))


@pytest.mark.parametrize(
    ("changed", "place", "words"),
    [
        ({"rule": "only-listed-type"}, "2:11", "there is no rule 'only-listed-type'"),
        ({"rule": "only-listed-type"}, "2:11", "did you mean 'only-listed-types'?"),
        (
            {"rule": "tier-0-is-named"},
            "2:11",
            "takes no exceptions; these take exceptions: principals-in-registrations",
        ),
        (
            {"rule": "exception-used"},
            "2:11",
            "takes no exceptions; these take exceptions: principals-in-registrations, only-listed-types,"
            " no-azuread-grants, only-default-providers, single-tenant-only, https-redirects-only, no-passwords",
        ),
        ({"owner": None}, "2:5", "lacks the field 'owner'"),
        ({"reason": None}, "2:5", "lacks the field 'reason'"),
        ({"expires": None}, "2:5", "lacks the field 'expires'"),
        ({"type": None}, "2:5", "lacks the field 'type'"),
        ({"owner": '""'}, "6:12", "is empty"),
        ({"type": "Group"}, "4:11", "must match"),
        ({"type": "'azuread:index/*:*'"}, "4:11", "must match"),
        ({"stack": "'*'"}, "3:12", "must match"),
        ({"expires": "soon"}, "8:14", "is not a date"),
        ({"expires": "2027-13-01"}, "8:14", "is not a date"),
        ({"expires": "2028-01-01"}, "8:14", "2027-11-25 is the latest date"),
        ({"ressource": "pilots"}, "9:5", "unknown field 'ressource' in an exception"),
        ({"ressource": "pilots"}, "9:5", "did you mean 'resource'?"),
        ({"rule": "no-azuread-grants", "type": ROLE, "resource": None}, "2:5", "add `resource`, its name"),
        ({"rule": "no-passwords", "type": PASSWORD, "resource": None}, "2:5", "add `resource`, its name"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_stops_the_pack(
    changed: dict[str, Any], place: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        _pack(_file(tmp_path, **changed))
    assert str(caught.value).startswith(f"{tmp_path / 'exceptions.yaml'}:{place}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "exceptions: none\n",
        "exceptions: []\n",
        "- rule\n",
        "a: [\n",
        "exceptions:\nexceptions:\n",
        "other: 1\n",
        "text",
    ],
)
def test_a_file_that_is_something_else_stops_the_pack(text: str, tmp_path: Path) -> None:
    (tmp_path / "exceptions.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"exceptions\.yaml:\d"):
        _pack(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"exceptions:\n  - a: [\n", r"exceptions\.yaml:3:1: is not YAML: "),
        (b"\xff\xfe\xfa", r"exceptions\.yaml: cannot be read: "),
    ],
)
def test_a_file_that_is_no_text_stops_the_pack(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "exceptions.yaml").write_bytes(content)
    with pytest.raises(UsageError, match=words):
        _pack(tmp_path)


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_has_no_exceptions(text: str, tmp_path: Path) -> None:
    (tmp_path / "exceptions.yaml").write_text(text, encoding="utf-8")
    assert _pack(tmp_path).world.exceptions.exceptions == ()
    (tmp_path / "exceptions.yaml").unlink()
    assert _pack(tmp_path).world.exceptions.exceptions == ()


def test_the_file_that_ships_has_none(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[2] / "policy" / "exceptions.yaml"
    assert read_exceptions(shipped, rules_by_name(), TODAY).exceptions == ()
    example = "\n".join(line[2:] for line in shipped.read_text(encoding="utf-8").splitlines()[2:])
    (tmp_path / "exceptions.yaml").write_text(example, encoding="utf-8")
    (found,) = read_exceptions(tmp_path / "exceptions.yaml", rules_by_name(), TODAY).exceptions
    assert (found.rule, found.type, found.resource) == ("only-listed-types", GROUP, "Atlas pilots")


def test_a_year_ahead_is_allowed(tmp_path: Path) -> None:
    (found,) = _pack(_file(tmp_path, expires="2027-11-25")).world.exceptions.exceptions
    assert str(found.expires) == "2027-11-25"


def test_a_scope_is_read_as_it_is_written(tmp_path: Path) -> None:
    (found,) = _pack(_file(tmp_path, "scopes", SCOPE)).world.exceptions.scopes
    assert (found.stack, found.scope, found.owner, found.line) == ("test", "vendors", "platform team", 2)


def test_unused_exceptions_are_named_whatever_stands_before_them(tmp_path: Path) -> None:
    path = _file(tmp_path, stack="other", resource=None) / "exceptions.yaml"
    text = path.read_text(encoding="utf-8")
    more = text.replace("exceptions:\n", "").replace("stack: other", "stack: test").replace("2027-03-31", "2026-11-24")
    path.write_text(text + more, encoding="utf-8")
    (said,) = _pack(tmp_path).stack([])
    assert f"note: the exception to only-listed-types for {GROUP} lifts nothing in this run\n" in said.message


def test_exceptions_that_lift_nothing_are_named_at_the_end(tmp_path: Path) -> None:
    pack = _pack(_file(tmp_path))
    assert "lifts nothing in this run" in pack.stack([])[0].message
    pack.ask(GROUP, "pilots", {})
    assert pack.stack([]) == []
    expired = _pack(_file(tmp_path, expires="2020-01-01"))
    expired.ask(GROUP, "pilots", {})
    (said,) = expired.stack([])
    assert (said.rule, said.level) == ("exceptions-are-used", "advisory")
    assert "has expired" in said.message
    assert _pack(_file(tmp_path, stack="other")).stack([]) == []


def test_an_exception_for_a_type_brings_the_provider_of_its_package(tmp_path: Path) -> None:
    pack = _pack(_file(tmp_path, type="random:index/randomId:RandomId"))
    assert refusing(pack.ask("pulumi:providers:random", "default_4_0_0", {}, parent="")) == []
    assert refusing(pack.ask("pulumi:providers:command", "default_1_0_0", {}, parent="")) == ["only-default-providers"]


@pytest.mark.parametrize("changed", [{"stack": "other"}, {"expires": "2026-11-23"}])
def test_an_exception_of_another_stack_or_of_the_past_brings_no_provider(
    changed: dict[str, Any], tmp_path: Path
) -> None:
    pack = _pack(_file(tmp_path, type="random:index/randomId:RandomId", **changed))
    assert refusing(pack.ask("pulumi:providers:random", "default_4_0_0", {}, parent="")) == ["only-default-providers"]


def _vendors(folder: Path, **changed: str) -> Pack:
    return _pack(_file(folder, "scopes", SCOPE, **changed))


def test_scope_vendors_lets_the_rest_of_a_larger_program_be(tmp_path: Path) -> None:
    pack = _vendors(tmp_path)
    helper = {"displayName": "Helper", "signInAudience": "AzureADMultipleOrgs", "password": {"displayName": "x"}}
    web = {"web": {"redirectUris": ["http://localhost"]}}
    assert pack.judge(APPLICATION, {**helper, **web}) == []
    assert pack.judge(APPLICATION, {**helper, "requiredResourceAccesses": MAIL}) == []
    assert pack.judge(GROUP, {}) == []
    assert pack.judge(GROUP, {}, provider="other") == []
    assert pack.judge(CERTIFICATE, {"applicationId": UNKNOWN}) == []
    assert pack.judge("command:local:Command", {}) == []
    assert pack.judge(SERVICE_PRINCIPAL, {"clientId": UNKNOWN}) == []
    assert pack.judge(SERVICE_PRINCIPAL, {"clientId": OTHER, "useExisting": True}) == []
    assert pack.judge(PASSWORD, {"endDate": "2099-01-01T00:00:00Z"}) == []
    assert refusing(pack.ask("pulumi:providers:azuread", "other", {}, parent=STACK_URN)) == []


@pytest.mark.parametrize(
    ("type_", "props", "refused"),
    [
        (ROLE, {}, "no-azuread-grants"),
        ("azuread:index/directoryRoleAssignment:DirectoryRoleAssignment", {}, "no-azuread-grants"),
        (SERVICE_PRINCIPAL, {"clientId": ATERA}, "shared-principals-stay-shared"),
        (SERVICE_PRINCIPAL, {"clientId": UNKNOWN, "useExisting": True}, "no-use-existing"),
        (SERVICE_PRINCIPAL, {"clientId": ATERA, "useExisting": True}, "no-use-existing"),
        (APPLICATION, {"displayName": SYNC.name}, "only-declared-apps"),
        (APPLICATION, {"displayName": f"{SYNC.name} too".upper()}, "only-declared-apps"),
        (APPLICATION, {"displayName": UNKNOWN}, "only-declared-apps"),
        (CONSENT, {"vendor": "contoso", "app": "helper"}, "only-declared-apps"),
        ("entraconsent:index:AdminConsents", {}, "only-listed-types"),
    ],
)
def test_scope_vendors_still_judges_what_could_be_a_vendors(
    type_: str, props: dict[str, Any], refused: str, tmp_path: Path
) -> None:
    assert refused in _vendors(tmp_path).judge(type_, props)


def test_scope_vendors_still_judges_what_stands_in_a_component(tmp_path: Path) -> None:
    pack = _vendors(tmp_path)
    parent = pack.component(SYNC, "atlas")
    mailing = application(SYNC, {}, requiredResourceAccesses=MAIL)
    assert pack.judge(APPLICATION, mailing, parent=parent) == ["only-documented-permissions-configured"]
    assert pack.judge(PASSWORD, {"endDate": "2027-01-01T00:00:00Z"}, parent=parent) == ["no-passwords"]
    existing = {"clientId": OTHER, "useExisting": True}
    assert pack.judge(SERVICE_PRINCIPAL, existing, parent=parent) == ["no-use-existing"]
    good = application(SYNC, {})
    assert pack.judge(APPLICATION, good, parent=parent, provider="other") == ["only-default-providers"]


@pytest.mark.parametrize("changed", [{"stack": "other"}, {"expires": "2026-11-23"}])
def test_scope_vendors_is_for_one_stack_and_ends(changed: dict[str, str], tmp_path: Path) -> None:
    assert _vendors(tmp_path, **changed).judge(GROUP, {}) == ["only-listed-types"]


def test_scope_vendors_holds_on_its_last_day(tmp_path: Path) -> None:
    assert _vendors(tmp_path, expires="2026-11-24").judge(GROUP, {}) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"scope": "closed"}, "is not known; allowed are vendors"), ({"expires": "2029-01-01"}, "more than a year ahead")],
)
def test_a_scope_is_read_as_strictly(changed: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        _vendors(tmp_path, **changed)


def test_a_larger_program_may_have_settings_of_its_own(tmp_path: Path) -> None:

    with pytest.raises(SettingError, match="teamSetting is not a setting"):
        make_world(tmp_path, teamSetting="1")
    _file(tmp_path, "scopes", SCOPE)
    assert make_world(tmp_path, teamSetting="1").settings.is_local
