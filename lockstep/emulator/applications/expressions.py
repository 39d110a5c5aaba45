"""The expressions of flexible federated identity credentials: read, and held against the claims of a token.

Grammar, issuers and claims are those of
https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials (2024-08-28).
Entra takes an expression for any issuer here, and matches it for the documented ones alone: what it says to another
issuer's when it is made is on no page. Knows no application and no HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lockstep.emulator.exceptions import BadRequestError

_TERM = r"claims\['(?P<claim>[^']+)'\] (?P<operator>eq|matches) '(?P<comparand>(?:[^']|'')*)'"
_READ = re.compile(_TERM)
_CLAIMS: dict[str, frozenset[str]] = {
    r"https://token\.actions\.githubusercontent\.com": frozenset({"job_workflow_ref", "sub"}),
    r"https://gitlab\.com|https://gitlab\.[^./]+\.(com|ca)": frozenset({"sub"}),
    r"https://app(\.eu)?\.terraform\.io": frozenset({"sub"}),
}
"""Whose tokens are matched, and which claims of theirs."""
Term = tuple[str, str, str]


def terms(expression: Mapping[str, Any]) -> list[Term]:
    """Return the claim, operator and comparand of each term of an expression; refuse one that does not read so."""
    text, place, parsed = str(expression.get("value") or ""), 0, list[Term]()
    if expression.get("languageVersion") != 1:
        raise BadRequestError("The languageVersion of a claimsMatchingExpression has to be 1.")
    while match := _READ.match(text, place):
        parsed.append((match["claim"], match["operator"], match["comparand"].replace("''", "'")))
        place = match.end()
        if place == len(text):
            return parsed
        if not text.startswith(" and ", place):
            break
        place += len(" and ")
    raise BadRequestError(
        f"The claimsMatchingExpression '{text}' cannot be read: a term is claims['name'] eq 'value' or"
        " claims['name'] matches 'pattern', and terms are joined by and."
    )


def holds(expression: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """Tell whether a token with these claims is one that the expression means."""
    issuer = str(claims.get("iss"))
    allowed = next((names for pattern, names in _CLAIMS.items() if re.fullmatch(pattern, issuer)), frozenset())
    return all(
        claim in allowed and isinstance(claims.get(claim), str) and _is(operator, comparand, claims[claim])
        for claim, operator, comparand in terms(expression)
    )


def _is(operator: str, comparand: str, value: str) -> bool:
    if operator == "eq":
        return value == comparand
    parts = [
        ".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", comparand)
    ]
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None
