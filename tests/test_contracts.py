"""One answer to one question, held where the linter of imports cannot see it: by what the library's text may hold."""

from __future__ import annotations

import re

import pytest

from tests.conftest import REPOSITORY

MODULES = sorted((REPOSITORY / "lockstep").rglob("*.py"))
ENTRY = "plugins/entraconsent/__main__.py"
TYPES = "resource_types.py"
CONTRACTS = [
    ("an own API is recognised in the catalogue", r'"app:', {"catalogue/permission.py"}),
    (
        "a resource type is named in one place",
        r'"(azuread:index/|entraconsent:index|lockstep:entra)',
        {"resource_types.py"},
    ),
    ("a permission's title is made in one place", r"· \{[^}]*type[^}]*\} · \{", {"catalogue/permission.py"}),
    ("the root's folders are not imported", r"^\s*(from|import) (components|stacks|policy|plugins)\b", set()),
]


def holders(pattern: str) -> set[str]:
    """Return the modules of the library in which a pattern stands."""
    found = [path for path in MODULES if re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)]
    return {path.relative_to(REPOSITORY / "lockstep").as_posix() for path in found}


@pytest.mark.parametrize(("pattern", "allowed"), [case[1:] for case in CONTRACTS], ids=[case[0] for case in CONTRACTS])
def test_only_one_place_holds_it(pattern: str, allowed: set[str]) -> None:
    assert holders(pattern) == allowed


@pytest.mark.parametrize("path", ["__main__.py", "stacks/__init__.py", "policy/__main__.py", ENTRY])
def test_entry_files_touch_no_search_path(path: str) -> None:
    assert "sys" not in (REPOSITORY / path).read_text(encoding="utf-8")


def test_the_contracts_can_fail() -> None:
    text = 'x = "app:y"\nfrom components import z\nf"{a} · {b.type} · {c}"\nt = "lockstep:entra:X"\n'
    assert all(re.search(pattern, text, re.MULTILINE) for _, pattern, _ in CONTRACTS)
