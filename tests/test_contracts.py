"""One answer to one question, held where the linter of imports cannot see it: by what the library's text may hold."""

from __future__ import annotations

import re

import pytest

from lockstep.catalogue import AppKind, load
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


def names_of_vendors() -> dict[str, str]:
    """Return a pattern for each name and key of a vendor, of its apps and features, as the catalogue has them.

    A key of one word, which may be an ordinary one, counts where it stands in quotes. What is Microsoft's own is no
    vendor's.
    """
    words, keys = set(), set()
    for edition in (each for vendor in load().vendors for each in load().editions(vendor)):
        keys.add(edition.vendor)
        words |= {edition.vendor, edition.name, *(source.publisher for source in edition.sources)}
        words |= {word for feature in edition.features for word in (feature.key, feature.name)}
        for app in edition.apps:
            if app.kind is not AppKind.SHARED_PRINCIPAL:
                keys.add(app.key)
                words |= {app.name, *([app.client_id.id] if app.client_id else [])}
    spelled = {word: r"[\W_]{0,2}".join(map(re.escape, re.split(r"[\W_]+", word))) for word in words}
    patterns = {word: rf"(?i)(?<![A-Za-z]){pattern}(?![a-z])" for word, pattern in spelled.items()}
    quoted = {f'"{key}"': rf"""["']{re.escape(key)}["']""" for key in keys}
    composed = {key: rf"\b{re.escape(key)}\b" for key in keys if "-" in key}
    return {**patterns, **quoted, **composed}


@pytest.mark.parametrize("name", sorted(names_of_vendors()))
def test_i13_no_vendors_name_stands_in_the_librarys_python(name: str) -> None:
    assert holders(names_of_vendors()[name]) == set(), "vendors are data: name none in code, a made-up one in examples"


@pytest.mark.parametrize(
    "text",
    ["# as Atlas does", "_ATERA_ADDED = 1", 'app("connex-api")', "Atlas ConneX Provisioning", "robin: false", '"pnp"'],
)
def test_i13_a_vendors_name_would_be_found(text: str) -> None:
    assert any(re.search(pattern, text) for pattern in names_of_vendors().values())
