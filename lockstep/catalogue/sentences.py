"""What a documented permission lets its holder do, in sentences of ours (`data/meanings.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from lockstep.catalogue.api import DATA
from lockstep.catalogue.model import DocumentedPermission


def meaning(entry: DocumentedPermission) -> str | None:
    """Return our sentence for a documented permission; None while nobody has written it."""
    return meanings().get(f"{entry.api}/{entry.type.value}/{entry.name}")


@cache
def meanings() -> Mapping[str, str]:
    """Return every sentence by `API key/type/name`."""
    document: dict[str, Any] = json.loads((DATA / "meanings.json").read_text(encoding="utf-8"))
    return MappingProxyType(document["meanings"])
