"""Claims: what one stack uses on a shared principal, written as tags on that stack's own application.

Two stacks may share a tenant. A scope on a shared principal is withdrawn only when no other stack's claim
names it, and what another stack of ours added is not taken for somebody else's. A tag has the form

    lockstep-claim/2:<principal key>:<API app id>:+Added.Name:=Present.Name

where a `+` says that the scope was absent before that stack, and a `=` that it was there. Example: production's
application has the tag `lockstep-claim/2:new:00000003-…:+Mail.Send:=User.Read`. When the test stack is destroyed,
Mail.Send and User.Read stay, whoever added them.

No tag of ours holds whitespace. Microsoft says of an application's tags: 1 to 256 characters each, no whitespace, no
two alike (https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation, read on 2026-11-26).
Earlier releases wrote the same words with spaces between them (`lockstep-claim/1 …`, `lockstep-created …`); those tags
are read as well. Pure text; knows neither Pulumi nor Graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

MARKER = "lockstep"
"""The tag by which the applications that carry claims are found with one `$filter`."""

TAG_PREFIX = "lockstep-claim/"
"""How every tag with claims begins."""
_FORM = f"{TAG_PREFIX}2"
_FORMER = f"{TAG_PREFIX}1"  # with spaces between its words, and names as they are
_CREATED_BY = "lockstep-created"
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
        ("=" if f"{api}/delegated/{name}".casefold() in before else "+") + quote(name, safe="")
        for name in sorted(set(names), key=str.casefold)
    ]
    tags: list[str] = []
    line = head = f"{_FORM}:{principal}:{api}"
    for word in words:
        if len(line) + 1 + len(word) > _TAG_LIMIT and line != head:
            tags.append(line)
            line = head
        line = f"{line}:{word}"
    return [*tags, line] if line != head else tags


def without_claims_on(principal: str, tags: Iterable[str]) -> list[str]:
    """Return the tags without those that claim anything on the principal with this key.

    What an earlier release wrote and what stays is written anew, so that Entra has no whitespace to refuse.
    """
    kept: list[str] = []
    for tag in tags:
        claims = read_claims([tag])
        if not claims:
            kept.append(tag)
        elif claims[0].principal != principal:
            kept += [tag] if tag.startswith(f"{_FORM}:") else _anew(claims)
    return list(dict.fromkeys(kept))  # no two alike


def read_claims(tags: Iterable[str]) -> list[Claim]:
    """Return the claims that `tags` hold; tags of other forms and words without a sign are passed over."""
    claims: list[Claim] = []
    for tag in tags:
        former = tag.startswith(f"{_FORMER} ")
        words = tag.split() if former else tag.split(":")
        if len(words) < 4 or words[0] != (_FORMER if former else _FORM):
            continue
        principal, api = words[1], words[2].lower()
        for word in words[3:]:
            if word[:1] in ("+", "="):
                name = word[1:] if former else unquote(word[1:])
                claims.append(Claim(principal, api, name, word[0] == "+"))
    return claims


def created_tag(owner: str) -> str:
    """Return the tag that says which stack created a principal: it outlives a run that is killed right after."""
    return f"{_CREATED_BY}:{quote(owner)}"[:_TAG_LIMIT]


def creators(tags: Iterable[str]) -> list[str]:
    """Return the stacks that `tags` say created the principal; a name that is too long for a tag is cut short."""
    stacks = []
    for tag in tags:
        if tag.startswith(f"{_CREATED_BY}:"):
            stacks.append(unquote(tag.removeprefix(f"{_CREATED_BY}:")))
        elif tag.startswith(f"{_CREATED_BY} "):
            stacks.append(tag.removeprefix(f"{_CREATED_BY} "))
    return stacks


def created_by(owner: str, tags: Iterable[str]) -> bool:
    """Tell whether `tags` say that this stack created the principal."""
    return bool({*creators([created_tag(owner)]), owner[: _TAG_LIMIT - len(_CREATED_BY) - 1]} & {*creators(tags)})


def _anew(claims: Sequence[Claim]) -> list[str]:
    principal, api = claims[0].principal, claims[0].api
    present = [f"{api}/delegated/{claim.name}" for claim in claims if not claim.added]
    return claim_tags(principal, api, [claim.name for claim in claims], present)
