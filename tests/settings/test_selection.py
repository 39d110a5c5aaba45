"""Withholding only ever takes away, and takes exactly what it names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue import App, DocumentedPermission, load
from lockstep.errors import SettingError
from lockstep.settings.model import AppSetting, Possible, WithheldSetting
from lockstep.settings.selection import select

APPS = [app for vendor in load().vendors for app in load().edition_as_of(vendor, "current").apps]
API = load().edition_as_of("atlas", "current").app("connex-api")
POSSIBLE: list[Possible] = ["tolerate", "require", "refuse"]
Selection = tuple[set[DocumentedPermission], set[DocumentedPermission], set[DocumentedPermission]]


def chosen(app: App, names: list[str], possible: Possible = "tolerate") -> Selection:
    """Return what is wanted, tolerated and withheld of an app."""
    withhold = tuple(WithheldSetting(permission=name, reason="r", by="b") for name in names)
    setting = AppSetting(possible=possible, withhold=withhold)
    wanted, tolerated, withheld = select(app, setting, lambda path, text: SettingError(f"{path} {text}"), "apps.x")
    return set(wanted), set(tolerated), {decision.permission for decision in withheld}


@st.composite
def cases(draw: st.DrawFn) -> tuple[App, Possible, list[str]]:
    app, possible = draw(st.sampled_from(APPS)), draw(st.sampled_from(POSSIBLE))
    wanted, tolerated, _ = chosen(app, [], possible)
    names = sorted(entry.title for entry in (*wanted, *tolerated))
    return app, possible, draw(st.lists(st.sampled_from(names), unique=True))


@given(cases())
def test_withheld_is_gone_and_nothing_else_changes(case: tuple[App, Possible, list[str]]) -> None:
    app, possible, names = case
    wanted, tolerated, _ = chosen(app, [], possible)
    less, still_tolerated, withheld = chosen(app, names, possible)
    assert {entry.title for entry in withheld} == set(names)
    assert less | withheld >= wanted
    assert less == wanted - withheld
    assert still_tolerated == tolerated - withheld


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.key)
@pytest.mark.parametrize("possible", POSSIBLE)
def test_wanted_is_never_more_than_what_is_documented(app: App, possible: Possible) -> None:
    wanted, tolerated, _ = chosen(app, [], possible)
    assert wanted | tolerated <= set(app.permissions)
    assert wanted & tolerated == set()
    assert {entry for entry in app.permissions if entry.certain} <= wanted


def test_short_name_is_enough_where_it_means_one_permission() -> None:
    (entry,) = chosen(API, ["mail.send"])[2]
    assert entry.title == "Microsoft Graph · delegated · Mail.Send"


def test_short_name_that_means_two_is_refused_with_both_full_names() -> None:
    with pytest.raises(SettingError) as caught:
        chosen(API, ["Sites.Read.All"])
    for type in ("delegated", "application"):
        assert f"'Microsoft Graph · {type} · Sites.Read.All'" in str(caught.value)


def test_withheld_twice_under_two_names_is_refused() -> None:
    with pytest.raises(SettingError, match=r"withhold\[1\] withholds .* twice"):
        chosen(API, ["Mail.Send", "Microsoft Graph · delegated · Mail.Send"])


def test_undocumented_permission_cannot_be_withheld() -> None:
    with pytest.raises(SettingError, match=r"names 'Mail\.Read', but connex-api has no such documented permission"):
        chosen(API, ["Mail.Read"])
