"""The wire form: structs, unknowns, permission maps and the paths by which the engine shows a difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue import GRAPH, PermissionType
from lockstep.consent import Consent
from lockstep.deployment import UNKNOWN
from lockstep.provider.structs import from_struct, is_known, to_struct
from lockstep.provider.wire import line, path, to_consents, to_map

names = st.text(alphabet="ABCab.", min_size=1, max_size=6)
trees = st.dictionaries(
    st.sampled_from(["Microsoft Graph", "Office 365 SharePoint Online"]),
    st.dictionaries(
        st.sampled_from(["delegated", "application"]),
        st.dictionaries(names, st.uuids().map(str), min_size=1, max_size=3),
        min_size=1,
    ),
)
APIS = {"Microsoft Graph": GRAPH, "Office 365 SharePoint Online": "00000003-0000-0ff1-ce00-000000000000"}
NAMES = {app_id: name for name, app_id in APIS.items()}


@given(trees)
def test_permission_map_survives_the_way_through_consents(tree: dict[str, dict[str, dict[str, str]]]) -> None:
    folded = {
        (api, type_, name.casefold() if type_ == "delegated" else id_)
        for api, types in tree.items()
        for type_, entries in types.items()
        for name, id_ in entries.items()
    }
    back = to_map(to_consents(tree, APIS), NAMES)
    again = {
        (api, type_, name.casefold() if type_ == "delegated" else id_)
        for api, types in back.items()
        for type_, entries in types.items()
        for name, id_ in entries.items()
    }
    # Two names for one role id in one map are one consent, and no catalogue holds such a map.
    assert again <= folded
    assert {(a, t) for a, t, _ in again} == {(a, t) for a, t, _ in folded}


@given(st.dictionaries(names, st.recursive(st.booleans() | st.text(max_size=5), lambda v: st.lists(v, max_size=3))))
def test_struct_survives_the_wire(properties: dict[str, object]) -> None:
    assert from_struct(to_struct(properties)) == properties


def test_secret_is_unwrapped_and_none_is_left_out() -> None:
    wrapped = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "x"}
    assert from_struct(to_struct({"a": wrapped, "b": None})) == {"a": "x"}


@pytest.mark.parametrize(("value", "expected"), [(UNKNOWN, False), (None, False), ("", True), ("x", True)])
def test_unknown_is_told_from_a_guid(value: object, expected: bool) -> None:
    assert is_known(value) is expected


def test_api_of_unknown_app_id_is_known_by_its_name() -> None:
    tree = {"Atlas.ConneX API": {"delegated": {"Workspaces.FullControl.All": "1"}}}
    (consent,) = to_consents(tree, {"Atlas.ConneX API": UNKNOWN})
    assert consent.api == "Atlas.ConneX API"


@pytest.mark.parametrize(
    ("api", "value", "expected"),
    [
        (GRAPH, "Mail.Send", 'permissions["Microsoft Graph"].application["Mail.Send"]'),
        (GRAPH, "openid", 'permissions["Microsoft Graph"].application.openid'),
        ("x", 'a"b\\', 'permissions.x.application["a\\"b\\\\"]'),
    ],
)
def test_path_is_written_as_the_engine_writes_paths(api: str, value: str, expected: str) -> None:
    consent = Consent(api, PermissionType.APPLICATION, value, "1")
    assert path(consent, NAMES) == expected


def test_line_names_api_type_and_permission() -> None:
    consent = Consent(GRAPH, PermissionType.APPLICATION, "Sites.Read.All", "1")
    assert line("+", consent, NAMES) == "+ Microsoft Graph · application · Sites.Read.All"
