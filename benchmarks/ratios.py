"""The same estate in azuread alone and in Lockstep, with and without the pack, side by side under the real CLI.

Every round takes each program through its whole life, one after the other, so that whatever else the machine does meets
all of them. All talk to one served emulator with the same latency. Figures are looked at, never asserted.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from benchmarks import real
from benchmarks.estate import stack_config
from benchmarks.phases import REPOSITORY, STACK
from benchmarks.traffic import Traffic, count
from lockstep.catalogue import AppKind
from lockstep.emulator.testing import RunningServer, running
from lockstep.settings.reading import read_settings
from lockstep.settings.stack_app import StackApp, stack_apps

ALONE, BARE, PACKED = "azuread alone", "Lockstep", "Lockstep with the pack"
PHASES: Mapping[str, Sequence[str]] = {
    "create": ("up", "--yes", "--skip-preview"),
    "no-change preview": ("preview", "--expect-no-changes"),
    "up --refresh, nothing to do": ("up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes"),
    "destroy": ("destroy", "--yes", "--skip-preview"),
}


@dataclass(frozen=True)
class Took:
    """One phase of one program: wall clock and processor seconds (its own and all that it started), and requests."""

    seconds: float
    processor: float
    traffic: Traffic
    deletions: tuple[float, ...] = ()
    """When each application's deletion started, in seconds after the first."""


@dataclass
class Life:
    """All rounds of one program, by phase."""

    name: str
    project: Path
    words: tuple[str, ...] = ()
    rounds: dict[str, list[Took]] = field(default_factory=dict)


def measure(rounds: int, latency_ms: int, folder: Path) -> list[Life]:
    """Take all three programs through `rounds` lives."""
    alone = _write_alone(folder / "alone")
    with_pack = ("--policy-pack", str(REPOSITORY / "policy"))
    lives = [Life(ALONE, alone), Life(BARE, REPOSITORY), Life(PACKED, REPOSITORY, with_pack)]
    with running(folder / "emulator.sqlite") as server:
        server.emulator.faults.latency = latency_ms / 1000
        for _ in range(rounds):
            for number, life in enumerate(lives):
                place = folder / f"place-{number}"
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                server.emulator.reset("fresh")
                server.emulator.faults.latency = latency_ms / 1000
                env = real.environment(place, server)
                config = real.stack(place, env, _config(life), _name(life))
                for phase in PHASES:
                    life.rounds.setdefault(phase, []).append(_phase(phase, life, server, env, config))
    return lives


def _name(life: Life) -> str:
    return str(yaml.safe_load((life.project / "Pulumi.yaml").read_text("utf-8"))["name"])


def _config(life: Life) -> Path:
    return life.project / f"Pulumi.{STACK}.yaml"


def _phase(phase: str, life: Life, server: RunningServer, env: Mapping[str, str], config: Path) -> Took:
    pack = life.words if PHASES[phase][0] != "destroy" else ()
    words = [*PHASES[phase], *pack, "--stack", STACK, "--config-file", str(config)]
    server.emulator.log.clear()
    before = os.times()
    begun = time.perf_counter()
    real.run_pulumi(words, env, life.project)
    seconds, after = time.perf_counter() - begun, os.times()
    # Of the CLI and of all that it waited for. The emulator is a thread of this process, not a child of it.
    used = after.children_user + after.children_system - before.children_user - before.children_system
    entries = list(server.emulator.log)
    return Took(seconds, used, count(entries), tuple(_deletions(entries)))


def _deletions(entries: Iterable[Mapping[str, Any]]) -> list[float]:
    """Return when each deletion of an application was asked for, in seconds after the first."""
    asked = [
        datetime.fromisoformat(entry["time"]).timestamp()
        for entry in entries
        if entry["method"] == "DELETE" and "/applications/" in entry["path"]
    ]
    return [moment - min(asked) for moment in asked]


