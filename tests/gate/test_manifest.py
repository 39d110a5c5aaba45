"""The grant manifest: every property has a line, made-up ids have names, and order means nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.deployment import UNKNOWN
from lockstep.gate.changes import FileChange
from lockstep.gate.difference import Difference, digest
from lockstep.gate.manifest import Manifest
from lockstep.rehearsal.boundary import Registration
from lockstep.resource_types import ADMIN_CONSENT as CONSENT
from lockstep.resource_types import APPLICATION, DIRECTORY_ROLES
from tests.components.certificates import certificate

__all__ = ["certificate"]

GRAPH = "00000003-0000-0000-c000-000000000000"
MAIL_READ = "570282fd-fa5c-430d-a7fd-fc8dc98a9dca"
MADE_UP = "abcdabcd-1111-4111-8111-abcdabcdabcd"
COMPONENT = "urn:pulumi:s::p::lockstep:entra:AppRegistration::App"


def registration(type_: str, inputs: dict[str, Any], name: str = "App", **options: Any) -> Registration:
    urn = f"{COMPONENT.rpartition('::')[0]}${type_}::{name}" if name == "App" else f"urn:pulumi:s::p::{type_}::{name}"
    parent = COMPONENT if name == "App" else ""
    return Registration(urn, type_, name, parent, True, inputs, options, (("stacks/x.py", 3),))


CONSENTS = registration(
    CONSENT,
    {
        "vendor": "acme",
        "app": "hub",
        "mode": "exact",
        "client": MADE_UP,
        "baseline": ["whatever was there"],
        "apis": {"Microsoft Graph": GRAPH},
        "permissions": {"Microsoft Graph": {"delegated": {"Mail.Read": MAIL_READ}}},
        "tolerated": {"Microsoft Graph": {"delegated": {"Harmless.Name": MAIL_READ}}},
    },
    protect=True,
)
ROLES = registration(
    DIRECTORY_ROLES, {"vendor": "acme", "app": "hub", "client": MADE_UP, "roles": {"Global Reader": GRAPH}}
)
OWNED = registration(
    APPLICATION,
    {
        "displayName": "Hub",
        "owners": ["b", "a"],
        "requiredResourceAccesses": [
            {"resourceAppId": GRAPH, "resourceAccesses": [{"id": MAIL_READ, "type": "Scope"}]},
            {"resourceAppId": MADE_UP, "resourceAccesses": [{"id": MAIL_READ, "type": "Role"}]},
        ],
        "web": {"redirectUris": ["https://b/", "https://a/"], "implicitGrant": {"idTokenIssuanceEnabled": True}},
        "password": {"displayName": "p", "value": {"4dabf18193072939515e22adb298388d": "x", "value": "hunter2"}},
    },
)


def lines(*entries: Registration) -> list[str]:
    return [str(line) for line in Manifest.read("s", "local", entries, {MADE_UP: "<app id of Hub>"}).lines]


def test_the_lines_of_consents() -> None:
    assert lines(CONSENTS) == [
        "App · AdminConsent · apis.Microsoft Graph = 00000003-0000-0000-c000-000000000000",
        "App · AdminConsent · app = hub",
        "App · AdminConsent · client = <app id of Hub>",
        f"App · AdminConsent · consents · Microsoft Graph ({GRAPH}) · delegated · Mail.Read = {MAIL_READ}",
        "App · AdminConsent · is a entraconsent:index:AdminConsent",
        "App · AdminConsent · mode = exact",
        "App · AdminConsent · option protect = true",
        # The program may call a permission what it likes: the id decides, and the lie is shown.
        f"App · AdminConsent · tolerates · Microsoft Graph ({GRAPH}) · delegated · Mail.Read = {MAIL_READ}"
        " (named Harmless.Name)",
        "App · AdminConsent · vendor = acme",
        "stack · target = local",
    ]


def test_i13_the_line_of_a_directory_role() -> None:
    assert f"App · DirectoryRoles · gives directory role Global Reader = {GRAPH}" in lines(ROLES)


def test_the_lines_of_an_application() -> None:
    found = lines(OWNED)
    assert f"App · Application · configures · Microsoft Graph ({GRAPH}) · delegated · Mail.Read = {MAIL_READ}" in found
    assert f"App · Application · configures · <app id of Hub> · application · ? = {MAIL_READ}" in found
    assert "App · Application · owners ∋ a" in found
    assert "App · Application · web.redirectUris ∋ https://a/" in found
    assert "App · Application · web.implicitGrant.idTokenIssuanceEnabled = true" in found
    assert "App · Application · password.value = (a secret)" in found
    assert "hunter2" not in "".join(found)


SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": '"hunter2"'}
ACCESS = {"resourceAppId": GRAPH, "resourceAccesses": [{"id": MAIL_READ, "type": "Scope"}]}


@pytest.mark.parametrize(
    ("type_", "inputs", "line"),
    [
        (APPLICATION, {"requiredResourceAccesses": SECRET}, "configures · (a secret) · (a secret) · ? = (a secret)"),
        (
            APPLICATION,
            {"requiredResourceAccesses": [ACCESS, SECRET]},
            "configures · (a secret) · (a secret) · ? = (a secret)",
        ),
        (
            APPLICATION,
            {"requiredResourceAccesses": [{**ACCESS, "resourceAppId": SECRET}]},
            f"configures · (a secret) · delegated · ? = {MAIL_READ}",
        ),
        (
            APPLICATION,
            {"requiredResourceAccesses": [{**ACCESS, "resourceAccesses": SECRET}]},
            f"configures · Microsoft Graph ({GRAPH}) · (a secret) · ? = (a secret)",
        ),
        (
            APPLICATION,
            {"requiredResourceAccesses": [{**ACCESS, "resourceAccesses": [{"id": SECRET, "type": "Scope"}]}]},
            f"configures · Microsoft Graph ({GRAPH}) · delegated · ? = (a secret)",
        ),
        (APPLICATION, {"owners": [SECRET, {"deep": [SECRET]}]}, 'owners ∋ {"deep": ["(a secret)"]}'),
        (CONSENT, {"permissions": SECRET}, "consents · (a secret) · ? · ? = "),
        (CONSENT, {"permissions": {GRAPH: {"Scope": SECRET}}, "apis": SECRET}, "apis = (a secret)"),
    ],
)
def test_c9_a_secret_anywhere_is_a_line_that_does_not_tell_it(type_: str, inputs: dict[str, Any], line: str) -> None:
    found = lines(registration(type_, inputs))
    assert any(line in text for text in found), found
    assert "hunter2" not in "".join(found)


def test_a_certificate_is_its_thumbprint_and_its_end(certificate: str) -> None:
    type_ = "azuread:index/applicationCertificate:ApplicationCertificate"
    (found,) = [line for line in lines(registration(type_, {"value": certificate})) if "certificate = " in line]
    assert "until 20" in found
    assert "BEGIN" not in found
    (broken,) = [line for line in lines(registration(type_, {"value": "x"})) if "certificate = " in line]
    assert "certificate = a text that is not the public part of one certificate" in broken


def test_two_resources_never_share_their_lines() -> None:
    other = replace(OWNED, urn=OWNED.urn.replace("AppRegistration", "Other:AppRegistration"), parent="x::App")
    found = lines(OWNED, other)
    assert len(found) == 2 * (len(lines(OWNED)) - 1) + 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), json_values, max_size=4), st.randoms())
def test_the_same_inputs_give_the_same_lines_in_any_order(inputs: dict[str, Any], chance: random.Random) -> None:
    entries = [registration("other:index:Thing", inputs, "one"), registration("other:index:Thing", inputs, "two")]
    before = lines(*entries)
    chance.shuffle(entries)
    assert lines(*entries) == before


def difference(
    before: list[Registration] | None, after: list[Registration] | None, *, whole: bool = True
) -> Difference:
    def read(entries: list[Registration] | None) -> Manifest | None:
        return None if entries is None else Manifest.read("s", "local", entries, {})

    return Difference("s", read(before), read(after), whole)


def without(entry: Registration, **inputs: Any) -> Registration:
    return replace(entry, inputs={**entry.inputs, **inputs})


@pytest.mark.parametrize(
    ("before", "after", "to_approve"),
    [
        ([OWNED], [OWNED], 0),
        ([OWNED], [without(OWNED, owners=["a", "b"])], 0),
        ([OWNED], [without(OWNED, owners=["a"])], 0),
        ([OWNED], [without(OWNED, owners=["a", "b", "c"])], 1),
        ([OWNED], [without(OWNED, displayName="Other")], 1),
        ([OWNED], [without(OWNED, displayName=None)], 1),
        ([OWNED], [without(OWNED, web={"redirectUris": ["https://a/"]})], 1),
        ([OWNED], [without(OWNED, requiredResourceAccesses=[])], 0),
        ([CONSENTS], [without(CONSENTS, permissions={})], 0),
        ([without(CONSENTS, asked=["g/A", "g/B"])], [without(CONSENTS, asked=["g/B"])], 0),
        ([CONSENTS], [without(CONSENTS, asked=["g/A"])], 1),
        ([CONSENTS], [replace(CONSENTS, options={})], 1),
        ([OWNED, CONSENTS], [OWNED], 0),
        ([ROLES], [without(ROLES, roles={})], 0),
        ([without(ROLES, roles={})], [ROLES], 1),
        ([ROLES], [without(ROLES, roles={"Global Reader": MADE_UP})], 1),
        ([ROLES], [without(ROLES, roles={"Global Reader": MAIL_READ})], 1),
        ([OWNED], None, 0),
        (None, [OWNED], 12),
    ],
)
def test_what_gives_needs_an_approval_and_what_takes_does_not(
    before: list[Registration] | None, after: list[Registration] | None, to_approve: int
) -> None:
    found = difference(before, after)
    assert len(found.to_approve) == to_approve, [str(line) for line in found.to_approve]
    assert bool(list(found.lines())) == (before != after and lines(*before or ()) != lines(*after or ()))


def test_a_run_that_was_not_whole_takes_nothing_away() -> None:
    lost = without(OWNED, displayName=UNKNOWN)
    found = difference([OWNED, CONSENTS], [lost], whole=False)
    assert (found.removed, found.added) == ((), ())
    assert [line.fact for line in difference([OWNED], [lost]).to_approve] == ["displayName = (not known)"]


FILES = [FileChange("stacks/x.py", "a" * 64, "b" * 64)]


def test_a_digest_names_one_change_of_one_base() -> None:
    wider = without(OWNED, owners=["a", "b", "c"])
    here = digest([difference([OWNED], [wider])], FILES)
    assert here == digest([difference([OWNED], [wider])], FILES)
    moved = without(OWNED, displayName="Moved")
    others = [
        digest([difference([moved], [without(moved, owners=["a", "b", "c"])])], FILES),
        digest([difference([OWNED], [without(OWNED, owners=["a", "b", "d"])])], FILES),
        digest([difference([OWNED], [wider])], []),
        digest([difference([OWNED], [wider])], [FileChange("stacks/x.py", "c" * 64, "b" * 64)]),
        digest([difference([OWNED], [wider])], [FileChange("stacks/x.py", "a" * 64, "c" * 64)]),
        digest([replace(difference([OWNED], [wider]), stack="t")], FILES),
    ]
    assert len({here, *others}) == 7
