"""Every place where the emulator refuses something, as its code has it: what `test_refusals.py` wants a source for."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "lockstep" / "emulator"
# Not answers of Entra: faults, the control door, files and servers, and profiles that are wrong.
_OTHERS = (
    "app.py", "clock.py", "control.py", "faults/", "log.py", "profiles/", "pytest_plugin.py", "server.py", "state.py",
    "statefile.py", "store.py", "testing.py", "tls.py",
)  # fmt: skip


def refusals() -> list[str]:
    """Return `file::function: what is raised` of every refusal, numbered where a function has the same one again.

    What the emulator lacks (501) is its own, and needs no source.
    """
    found: list[str] = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(_OTHERS):
            continue
        seen: Counter[str] = Counter()
        for function, raised in _raised(ast.parse(path.read_text("utf-8"))):
            text = ast.unparse(raised)
            if text.startswith("NotSupportedError("):
                continue
            key = f"{name}::{function}: {text}"
            seen[key] += 1
            found.append(key if seen[key] == 1 else f"{key} ({seen[key]})")
    return found


def _raised(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.expr]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield function, node.exc
        inner = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""
        yield from _raised(node, ".".join(filter(None, (function, inner))))
