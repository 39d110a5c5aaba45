"""Write what a vendor's saved article says, without any sentence of it.

    python scripts/article_rows.py atera=ARTICLE.txt --write

puts the rows of the article into tests/catalogue/data/rows.json, for the tests of completeness, and the digest of each
of its texts into the file beside the vendor's newest edition, for `lockstep catalogue check`. What the edition rests on
a text (`supports`) is kept where the text is the same. Without `--write` it prints the rows, and changes no file.

Each row is section, API, name, type (null where the article states none) and whether it gives a purpose.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lockstep.catalogue import load
from lockstep.catalogue.api import DATA
from lockstep.catalogue.model import Edition, PageText
from lockstep.catalogue.page_check import own_apis, texts_of
from lockstep.catalogue.page_rows import rows_of
from lockstep.catalogue.page_texts import TEXTS, texts_document
from lockstep.catalogue.saved_page import SavedPage, read_page

ROWS = Path(__file__).parent.parent / "tests" / "catalogue" / "data" / "rows.json"
FIELDS = ("section", "api", "name", "type", "has_purpose")


def rows(edition: Edition, page: SavedPage) -> dict[str, Any]:
    """Return the rows of a vendor's article, with the checksum of its text."""
    found = [row for row in rows_of(page, own_apis(edition)) if not row.mentioned]
    listed = [[row.section, row.api_label, row.printed, row.stated, row.has_purpose] for row in found]
    return {"sha256": page.sha256, "rows": listed}


def document(vendors: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the rows of all these vendors as JSON, one row a line."""
    parts = []
    for vendor, entry in sorted(vendors.items()):
        lines = ",\n   ".join(json.dumps(row, ensure_ascii=False) for row in entry["rows"])
        parts.append(f' "{vendor}": {{\n  "sha256": "{entry["sha256"]}",\n  "rows": [\n   {lines}\n  ]\n }}')
    fields = json.dumps(FIELDS)
    return f'{{\n "fields": {fields},\n' + ",\n".join(parts) + "\n}\n"


def with_kept(texts: tuple[PageText, ...], kept: tuple[PageText, ...]) -> Iterator[PageText]:
    """Yield the texts of an article, with what each supports by hand taken over from `kept`."""
    by_hand = {text.digest: [each for each in text.supports if not each.startswith("rows/")] for text in kept}
    for text in texts:
        yield replace(text, supports=(*by_hand.get(text.digest, ()), *text.supports))


def main(arguments: list[str]) -> int:
    """Print the rows, or with `--write` put rows and texts into their files; 2 when the arguments are not right."""
    write = "--write" in arguments
    pairs = [argument.partition("=") for argument in arguments if argument != "--write"]
    if not pairs or any(vendor not in load().vendors or not path for vendor, _, path in pairs):
        known = ", ".join(load().vendors)
        print(f"usage: article_rows.py VENDOR=FILE ... [--write]; vendors are {known}", file=sys.stderr)
        return 2
    editions = {vendor: load().edition_as_of(vendor, "current") for vendor, _, _ in pairs}
    pages = {vendor: read_page(Path(path)) for vendor, _, path in pairs}
    vendors = {vendor: rows(editions[vendor], page) for vendor, page in pages.items()}
    if not write:
        sys.stdout.write(document(vendors))
        return 0
    kept = {name: entry for name, entry in json.loads(ROWS.read_text("utf-8")).items() if name != "fields"}
    ROWS.write_text(document({**kept, **vendors}), encoding="utf-8")
    for vendor, page in pages.items():
        edition = editions[vendor]
        texts = texts_of(page, rows_of(page, own_apis(edition)))
        file = DATA / "editions" / vendor / f"{edition.id}{TEXTS}"
        file.write_text(texts_document(with_kept(texts, load().texts(vendor, edition.id) or ())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
