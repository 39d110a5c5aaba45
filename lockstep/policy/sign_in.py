"""Judges who can sign in: as an app, by passwords and by subjects of other issuers; and to an app, from where.

Never repeats a value: a rule that refuses a secret must not print one.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from lockstep.policy.closed_world import CREDENTIAL, azuread_types
from lockstep.policy.reading import UNKNOWN, listing, mapping, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import APPLICATION, FEDERATED, FLEXIBLE
from lockstep.settings.traits import SINGLE_TENANT, is_exact_https

LONGEST = datetime.timedelta(days=180)
_WILDCARD = re.compile(r"[*?\s]")
_GITHUB = "https://token.actions.githubusercontent.com"
_PLACES = ("web", "singlePageApplication", "publicClient")
_INSTEAD = "a certificate (public part) or a federated credential, which `certificates` and `federatedCredentials` set"


def check_passwords(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse passwords: of applications, of service principals, and inside an application."""
    if not world.covers(resource):
        return
    verdict = azuread_types().get(resource.type)
    if verdict is not None and verdict.verdict == CREDENTIAL:
        yield Objection(
            f"the type {resource.type}: {verdict.why}", _INSTEAD, "use one of these, or ask for an exception by name"
        )
    elif resource.type == APPLICATION and value(resource.props, "password") is not None:
        yield Objection("a password inside the application", _INSTEAD, "use one of these")


def check_password_life(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse a password, excepted or not, that lives longer than 180 days or does not say how long."""
    verdict = azuread_types().get(resource.type)
    if verdict is None or verdict.verdict != CREDENTIAL or not world.covers(resource):
        return
    until = _end(text(resource.props, "endDate"))
    if until is None:
        refused = "a password whose end is not a literal date"
    elif until > datetime.datetime.combine(world.today, datetime.time.max, datetime.UTC) + LONGEST:
        refused = f"a password that lives until {until.date()}"
    else:
        return
    latest = (world.today + LONGEST).isoformat()
    yield Objection(
        refused, f"an end date up to {latest}, {LONGEST.days} days from today", "set end_date to a literal date"
    )


def _end(written: object) -> datetime.datetime | None:
    try:
        end = datetime.datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return end.replace(tzinfo=end.tzinfo or datetime.UTC) if end else None


def check_subjects(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse federated credentials that more than one exact subject can use."""
    if not world.covers(resource):
        return
    if resource.type == FLEXIBLE:
        yield _subject("an expression in place of a subject")
    if resource.type != FEDERATED:
        return
    subject, issuer = text(resource.props, "subject"), text(resource.props, "issuer")
    audiences = listing(resource.props, "audiences")
    if subject is UNKNOWN or issuer is UNKNOWN or any(audience is UNKNOWN for audience in audiences):
        yield _subject("an issuer, subject or audience that is not known before the run")
        return
    if not subject or any(_WILDCARD.search(str(part)) for part in (subject, issuer, *audiences)):
        yield _subject("a subject, issuer or audience that is empty or holds a wildcard")
    if not issuer.startswith("https://"):
        yield _subject("an issuer that is not an https:// address")
    if issuer.rstrip("/") == _GITHUB and subject.endswith(":pull_request"):
        yield _subject("a subject that every pull request has")


def _subject(refused: str) -> Objection:
    return Objection(
        refused,
        "one literal subject of one https:// issuer, such as repo:<owner>/<repository>:environment:production",
        "name the one workload that may act as the app",
    )


def check_audience(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse an application that other tenants, or personal accounts, can sign in to."""
    if resource.type == APPLICATION and world.covers(resource):
        audience = text(resource.props, "signInAudience")
        if audience not in ("", SINGLE_TENANT):
            yield Objection(
                "an application that others than this tenant's users can sign in to",
                f"signInAudience {SINGLE_TENANT}",
                f"set sign_in_audience to {SINGLE_TENANT}, or leave it out",
            )


def check_redirects(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse redirect URIs that are not exact https addresses: a token goes wherever they point."""
    if resource.type != APPLICATION or not world.covers(resource):
        return
    for place in _PLACES:
        platform = mapping(resource.props, place)
        if platform is None and value(resource.props, place) is not None:
            yield _redirect(f"{place} with redirect URIs that are not known before the run")
        for number, uri in enumerate(listing(platform, "redirectUris") if platform else (), 1):
            if uri is UNKNOWN or not isinstance(uri, str):
                yield _redirect(f"redirect URI {number} of {place}, which is not known before the run")
            elif not is_exact_https(uri):
                yield _redirect(f"redirect URI {number} of {place}, which is not an exact https:// address")


def _redirect(refused: str) -> Objection:
    return Objection(
        refused,
        "https:// addresses without wildcard, user and fragment",
        "give the exact https:// address as a literal, or take it out",
    )
