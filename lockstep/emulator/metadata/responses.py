"""Cloud metadata: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.metadata.models import endpoints
from lockstep.emulator.wire import Request, Response


def get(request: Request) -> Response:
    """GET /metadata/endpoints."""
    return Response(200, endpoints(request.base))
