"""JSON batching: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.batch import responses as r
from lockstep.emulator.wire import route

ROUTES = [route("POST", "/$batch", r.run, "Up to 20 requests in one, with dependsOn", reads=True)]
