"""Judges where an application lets people sign in from: its own tenant only, and back to https addresses only."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from lockstep.policy.reading import UNKNOWN, listing, mapping, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import APPLICATION

SINGLE = "AzureADMyOrg"
_PLACES = ("web", "singlePageApplication", "publicClient")


def check_audience(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse an application that other tenants, or personal accounts, can sign in to."""
    if resource.type == APPLICATION and world.covers(resource):
        audience = text(resource.props, "signInAudience")
        if audience not in ("", SINGLE):
            yield Objection(
                "an application that others than this tenant's users can sign in to",
                f"signInAudience {SINGLE}",
                f"set sign_in_audience to {SINGLE}, or leave it out",
            )


def check_redirects(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse redirect URIs that are not exact https addresses: a token goes wherever they point."""
    if resource.type != APPLICATION or not world.covers(resource):
        return
    for place in _PLACES:
        held = mapping(resource.props, place)
        if held is None and value(resource.props, place) is not None:
            yield _redirect(f"{place} with redirect URIs that are not known before the run")
        for number, uri in enumerate(listing(held, "redirectUris") if held else (), 1):
            if uri is UNKNOWN or not isinstance(uri, str):
                yield _redirect(f"redirect URI {number} of {place}, which is not known before the run")
            elif not _exact(uri):
                yield _redirect(f"redirect URI {number} of {place}, which is not an exact https:// address")


def _exact(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    bare = not parts.username and not parts.password and not parts.fragment
    return parts.scheme == "https" and bool(host) and bare and "*" not in uri and not any(map(str.isspace, uri))


def _redirect(found: str) -> Objection:
    return Objection(
        found,
        "https:// addresses without wildcard, user and fragment",
        "give the exact https:// address as a literal, or take it out",
    )
