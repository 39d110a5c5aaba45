"""A claims challenge: what Graph demands of a token beyond being good, in words, and to be sent along with a sign-in.

Graph answers 401 with `WWW-Authenticate: Bearer … error="insufficient_claims", claims="<base64>"` where continuous
access evaluation or a Conditional Access policy does not let the token pass. See
https://learn.microsoft.com/entra/identity-platform/claims-challenge. Knows nothing of how a token is had.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_CLAIMS = re.compile(r'\bclaims="([^"]+)"')
_DESCRIPTION = re.compile(r'\berror_description="([^"]*)"')
_LONGEST = 200
_STATUSES = (401, 403)


@dataclass(frozen=True)
class Challenge:
    """What is demanded: the JSON that a sign-in sends along, and what Graph says of it."""

    claims: str
    description: str = ""

    @property
    def encoded(self) -> str:
        """The claims in base64, as `az login --claims-challenge` takes them."""
        return base64.b64encode(self.claims.encode()).decode()

    @property
    def words(self) -> str:
        """Which policy it is, as far as the challenge says."""
        description = f" ({self.description})" if self.description else ""
        return f"the tenant's policy asks for another token{description}: {'; '.join(_demands(self.claims))}"

    @property
    def fix(self) -> str:
        """What a person has to do, since a new token with these claims was not enough."""
        if "xms_rp_ipaddr" in self.claims:
            return (
                "run from an address that the location policy of the tenant's Conditional Access allows, or ask its "
                "administrator: sign-in and Graph have to see the same allowed address (look for a proxy or VPN that "
                "only one of them goes through)"
            )
        return (
            "sign in again; if it stays, ask the tenant's administrator which Conditional Access policy holds for this "
            "identity (the sign-in log says it)"
        )


def challenge_of(status: int, headers: Mapping[str, str]) -> Challenge | None:
    """Return the challenge that an answer holds, or None."""
    if status not in _STATUSES:
        return None
    lower = {key.casefold(): value for key, value in headers.items()}
    text = lower.get("www-authenticate", "")
    challenge = _CLAIMS.search(text)
    claims = _decoded(challenge[1]) if challenge else ""
    if not claims:
        return None
    description = _DESCRIPTION.search(text)
    return Challenge(claims, " ".join(description[1].split())[:_LONGEST] if description else "")


def _decoded(text: str) -> str:
    """Return the JSON that a challenge's base64 holds; nothing where it is none."""
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
        claims = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        return ""
    return json.dumps(claims) if isinstance(claims, dict) else ""


def _demands(claims: str) -> Iterator[str]:
    """Yield what a challenge demands, in words."""
    demanded = json.loads(claims).get("access_token")
    demanded = demanded if isinstance(demanded, dict) else {}
    if "xms_rp_ipaddr" in demanded:
        address = _value(demanded["xms_rp_ipaddr"])
        yield f"a location policy does not hold for the address that Graph sees ({address})"
    if "nbf" in demanded:
        yield f"continuous access evaluation wants one issued after {_time(_value(demanded['nbf']))}"
    if "acrs" in demanded:
        yield f"it wants the authentication context {_value(demanded['acrs'])}"
    if "polids" in demanded:
        yield f"the policies are {_value(demanded['polids'])}"
    others = sorted(str(name) for name in demanded.keys() - {"xms_rp_ipaddr", "nbf", "acrs", "polids", "xms_cc"})
    if others or not demanded:
        yield f"it wants {', '.join(others)[:_LONGEST] or 'what it does not name'}"


def _value(demand: Any) -> str:
    """Return the value or values of one demanded claim, on one short line."""
    if not isinstance(demand, dict):
        return "not named"
    values = demand.get("values")
    listed = values if isinstance(values, list) else [demand.get("value")]
    return " ".join(", ".join(str(value) for value in listed if value is not None).split())[:_LONGEST] or "not named"


def _time(seconds: str) -> str:
    try:
        return datetime.fromtimestamp(float(seconds), UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return seconds
