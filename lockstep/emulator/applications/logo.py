"""The logo of an application: what may be one, and where it is kept. Knows no HTTP."""

from __future__ import annotations

import base64
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

MAX_BYTES = 100 * 1024
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def put(tenant: Tenant, row: Object, content: Any, base: str) -> None:
    """Keep a logo; the application says where it can be seen. Limit and kinds are Microsoft's documentation's."""
    if not isinstance(content, bytes) or _kind(content) is None:
        raise BadRequestError("The logo has to be an image: GIF, JPEG or PNG.")
    if len(content) > MAX_BYTES:
        raise BadRequestError(f"The logo is {len(content)} bytes long; at most {MAX_BYTES} are allowed.")
    shown = {**row["info"], "logoUrl": f"{base}/v1.0/applications/{row['id']}/logo"}
    changed = {**row, "_logo": base64.b64encode(content).decode(), "info": shown}
    tenant.principals.follow(tenant.store.put("applications", changed))


def get(row: Object) -> tuple[str, bytes]:
    """Return the type of a logo, and the logo."""
    content = base64.b64decode(row.get("_logo", ""))
    kind = _kind(content)
    if kind is None:
        raise NotFoundError(row["id"])
    return kind, content


def _kind(content: bytes) -> str | None:
    return next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
