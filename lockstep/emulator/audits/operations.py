"""The directory audit log: its operations."""

from __future__ import annotations

from lockstep.emulator.audits.model import AUDIT
from lockstep.emulator.odata import answers
from lockstep.emulator.permissions.needs import AUDITS
from lockstep.emulator.wire import Request, Response, Routes

ROUTES = Routes()
_NAME = "auditLogs/directoryAudits"


@ROUTES.answer("GET", f"/{_NAME}", AUDITS)
def _list(request: Request) -> Response:
    """List what happened in this tenant, the newest first."""
    return answers.listing(request, request.tenant.audits.table, AUDIT, _NAME, newest_first=True)


@ROUTES.answer("GET", f"/{_NAME}/{{id}}", AUDITS)
def _get(request: Request) -> Response:
    """Get one entry."""
    return answers.entity(request, request.tenant.audits.get(request.refs["id"].value), AUDIT, _NAME)
