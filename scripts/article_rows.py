"""Write the rows of the vendors' saved articles, without any sentence of them, for the tests of completeness.

    python scripts/article_rows.py atera=ARTICLE.txt atlas=ARTICLE.txt > tests/catalogue/data/rows.json

Each row is section, API, name, type (null where the article states none) and whether it gives a purpose.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from lockstep.catalogue.article import READERS
from lockstep.catalogue.model import ArticleRow

FIELDS = ("section", "api", "name", "type", "has_purpose")


def document(articles: dict[str, Path]) -> str:
    """Return the rows of all articles as JSON, one row a line."""
    parts = []
    for vendor, path in sorted(articles.items()):
        raw = path.read_bytes()
        rows = ",\n   ".join(_line(row) for row in READERS[vendor](raw.decode("utf-8")))
        digest = hashlib.sha256(raw).hexdigest()
        parts.append(f' "{vendor}": {{\n  "sha256": "{digest}",\n  "rows": [\n   {rows}\n  ]\n }}')
    fields = json.dumps(FIELDS)
    return f'{{\n "fields": {fields},\n' + ",\n".join(parts) + "\n}\n"


def _line(row: ArticleRow) -> str:
    return json.dumps([getattr(row, field) for field in FIELDS], ensure_ascii=False)


def main(arguments: list[str]) -> int:
    """Write the document to standard output; 2 when the arguments are not VENDOR=FILE."""
    pairs = [argument.partition("=") for argument in arguments]
    if not pairs or any(vendor not in READERS or not path for vendor, _, path in pairs):
        print(f"usage: article_rows.py VENDOR=FILE ...; vendors are {', '.join(READERS)}", file=sys.stderr)
        return 2
    sys.stdout.write(document({vendor: Path(path) for vendor, _, path in pairs}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
