"""Write into docs/architecture.md who may import whom, from the contracts of import-linter in pyproject.toml.

A contract of layers becomes a picture, every other one a row of a table. The rest of the page is written by hand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- begin: scripts/rooms.py -->\n", "<!-- end: scripts/rooms.py -->"

Contract = Mapping[str, Any]


def contracts() -> list[Contract]:
    """Return the contracts in pyproject.toml, in their order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["importlinter"]["contracts"])


def rooms() -> list[str]:
    """Return the names of all packages and modules directly under lockstep/."""
    paths = [path for path in (ROOT / "lockstep").iterdir() if path.name[0] not in "_."]
    return sorted(path.stem for path in paths if path.suffix == ".py" or (path / "__init__.py").is_file())


def layers(contract: Contract) -> list[list[str]]:
    """Return the modules of each layer of a contract, from the highest layer down."""
    return [[_short(name.strip()) for name in re.split(r"[|:]", layer)] for layer in contract["layers"]]


def picture(contract: Contract) -> str:
    """Return the layers of a contract as a Mermaid flowchart: a box a layer, the highest on top."""
    boxes = [f'  layer{number}["{" · ".join(names)}"]' for number, names in enumerate(layers(contract))]
    chain = " --> ".join(f"layer{number}" for number in range(len(boxes)))
    return "\n".join(["```mermaid", "flowchart TB", *boxes, f"  {chain}", "```", ""])


def section() -> str:
    """Return the generated part of the page."""
    return "\n".join(_parts())


def page(text: str) -> str:
    """Return the text of the page with its generated part written anew."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{PAGE}: has no lines {BEGIN.strip()} and {END}")
    return f"{before}{BEGIN}{section()}{END}{after}"


def _parts() -> Iterator[str]:
    for contract in contracts():
        if contract["type"] == "layers":
            where = f" (inside {_listed(contract['containers'])})" if contract.get("containers") else ""
            yield f"**{_sentence(contract['name'])}**{where}:\n\n{picture(contract)}"
    yield "| contract | holds for | must not import |\n|---|---|---|"
    for contract in contracts():
        if contract["type"] != "layers":
            yield _row(contract)
    yield ""


def _row(contract: Contract) -> str:
    """Return the row of a contract that is not about layers."""
    sources = contract.get("source_modules") or contract.get("modules") or contract.get("protected_modules") or []
    forbidden = contract.get("forbidden_modules")
    if forbidden:
        besides = "" if contract.get("allow_indirect_imports") else "; nor by way of other modules"
        allowed = contract.get("ignore_imports")
        but = f"; allowed is only {_listed(allowed)}" if allowed else ""
        words = f"{_listed(forbidden)}{besides}{but}"
    elif contract.get("allowed_importers"):
        words = f"nobody imports these but {_listed(contract['allowed_importers'])}"
    else:
        words = f"each other ({contract['type'].replace('_', ' ')})"
    return f"| {_sentence(contract['name'])} | {_listed(sources)} | {words} |"


def _sentence(name: str) -> str:
    return name[0].upper() + name[1:]


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{_short(name)}`" for name in names)


def _short(name: str) -> str:
    return name.removeprefix("lockstep.")


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
