"""The directory audit log: wire out."""

from __future__ import annotations

from lockstep.emulator.audits.entity import AUDIT
from lockstep.emulator.odata import answers
from lockstep.emulator.wire import Request, Response

_WHAT = "auditLogs/directoryAudits"


def list_(request: Request) -> Response:
    """GET /auditLogs/directoryAudits: the newest first, as Graph gives them."""
    table = request.tenant.audits.table
    return answers.listing(request, table, AUDIT, _WHAT, newest_first=True)


def get(request: Request) -> Response:
    """GET /auditLogs/directoryAudits/{id}."""
    return answers.entity(request, request.tenant.audits.get(request.ref("id").value), AUDIT, _WHAT)
