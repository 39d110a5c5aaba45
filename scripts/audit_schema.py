"""Write the JSON Schema of the document of `lockstep audit --json`: `python scripts/audit_schema.py`."""

from __future__ import annotations

import json
from pathlib import Path

from lockstep.audit.document import schema

TARGET = Path(__file__).parent.parent / "lockstep" / "audit" / "schema.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
