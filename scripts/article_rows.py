"""Write the rows of the vendors' saved articles, without any sentence of them, for the tests of completeness.

    python scripts/article_rows.py atera=ARTICLE.txt --write

puts the rows of one vendor, or of several, into tests/catalogue/data/rows.json, and leaves those of the others there as
they are. Without `--write` it prints the rows of the vendors that are named, and changes no file.

Each row is section, API, name, type (null where the article states none) and whether it gives a purpose.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockstep.catalogue.page_check import READERS

ROWS = Path(__file__).parent.parent / "tests" / "catalogue" / "data" / "rows.json"
FIELDS = ("section", "api", "name", "type", "has_purpose")


def rows_of(vendor: str, article: Path) -> dict[str, Any]:
    """Return the rows of a vendor's article, with the checksum of its text."""
    raw = article.read_bytes()
    rows = [[getattr(row, field) for field in FIELDS] for row in READERS[vendor](raw.decode("utf-8"))]
    return {"sha256": hashlib.sha256(raw).hexdigest(), "rows": rows}


def document(vendors: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the rows of all these vendors as JSON, one row a line."""
    parts = []
    for vendor, entry in sorted(vendors.items()):
        rows = ",\n   ".join(json.dumps(row, ensure_ascii=False) for row in entry["rows"])
        parts.append(f' "{vendor}": {{\n  "sha256": "{entry["sha256"]}",\n  "rows": [\n   {rows}\n  ]\n }}')
    fields = json.dumps(FIELDS)
    return f'{{\n "fields": {fields},\n' + ",\n".join(parts) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Print the rows, or with `--write` put them into the file of the tests; 2 when the arguments are not right."""
    write = "--write" in arguments
    pairs = [argument.partition("=") for argument in arguments if argument != "--write"]
    if not pairs or any(vendor not in READERS or not path for vendor, _, path in pairs):
        print(f"usage: article_rows.py VENDOR=FILE ... [--write]; vendors are {', '.join(READERS)}", file=sys.stderr)
        return 2
    vendors = {vendor: rows_of(vendor, Path(path)) for vendor, _, path in pairs}
    if write:
        kept = {name: entry for name, entry in json.loads(ROWS.read_text("utf-8")).items() if name != "fields"}
        ROWS.write_text(document({**kept, **vendors}), encoding="utf-8")
    else:
        sys.stdout.write(document(vendors))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
