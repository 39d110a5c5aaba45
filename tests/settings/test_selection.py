"""Withholding only ever takes away, and takes exactly what it names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue import App, load
from lockstep.errors import SettingError
from lockstep.settings.selection import Twins, full_name, select

APPS = [app for vendor in load().vendors for app in load().edition_as_of(vendor, "current").apps]
API = load().edition_as_of("atlas", "current").app("connex-api")
TWINS: list[Twins] = ["tolerate", "require", "refuse"]


@st.composite
def cases(draw: st.DrawFn) -> tuple[App, Twins, list[str]]:
    app, twins = draw(st.sampled_from(APPS)), draw(st.sampled_from(TWINS))
    before = select(app, [], twins)
    names = [full_name(entry) for entry in (*before.wanted, *before.tolerated)]
    return app, twins, draw(st.lists(st.sampled_from(names), unique=True))


@given(cases())
def test_withheld_is_gone_and_nothing_else_changes(case: tuple[App, Twins, list[str]]) -> None:
    app, twins, names = case
    before, after = select(app, [], twins), select(app, names, twins)
    assert {full_name(entry) for entry in after.withheld} == set(names)
    assert set(after.wanted) | set(after.withheld) >= set(before.wanted)
    assert set(after.wanted) == set(before.wanted) - set(after.withheld)
    assert set(after.tolerated) == set(before.tolerated) - set(after.withheld)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.key)
@pytest.mark.parametrize("twins", TWINS)
def test_wanted_is_never_more_than_what_is_documented(app: App, twins: Twins) -> None:
    found = select(app, [], twins)
    assert set(found.wanted) | set(found.tolerated) <= set(app.permissions)
    assert set(found.wanted) & set(found.tolerated) == set()
    assert {entry for entry in app.permissions if entry.certain} <= set(found.wanted)


def test_short_name_is_enough_where_it_means_one_permission() -> None:
    (entry,) = select(API, ["mail.send"]).withheld
    assert full_name(entry) == "Microsoft Graph/delegated/Mail.Send"


def test_short_name_that_means_two_is_refused_with_both_full_names() -> None:
    with pytest.raises(SettingError) as caught:
        select(API, ["Sites.Read.All"])
    for type in ("delegated", "application"):
        assert f"'Microsoft Graph/{type}/Sites.Read.All'" in str(caught.value)


def test_withheld_twice_under_two_names_is_refused() -> None:
    with pytest.raises(SettingError, match="withheld twice"):
        select(API, ["Mail.Send", "Microsoft Graph/delegated/Mail.Send"])


def test_undocumented_permission_cannot_be_withheld() -> None:
    with pytest.raises(SettingError, match=r"no documented permission 'Mail\.Read'"):
        select(API, ["Mail.Read"])
