"""Write what is made from the catalogue: the JSON Schema that editors read, and the digests of the shipped editions."""

from __future__ import annotations

import json
from pathlib import Path

from lockstep.catalogue import json_schema
from lockstep.catalogue.api import DATA
from lockstep.catalogue.loader import digest

SCHEMA = Path(__file__).parent.parent / "lockstep" / "catalogue" / "schema.json"


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write(SCHEMA, json_schema())
    editions = sorted((DATA / "editions").rglob("*.yaml"))
    _write(
        DATA / "shipped.json",
        {f"{path.parent.name}/{path.stem}": digest(path.read_text(encoding="utf-8")) for path in editions},
    )
