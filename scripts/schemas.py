"""Write the JSON Schemas of files that people write and documents that commands print, and the shipped digests."""

from __future__ import annotations

import json
from pathlib import Path

from lockstep.audit.document import schema as audit_schema
from lockstep.catalogue import json_schema
from lockstep.catalogue.api import DATA
from lockstep.catalogue.loader import digest
from lockstep.gate.document import GateDocument
from lockstep.json_schema import document_schema
from lockstep.report.document import FindingsDocument
from lockstep.settings.model import stack_file_schema

PACKAGE = Path(__file__).parent.parent / "lockstep"


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write(PACKAGE / "catalogue" / "schema.json", json_schema())
    _write(PACKAGE / "settings" / "schema.json", stack_file_schema())
    _write(PACKAGE / "audit" / "schema.json", audit_schema())
    _write(PACKAGE / "report" / "schema.json", document_schema(FindingsDocument, "Findings of Lockstep"))
    _write(PACKAGE / "gate" / "schema.json", document_schema(GateDocument, "lockstep gate --json"))
    editions = sorted((DATA / "editions").rglob("*.yaml"))
    _write(
        DATA / "shipped.json",
        {f"{path.parent.name}/{path.stem}": digest(path.read_text(encoding="utf-8")) for path in editions},
    )
