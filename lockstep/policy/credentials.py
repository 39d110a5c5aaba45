"""Judges who can act as an app: passwords, and subjects of other issuers.

Never repeats a value: a rule that refuses a secret must not print one.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from lockstep.policy.closed_world import CREDENTIAL, azuread_types
from lockstep.policy.reading import UNKNOWN, listing, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import APPLICATION, FEDERATED, FLEXIBLE

LONGEST = datetime.timedelta(days=180)
_WILDCARD = re.compile(r"[*?\s]")
_GITHUB = "https://token.actions.githubusercontent.com"
_INSTEAD = "a certificate (public part) or a federated credential, which `certificates` and `federatedCredentials` set"


def check_passwords(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse passwords: of applications, of service principals, and inside an application."""
    if not world.covers(resource):
        return
    found = azuread_types().get(resource.type)
    if found is not None and found.verdict == CREDENTIAL:
        yield Objection(
            f"the type {resource.type}: {found.why}", _INSTEAD, "use one of these, or ask for an exception by name"
        )
    elif resource.type == APPLICATION and value(resource.props, "password") is not None:
        yield Objection("a password inside the application", _INSTEAD, "use one of these")


def check_password_life(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse a password, excepted or not, that lives longer than 180 days or does not say how long."""
    found = azuread_types().get(resource.type)
    if found is None or found.verdict != CREDENTIAL or not world.covers(resource):
        return
    until = _end(text(resource.props, "endDate"))
    if until is None:
        said = "a password whose end is not a literal date"
    elif until > datetime.datetime.combine(world.today, datetime.time.max, datetime.UTC) + LONGEST:
        said = f"a password that lives until {until.date()}"
    else:
        return
    latest = (world.today + LONGEST).isoformat()
    yield Objection(
        said, f"an end date up to {latest}, {LONGEST.days} days from today", "set end_date to a literal date"
    )


def _end(written: object) -> datetime.datetime | None:
    try:
        found = datetime.datetime.fromisoformat(str(written)) if isinstance(written, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or datetime.UTC) if found else None


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
    if subject is UNKNOWN or issuer is UNKNOWN or any(each is UNKNOWN for each in audiences):
        yield _subject("an issuer, subject or audience that is not known before the run")
        return
    if not subject or any(_WILDCARD.search(str(each)) for each in (subject, issuer, *audiences)):
        yield _subject("a subject, issuer or audience that is empty or holds a wildcard")
    if not issuer.startswith("https://"):
        yield _subject("an issuer that is not an https:// address")
    if issuer.rstrip("/") == _GITHUB and subject.endswith(":pull_request"):
        yield _subject("a subject that every pull request has")


def _subject(found: str) -> Objection:
    return Objection(
        found,
        "one literal subject of one https:// issuer, such as repo:<owner>/<repository>:environment:production",
        "name the one workload that may act as the app",
    )
