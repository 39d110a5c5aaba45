"""The words of `lockstep preview`."""

from __future__ import annotations

from lockstep.cli.options import deploying

preview = deploying(
    "preview",
    "Show what `up` would do, by permission name; changes nothing.",
    ("lockstep preview", "lockstep preview --stack prod --rehearse --json"),
)
