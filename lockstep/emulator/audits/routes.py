"""The directory audit log: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.audits import responses as r
from lockstep.emulator.wire import route

ROUTES = [
    route("GET", "/auditLogs/directoryAudits", r.list_, "List what happened here, the newest first"),
    route("GET", "/auditLogs/directoryAudits/{id}", r.get, "Get one entry"),
]
