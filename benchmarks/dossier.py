"""What a report costs: of the shipped editions, and of one with 300 applications, with what a tenant has of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lockstep.catalogue import CURRENT, Edition, load
from lockstep.dossier import Dossier, Observed, ObservedApp, Presence, TenantGrant, build, html, markdown

APPS = 300


@dataclass(frozen=True)
class ReportCost:
    """Seconds from the catalogue's values to the text, and how large it is."""

    apps: int
    permissions: int
    html: float
    markdown: float
    megabytes: float


def measure(apps: int | None = None) -> ReportCost:
    """Return the cost for the shipped editions, or for one with this many applications."""
    editions = [load().edition_as_of(vendor, CURRENT) for vendor in load().vendors]
    if apps is not None:
        editions = [_enlarged(load().edition_as_of("atlas", CURRENT), apps)]
    deployed = tuple(app for edition in editions for app in _observed(edition))
    observed = Observed("tenant", "Contoso", "now", "read", deployed)
    page, by_html = _timed(html, editions, observed)
    _text, by_markdown = _timed(markdown, editions, observed)
    documented = [app for edition in editions for app in edition.apps]
    return ReportCost(
        len(documented), sum(len(app.permissions) for app in documented), by_html, by_markdown, len(page.encode()) / 1e6
    )


def _timed(write: Callable[[Dossier], str], editions: Sequence[Edition], observed: Observed) -> tuple[str, float]:
    start = time.perf_counter()
    text = write(build(editions, version="0", observed=observed))
    return text, time.perf_counter() - start


def _enlarged(edition: Edition, apps: int) -> Edition:
    """Return an edition with this many apps: the real ones, again and again, each with a key of its own."""
    count = len(edition.apps)
    many = [replace(edition.apps[number % count], key=f"app-{number}") for number in range(apps)]
    return replace(edition, apps=tuple(many))


def _observed(edition: Edition) -> list[ObservedApp]:
    return [
        ObservedApp(
            edition.vendor,
            app.key,
            app.name,
            "present",
            tuple(
                TenantGrant(
                    entry.permission.api, entry.api_name, entry.type, entry.name, entry.id, Presence.AS_DOCUMENTED
                )
                for entry in app.permissions
            ),
        )
        for app in edition.apps
    ]
