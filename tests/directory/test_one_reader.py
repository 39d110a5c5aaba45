"""Who reads a tenant, and who says whose an application is: one room, one module, whatever a command is about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import lockstep

ROOT = Path(lockstep.__file__).parent
OBJECTS = ("/applications", "/servicePrincipals")
CALLS = ("address", "BatchItem", "get", "find", "pages", "values")
NAMES = {"display_name", "displayName", "identifier_uris", "identifierUris"}
OTHERS = ("emulator", "rehearsal")
"""The rooms that are a tenant themselves, or model another provider."""
READ_BACK = "local/verify.py"
"""The read-back after `up` checks what the directory client has written, so it reads with a client of its own."""
NO_TENANT = {
    "policy/": "the pack compares the names that a program declares",
    "catalogue/resolve.py": "whether an entry of an edition has the one field or the other",
    "provider/inputs.py": "whether a resource has the one input or the other",
    "audit/who.py": "the name of a property in an entry of the audit log",
    "local/emulator.py": "the words of a command that makes tokens of the emulator",
    "catalogue/first_draft.py": "the title of a permission, in a page and in the list of its API",
    "directory/uri_policy.py": "whether a URI would be new to an application that is identified already",
}
"""Where such a comparison is not about whose an object of a tenant is, and what it is about."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(tuple(f"{room}/" for room in OTHERS)):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def reads(module: ast.Module) -> list[int]:
    """Return the lines that ask Graph for applications or service principals."""
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and called(node) in CALLS
        for text in (text for argument in node.args for text in texts(argument))
        if text.startswith(OBJECTS)
    ]


def comparisons(module: ast.Module) -> list[int]:
    """Return the lines that compare a display name or an identifier URI."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Compare):
            named = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
            if NAMES & (named | set(texts(node))):
                found.append(node.lineno)
    return found


def test_only_the_directory_reads_applications_and_principals() -> None:
    readers = {name for name, module in modules() if reads(module)}
    assert {name for name in readers if not name.startswith("directory/")} <= {READ_BACK}
    assert any(name.startswith("directory/") for name in readers), "nothing is read at all: the test looks wrongly"


def test_only_the_identification_compares_names_and_identifier_uris() -> None:
    found = {name: comparisons(module) for name, module in modules() if comparisons(module)}
    assert not {name for name in found if not name.startswith(("directory/identification.py", *NO_TENANT))}
    assert all(any(name.startswith(place) for name in found) for place in NO_TENANT), "an exception that nothing needs"


def test_a_comparison_of_a_name_would_be_seen() -> None:
    assert comparisons(ast.parse("ours = app.display_name == name"))
    assert comparisons(ast.parse("ours = app['displayName'].casefold() in names"))
    assert reads(ast.parse("graph.get(f'/applications/{ident}')"))
