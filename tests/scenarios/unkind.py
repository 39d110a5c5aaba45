"""What Entra does to a deployment, one plan for each kind of fault, and a check that the request log is held to.

The clock stands still until somebody waits, so that an hour of throttling costs no time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lockstep.emulator import Clock, Emulator
from tests.conftest import BY_HAND

OURS, THEIRS = "entraconsent", "azuread"
"""The doors of the two providers, as `Estate` names them."""

FAULTS: dict[str, dict[str, Any]] = {
    "latency": {"latency": {"median": 0.5, "p99": 8.0}},
    "resource units": {"throttling": {"units": 25, "per": 10}},
    "writes": {"throttling": {"writes": 10, "writes_per": 60}},
    "errors before the work": {"errors": {"share": 0.15, "done": 0.0}},
    "errors after the work": {"errors": {"share": 0.15, "done": 1.0}},
    "lost connections": {"connections": {"share": 0.15}},
    "late replicas": {"replication": {"delay": [0.5, 5.0]}},
    "one stale not found": {"absent": {"share": 0.5}},
    "conflicts": {"conflicts": {}},
    "revoked tokens": {"tokens": {"requests": 15}},
    "short tokens": {"tokens": {"lifetime": 400}, "throttling": {"writes": 10, "writes_per": 150}},
    "a writer who undoes ours": {"writer": {"when": "after", "add": []}},
}
MIX: dict[str, Any] = {
    "throttling": {"units": 40},
    "errors": {"share": 0.05},
    "connections": {"share": 0.05},
    "replication": {"delay": [0.5, 5.0]},
    "absent": {"share": 0.2},
    "conflicts": {},
    "tokens": {"requests": 40},
}
"""All of it at once, but for the other writer: one who undoes ours while a late replica still shows ours is seen by
nobody before the next refresh."""
_BASE = {"stopped_clock": True, "latency": {"median": 0.03, "p99": 0.3}}


def opened(profile: str = "fresh") -> Emulator:
    """Return a tenant whose time passes only by waiting."""
    return Emulator.open(profile=profile, clock=Clock(stopped=True))


def set_faults(emulator: Emulator, plan: Mapping[str, Any], seed: int, *, spare: Iterable[str] = ()) -> None:
    """Let the plan begin; the doors in `spare` meet nothing of it."""
    emulator.faults.replace({**_BASE, **plan, "seed": seed})
    emulator.faults.spared = {BY_HAND, *spare}


def settle(emulator: Emulator) -> None:
    """Let a quiet hour pass: replicas agree, limits are back."""
    emulator.faults.clear()
    emulator.clock.advance(3600)


def repeated_blindly(log: Iterable[Mapping[str, Any]], door: str) -> list[str]:
    """Return each POST of this door that was sent again, although nobody knew whether it was done, without a look.

    A POST inside a `$batch` whose own answer was lost is one of which nobody knows.
    """
    unknown: set[str] = set()
    wrong: list[str] = []
    for requests, outer in _exchanges(entry for entry in log if entry["door"] == door):
        for method, url, body, status in requests:
            key = _key(method, url, body)
            if method == "GET" and not _lost(outer):
                unknown = {each for each in unknown if not _shows(url, each)}
            if key and key in unknown:
                wrong.append(key)
            if key and (_lost(outer) or _lost(status)):
                unknown.add(key)
    return wrong


Part = tuple[str, str, Any, int]


def _exchanges(log: Iterable[Mapping[str, Any]]) -> Iterator[tuple[list[Part], int]]:
    """Return the requests that the client sent together, and the status that it saw of the whole."""
    inner: list[Mapping[str, Any]] = []
    for entry in log:
        if entry["batch"]:
            inner.append(entry)
        elif entry["path"].endswith("/$batch"):
            steps = (entry["body"] or {}).get("requests", [])
            known = {(each["method"], _url(each), str(each["body"])): each["status"] for each in inner}
            yield (
                [
                    (
                        step["method"],
                        step["url"],
                        step.get("body"),
                        known.get((step["method"], step["url"], str(step.get("body"))), 0),
                    )
                    for step in steps
                ],
                entry["status"],
            )
            inner = []
        else:
            yield [(entry["method"], _url(entry), entry["body"], entry["status"])], entry["status"]


def _url(entry: Mapping[str, Any]) -> str:
    path = re.sub(r"^/(v1\.0|beta)", "", entry["path"])
    return f"{path}?{entry['query']}" if entry["query"] else path


def _lost(status: int) -> bool:
    return status == 0 or status in (500, 502, 503, 504)


def _key(method: str, url: str, body: Any) -> str:
    """Return what a POST makes, or nothing for another request and for a sign-in."""
    if method != "POST" or not isinstance(body, dict) or url.startswith("/$batch"):
        return ""
    parts = [body.get(name, "") for name in ("clientId", "principalId", "resourceId", "appRoleId", "appId")]
    return f"{url.partition('?')[0]} {' '.join(map(str, parts))}"


def _shows(url: str, key: str) -> bool:
    """Tell whether a GET looks for what a POST makes."""
    path, *idents = key.split(" ")
    looked = url.partition("?")[0]
    return (looked == path and (path != "/oauth2PermissionGrants" or idents[0] in url)) or (
        path == "/servicePrincipals" and idents[-1] in url
    )
