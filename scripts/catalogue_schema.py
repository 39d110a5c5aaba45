"""Write the JSON Schema of edition files, which editors read: `python scripts/catalogue_schema.py`."""

from __future__ import annotations

import json
from pathlib import Path

from lockstep.catalogue import json_schema

TARGET = Path(__file__).parent.parent / "lockstep" / "catalogue" / "schema.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
