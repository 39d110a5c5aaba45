"""The request log: each request and how it ended, without secrets. Knows no tenant."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

_SECRET = {
    "access_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "key",
    "password",
    "refresh_token",
    "secretText",
}
_HIDDEN = "***"
_LIMIT = 100_000
Entry = dict[str, Any]


class Log:
    """Entries in the order of the answers, the newest kept."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_LIMIT)
        self._number = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, **values: Any) -> None:
        """Add one entry."""
        self._number += 1
        self._entries.append({"number": self._number, **values})

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()


def cleaned(body: Any) -> Any:
    """Return a body without its secrets."""
    if isinstance(body, dict):
        return {name: _HIDDEN if name in _SECRET and value else cleaned(value) for name, value in body.items()}
    if isinstance(body, list):
        return [cleaned(item) for item in body]
    return body


def cleaned_text(raw: bytes, content_type: str) -> Any:
    """Return a raw body, read by its content type, without its secrets."""
    if not raw:
        return None
    text = raw.decode("utf-8", "replace")
    if "x-www-form-urlencoded" in content_type:
        pairs = parse_qsl(text, keep_blank_values=True)
        return urlencode([(name, _HIDDEN if name in _SECRET else value) for name, value in pairs], safe="*")
    try:
        return cleaned(json.loads(text))
    except (ValueError, RecursionError):
        return f"({len(raw)} bytes that are no JSON)"
