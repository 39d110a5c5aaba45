"""A stack file is changed where it has to be, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lockstep.adopt.stack_writing import config_keys, set_values
from lockstep.errors import SettingError

ENTRY = {"displayName": "Atlas: old", "identifierUris": ["api://old"]}
BLOCK = """\
  lockstep:apps:
    connex-api:
      displayName: 'Atlas: old'
      identifierUris:
      - api://old
"""

HEAD = "# head\nconfig:\n  lockstep:target: local  # ours\n  # about vendors\n  lockstep:vendors: [atlas]\n"
TAIL = "# tail\n\nencryptionsalt: v1:x\n"
THEIRS = "config:\n  lockstep:apps:\n    # the other\n    pnp:\n      displayName: PnP  # theirs\n"
OLD = "config:\n  lockstep:apps:\n    connex-api:\n      displayName: x\n      tags:\n      - y\n"
DEEP = "".join(f"  {line}\n" for line in BLOCK.splitlines())
APP = "".join(f"{line}\n" for line in BLOCK.splitlines()[1:])

CASES = [
    ("at the end, before what follows", HEAD + TAIL, HEAD + BLOCK + TAIL),
    ("in place of an empty one", "config:\n  lockstep:apps: {}\n  a:b: c\n", "config:\n" + BLOCK + "  a:b: c\n"),
    ("beside another app, whose comments stay", THEIRS + "  a:b: c\n", THEIRS + APP + "  a:b: c\n"),
    ("in place of the same app", OLD + "\n  # after\n  a:b: c\n", "config:\n" + BLOCK + "\n  # after\n  a:b: c\n"),
    ("deeper indented", "config:\n    a:b: c\n", "config:\n    a:b: c\n" + DEEP),
]


@pytest.mark.parametrize(("title", "before", "after"), CASES, ids=[case[0] for case in CASES])
def test_one_app_is_written(title: str, before: str, after: str) -> None:
    path = ["config", "lockstep:apps", "connex-api"]
    assert set_values(before, [(path, ENTRY)]) == after
    assert set_values(after, [(path, ENTRY)]) == after


def test_line_ends_of_windows_stay() -> None:
    text = set_values("config:\r\n  a:b: c\r\n", [(["config", "lockstep:x"], True)])
    assert text == "config:\r\n  a:b: c\r\n  lockstep:x: true\r\n"


def test_file_without_lines_of_its_own_is_refused() -> None:
    with pytest.raises(SettingError, match="one key a line"):
        set_values("{config: {a:b: c}}\n", [(["config", "lockstep:x"], True)])


def test_keys_are_found_as_they_are_written() -> None:
    assert config_keys("config:\n  adopted: {}\n  a:b: c\n") == {"adopted", "a:b"}
    assert config_keys("config: {}\n") == frozenset()


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
_VALUE = st.one_of(_TEXT, st.booleans(), st.lists(_TEXT, max_size=3), st.dictionaries(_TEXT, _TEXT, max_size=3))
_KEY = st.from_regex(r"[a-z]{1,6}:[a-z]{1,6}", fullmatch=True)


@given(
    config=st.dictionaries(_KEY, _VALUE, min_size=1, max_size=6),
    app=st.sampled_from(["connex-api", "pnp"]),
    entry=st.dictionaries(_TEXT, _TEXT | st.lists(_TEXT, max_size=2), min_size=1, max_size=3),
    flow=st.booleans(),
    again=st.booleans(),
)
def test_whatever_stands_in_the_file_stays_and_the_rest_reads_back(
    config: dict[str, Any], app: str, entry: dict[str, Any], flow: bool, again: bool
) -> None:
    before = {"config": config, "encryptionsalt": "s"}
    text = yaml.safe_dump(before, default_flow_style=None if flow else False, allow_unicode=True)
    changes = [(["config", "lockstep:apps", app], entry)]
    if again:
        changes = [(["config", "lockstep:apps", app], {"displayName": "x"}), *changes]
    after = yaml.safe_load(set_values(text, changes))
    assert after == {"config": {**config, "lockstep:apps": {app: entry}}, "encryptionsalt": "s"}
