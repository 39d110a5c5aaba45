"""What changed between two editions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue import App, Edition, diff, load
from lockstep.errors import CatalogueError

from .sample import EDITION, HEAD, HUB, MAIL, SHARED, SITES, USE, edition

ATLAS = load().edition("atlas", "2025-03-01")
PROVISIONING = ATLAS.app("provisioning")


def test_atlas_before_and_after_march_2025() -> None:
    """The whole difference: the SPFx permissions move to another principal."""
    old, new = load().editions("atlas")
    (app,) = diff(old, new).apps
    assert (app.key, app.added, app.removed, app.changed, app.facts) == ("spfx", (), (), (), ())
    assert app.moved is not None
    assert (app.moved.before.key, app.moved.after.key) == ("old", "new")


def test_same_edition_has_no_difference() -> None:
    assert diff(ATLAS, ATLAS).empty


def test_added_and_removed_permissions(tmp_path: Path) -> None:
    before = edition(tmp_path, HEAD + HUB + MAIL + SHARED + USE)
    after = edition(tmp_path, HEAD + HUB + SITES + SHARED + USE)
    (app,) = diff(before, after).apps
    assert [entry.name for entry in app.added] == ["AllSites.Read"]
    assert [entry.name for entry in app.removed] == ["Mail.Send"]


def test_changed_permission_names_the_fields(tmp_path: Path) -> None:
    changed = EDITION.replace("purpose: Needs it.", "purpose: Wants it.", 1).replace(
        "basis: stated", "basis: possible", 1
    )
    (app,) = diff(edition(tmp_path), edition(tmp_path, changed)).apps
    (change,) = app.changed
    assert change.fields == ("basis", "purpose", "row")
    assert (change.before.purpose, change.after.purpose) == ("Needs it.", "Wants it.")


def test_changed_facts_of_an_app(tmp_path: Path) -> None:
    changed = EDITION.replace("role: Offers the hub.", "role: Is the hub.")
    (app,) = diff(edition(tmp_path), edition(tmp_path, changed)).apps
    assert (app.key, app.facts, app.changed) == ("hub", ("role",), ())


def test_app_that_is_new_or_gone() -> None:
    fewer = replace(ATLAS, apps=ATLAS.apps[:-1])
    (new,) = diff(fewer, ATLAS).apps
    (gone,) = diff(ATLAS, fewer).apps
    assert (new.key, new.before, new.added) == ("pnp", None, ATLAS.app("pnp").permissions)
    assert (gone.key, gone.after, gone.removed) == ("pnp", None, ATLAS.app("pnp").permissions)


def test_two_vendors_are_refused() -> None:
    with pytest.raises(CatalogueError, match="editions of atlas and atera cannot be compared"):
        diff(ATLAS, load().edition("atera", "2026-11-22"))


SUBSETS = st.sets(st.sampled_from(PROVISIONING.permissions))


@given(SUBSETS, SUBSETS)
def test_removing_and_adding_leads_from_one_to_the_other(old: set[object], new: set[object]) -> None:
    before, after = with_permissions(old), with_permissions(new)
    forward = diff(with_apps(before), with_apps(after))
    backward = diff(with_apps(after), with_apps(before))
    added = {entry for app in forward.apps for entry in app.added}
    removed = {entry for app in forward.apps for entry in app.removed}
    assert (set(before.permissions) - removed) | added == set(after.permissions)
    assert {entry for app in backward.apps for entry in app.added} == removed
    assert forward.empty == (old == new)


def with_permissions(wanted: set[object]) -> App:
    return replace(PROVISIONING, permissions=tuple(entry for entry in PROVISIONING.permissions if entry in wanted))


def with_apps(*apps: App) -> Edition:
    return replace(ATLAS, apps=apps)
