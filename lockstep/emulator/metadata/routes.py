"""Cloud metadata: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.metadata import responses as r
from lockstep.emulator.wire import Route

ROUTES = [
    Route("GET", "/metadata/endpoints", r.get, "Endpoints of the cloud", group="metadata"),
    Route("GET", "/subscriptions", r.subscriptions, "Azure subscriptions, of which there are none", group="metadata"),
    Route("GET", "/tenants", r.tenants, "Tenants of the caller: this one", group="metadata"),
]