def _write_alone(folder: Path) -> Path:
    """Write the project in azuread alone; return its folder."""
    shutil.copytree(Path(__file__).parent / "azuread_alone", folder, ignore=shutil.ignore_patterns("__pycache__"))
    options = f"{{toolchain: pip, virtualenv: {Path(sys.prefix).as_posix()}}}"
    (folder / "Pulumi.yaml").write_text(f"name: alone\nruntime: {{name: python, options: {options}}}\n", "utf-8")
    ours = yaml.safe_load((REPOSITORY / f"Pulumi.{STACK}.yaml").read_text("utf-8"))
    config = {key: value for key, value in ours["config"].items() if key.startswith("azuread:")}
    kept = {"config": config, "encryptionsalt": ours["encryptionsalt"]}
    (folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(kept), "utf-8")
    (folder / "estate.json").write_text(json.dumps(_estate()), "utf-8")
    return folder


def _estate() -> dict[str, Any]:
    settings = read_settings(stack_config(), where=f"Pulumi.{STACK}.yaml", namespace="lockstep", secrets=[])
    apps = stack_apps(settings)
    registrations = sorted(
        (app for app in apps if app.kind is AppKind.REGISTRATION), key=lambda app: not app.app.exposes
    )
    enterprise = [app for app in apps if app.kind is AppKind.ENTERPRISE_APP]
    wanted = [entry for app in (*registrations, *enterprise) for entry in app.wanted if not entry.on_own_api]
    return {
        "apis": sorted({entry.permission.api for entry in wanted}),
        "registrations": [
            {
                "key": f"app:{app.key}",
                "name": app.name,
                "uris": list(app.identifier_uris),
                "scopes": [_scope(scope) for scope in app.exposed],
                "required": _required(app),
                "consented": _consented(app),
            }
            for app in registrations
        ],
        "enterprise_apps": [
            {"name": app.name, "client_id": app.client_id, "consented": _consented(app)} for app in enterprise
        ],
    }


def _scope(scope: Any) -> dict[str, Any]:
    names = ("id", "value", "type", "enabled", "admin_consent_display_name", "admin_consent_description")
    return {name: getattr(scope, name) for name in names}


def _required(app: StackApp) -> list[dict[str, Any]]:
    entries: dict[str, set[tuple[str, str]]] = {}
    own = {entry.permission.api for entry in app.wanted if entry.on_own_api}
    for entry in app.wanted:
        entries.setdefault(entry.permission.api, set()).add((entry.permission.id, entry.type.entra))
    return [
        {"api": api, "own": api in own, "accesses": [{"id": id_, "type": type_} for id_, type_ in sorted(accesses)]}
        for api, accesses in sorted(entries.items(), key=lambda pair: (pair[0] in own, pair[0]))
    ]


def _consented(app: StackApp) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {"delegated": {}, "application": {}}
    for entry in sorted(app.wanted, key=lambda entry: entry.name):
        word = entry.name if entry.type.value == "delegated" else entry.permission.id
        found[entry.type.value].setdefault(entry.permission.api, []).append(word)
    return found


@dataclass(frozen=True)
class Row:
    """One phase of one program. The ratios are medians of the rounds, each to azuread alone in the same round."""

    phase: str
    life: Life
    seconds: tuple[float, ...]
    processor: tuple[float, ...]
    traffic: Traffic
    ratio: float | None
    processor_ratio: float | None


def ratios(lives: Sequence[Life]) -> list[Row]:
    """Return a row for each phase and program; `lives` begin with azuread alone, which has no ratio."""
    found: list[Row] = []
    for phase in PHASES:
        for life in lives:
            took, alone = life.rounds[phase], lives[0].rounds[phase]
            pairs = list(zip(took, alone, strict=True))
            ratio = None if life is lives[0] else median(mine.seconds / other.seconds for mine, other in pairs)
            processor = None if life is lives[0] else median(mine.processor / other.processor for mine, other in pairs)
            seconds, used = tuple(each.seconds for each in took), tuple(each.processor for each in took)
            found.append(Row(phase, life, seconds, used, took[-1].traffic, ratio, processor))
    return found
