"""Claims: what one stack uses on a shared principal, written as tags on that stack's own application.

Two stacks may share a tenant. A scope on a shared principal is withdrawn only when no other stack's claim
names it, and what another stack of ours added is not taken for somebody else's. A tag has the form

    lockstep-claim/1 <principal key> <API app id> +Added.Name =Present.Name

where a `+` says that the scope was absent before that stack, and a `=` that it was there. Example: production's
application has the tag `lockstep-claim/1 new 00000003-… +Mail.Send =User.Read`. When the test stack is destroyed,
Mail.Send and User.Read stay, whoever added them. Pure text; knows neither Pulumi nor Graph.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MARKER = "lockstep"
"""The tag by which the applications that carry claims are found with one `$filter`."""

TAG_PREFIX = "lockstep-claim/1"
"""How every tag with claims begins."""
_TAG_LIMIT = 256  # characters, Graph's limit for one tag of an application


@dataclass(frozen=True)
class Claim:
    """One scope that a stack uses on a shared principal; `added` when it was absent before that stack."""

    principal: str
    api: str
    name: str
    added: bool


def claim_tags(principal: str, api: str, names: Iterable[str], baseline: Iterable[str]) -> list[str]:
    """Return the tags that claim the scopes `names` of `api` on the principal with the key `principal`.

    `baseline` holds the consents in force before us, as a Principal's `baseline` gives them
    (`<API app id>/<type>/<name>`).
    """
    before = {entry.casefold() for entry in baseline}
    words = [
        ("=" if f"{api}/delegated/{name}".casefold() in before else "+") + name
        for name in sorted(set(names), key=str.casefold)
    ]
    tags: list[str] = []
    line = head = f"{TAG_PREFIX} {principal} {api}"
    for word in words:
        if len(line) + 1 + len(word) > _TAG_LIMIT and line != head:
            tags.append(line)
            line = head
        line = f"{line} {word}"
    return [*tags, line] if line != head else tags


def is_claim_on(principal: str, tag: str) -> bool:
    """Tell whether a tag claims anything on the principal with this key."""
    return tag.startswith(f"{TAG_PREFIX} {principal} ")


def read_claims(tags: Iterable[str]) -> list[Claim]:
    """Return the claims that `tags` hold; tags of other forms and words without a sign are passed over."""
    claims: list[Claim] = []
    for tag in tags:
        words = tag.split()
        if len(words) < 4 or words[0] != TAG_PREFIX:
            continue
        principal, api = words[1], words[2].lower()
        claims += [Claim(principal, api, word[1:], word[0] == "+") for word in words[3:] if word[0] in "+="]
    return claims
