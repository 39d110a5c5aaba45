"""Users, the organization and its domains: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.users import responses as r
from lockstep.emulator.wire import route

ROUTES = [
    route("GET", "/users", r.list_, "List users"),
    route("GET", "/users/{id}", r.get, "Get user by id or user principal name"),
    route("GET", "/me", r.me, "Me: the user of the token"),
    route("GET", "/organization", r.organizations, "List organization"),
    route("GET", "/organization/{id}", r.organization, "Get organization"),
    route("GET", "/domains", r.domains, "List domains"),
]
