"""What a code of Entra's sign-in (AADSTS…) or of Microsoft Graph means, and how to fix it: one table for everybody.

The table is `data/error-codes.json`; docs/error-codes.md is made from it. Microsoft's advice is followed: the code
decides, neither the status nor the text, and of several codes the innermost that is known
(https://learn.microsoft.com/graph/errors). Text is looked at only to tell apart what Graph says under one code
(`says`). A code that the table lacks gets Microsoft's own place to look it up, and no guess.

Knows no HTTP, and not what was asked for. Nothing is read before the first error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parent / "data" / "error-codes.json"
_AADSTS = re.compile(r"\bAADSTS(\d+)")
_DEEPEST = 10  # levels of innererror that are looked at
_LONGEST = 80  # characters of a code


@dataclass(frozen=True)
class ErrorCode:
    """A row: what a code means, its fix, and the page of Microsoft's that describes it, or the status behind it.

    A row with `says` is for a message that fits this pattern, and comes before the code's row without one. `gone`: the
    object is not there, so that a deletion of it has nothing left to do. A fix may name {tenant}, {client} and
    {permission}.
    """

    code: str
    meaning: str
    fix: str
    source: str
    says: str = ""
    gone: bool = False

    @property
    def asks_permission(self) -> bool:
        """Whether a permission is what the caller lacks."""
        return "{permission}" in self.fix


@cache
def error_codes() -> tuple[ErrorCode, ...]:
    """Return the table, each row with the address of its source: one of those that rows share, or its own."""
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    sources = table["sources"]
    return tuple(ErrorCode(**{**row, "source": sources.get(row["source"], row["source"])}) for row in table["codes"])


@cache
def _rows(code: str) -> tuple[ErrorCode, ...]:
    return tuple(row for row in error_codes() if row.code.casefold() == code.casefold())


def sign_in_codes(text: str, body: object = None) -> list[str]:
    """Return the AADSTS codes of an answer's field `error_codes`, or else those in a text, in their order."""
    numbers = body.get("error_codes") if isinstance(body, dict) else None
    listed = [f"AADSTS{number}" for number in numbers if isinstance(number, int)] if isinstance(numbers, list) else []
    return listed or list(dict.fromkeys(f"AADSTS{number}" for number in _AADSTS.findall(text)))


def graph_codes(error: Mapping[str, Any]) -> list[str]:
    """Return the codes of Graph's error object, the innermost first, and before them any AADSTS code in its message."""
    return [*sign_in_codes(str(error.get("message") or "")), *reversed(list(dict.fromkeys(_outer_to_inner(error))))]


def _outer_to_inner(error: Mapping[str, Any]) -> Iterator[str]:
    level: object = error
    for _ in range(_DEEPEST):
        if not isinstance(level, Mapping):
            return
        details = level.get("details")
        for entry in (level, *(details if isinstance(details, list) else ())):
            if isinstance(entry, Mapping) and isinstance(entry.get("code"), str) and entry["code"]:
                yield " ".join(entry["code"].split())[:_LONGEST]
        level = level.get("innerError") or level.get("innererror")


def row_of(codes: Sequence[str], text: str = "") -> ErrorCode | None:
    """Return the row of the first of `codes` that the table has; `text` is what was said with it."""
    for code in codes:
        rows = _rows(code)
        fitting = next((row for row in rows if row.says and re.search(row.says, text, re.IGNORECASE)), None)
        fitting = fitting or next((row for row in rows if not row.says), None)
        if fitting is not None:
            return fitting
    return None


def fix_of(codes: Sequence[str], text: str = "", *, tenant: str = "", client: str = "", permission: str = "") -> str:
    """Return how to fix an error by its codes; without any code, nothing."""
    row = row_of(codes, text)
    if row is not None:
        permission = f" ({permission})" if permission else ""
        names = {"tenant": tenant or "<tenant ID>", "client": client or "<client ID>", "permission": permission}
        return row.fix.format(**names)
    if not codes:
        return ""
    number = _AADSTS.fullmatch(codes[0])
    if number is not None:
        return f"look the code up at https://login.microsoftonline.com/error?code={number[1]}"
    return f"look the code {codes[0]} up at https://learn.microsoft.com/graph/errors, or report it with this line"
