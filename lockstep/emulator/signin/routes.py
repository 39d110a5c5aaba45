"""Sign-in: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.signin import responses as r
from lockstep.emulator.wire import Route

ROUTES = [
    Route("GET", "/common/discovery/instance", r.discovery, "Login hosts", group="signin"),
    Route("GET", "/common/userrealm/{user}", r.realm, "Kind of an account, for sign-in by password", group="signin"),
    Route(
        "GET",
        "/{tenant}/v2.0/.well-known/openid-configuration",
        r.configuration,
        "OpenID configuration",
        group="signin",
    ),
    Route(
        "GET",
        "/{tenant}/.well-known/openid-configuration",
        r.configuration_v1,
        "OpenID configuration (v1)",
        group="signin",
    ),
    Route("GET", "/{tenant}/discovery/v2.0/keys", r.keys, "Signing keys", group="signin"),
    Route("GET", "/{tenant}/discovery/keys", r.keys, "Signing keys (v1)", group="signin"),
    Route(
        "POST",
        "/{tenant}/oauth2/v2.0/token",
        r.token,
        "Token for a client, or for a user by password or on behalf of",
        group="signin",
    ),
    Route("POST", "/{tenant}/oauth2/token", r.token_v1, "Token for a client (v1)", group="signin"),
]
