"""The whole documented estate by rehearsal, against an emulator in memory.

Each `Estate` is a tenant and a stack of its own; the dev stack's are never touched. Used by the bars' tests as well.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import yaml

from benchmarks.phases import PHASES, PREVIEWS, REPOSITORY, STACK, BenchmarkError, Measurement
from benchmarks.program import write_empty_project
from benchmarks.traffic import Traffic, count
from lockstep.emulator import PORT, Emulator
from lockstep.local.state import environment, sign_in, without_callers
from lockstep.rehearsal import Rehearsal, Result
from lockstep.rehearsal.local import local_plugins

NAME = "rehearsal"


@dataclass(frozen=True)
class Ran:
    """One operation and what it cost. `sent` are the requests of our own provider, counted as they leave it."""

    result: Result
    traffic: Traffic
    sent: int
    seconds: float


class Estate:
    """The stack `dev` of this project, rehearsed over a tenant in memory; `state` is where it keeps its state."""

    def __init__(
        self,
        state: Path,
        *,
        profile: str = "fresh",
        config: Mapping[str, str] | None = None,
        project: Path = REPOSITORY,
    ) -> None:
        self.emulator = Emulator.open(profile=profile)
        self._state = state
        self._project = project
        self._config = dict(stack_config() if config is None else config)
        # The address is never connected to: every client gets the emulator itself as its transport.
        self._env = {**without_callers(os.environ), **sign_in(PORT)}
        self._env.pop("SSL_CERT_FILE", None)

    @property
    def _packs(self) -> tuple[Path, ...]:
        """The project's policy pack: what a user waits for includes it."""
        pack = self._project / "policy"
        return (pack,) if (pack / "PulumiPolicy.yaml").is_file() else ()

    def run(self, operation: str) -> Ran:
        """Run `create`, `preview`, `refresh` or `destroy`."""
        ours = _Counting(self.emulator)
        stack = self._rehearsal(ours)
        operations = {"create": stack.up, "preview": stack.preview, "refresh": stack.refresh, "destroy": stack.destroy}
        self.emulator.log.clear()
        begun = time.perf_counter()
        with environment(self._env):
            result = operations[operation]()
        seconds = time.perf_counter() - begun
        return Ran(result, count(self.emulator.log), ours.sent, seconds)

    def _rehearsal(self, ours: _Counting) -> Rehearsal:
        plugins = {
            "azuread": local_plugins(self._transport, self._env)["azuread"],
            "entraconsent": local_plugins(lambda: ours, self._env)["entraconsent"],
        }
        return Rehearsal(
            self._project, STACK, self._config, plugins=plugins, state=self._state, policy_packs=self._packs
        )

    def _transport(self) -> httpx.ASGITransport:
        return httpx.ASGITransport(app=self.emulator.app)


class _Counting(httpx.AsyncBaseTransport):
    """Our provider's way to the emulator; counts what goes to Graph."""

    def __init__(self, emulator: Emulator) -> None:
        self._inner = httpx.ASGITransport(app=emulator.app)
        self.sent = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += request.url.path.startswith(("/v1.0/", "/beta/"))
        return await self._inner.handle_async_request(request)


def stack_config(project: Path = REPOSITORY) -> dict[str, str]:
    """Return the dev stack's config as the engine gives it to the program."""
    config = yaml.safe_load((project / f"Pulumi.{STACK}.yaml").read_text(encoding="utf-8"))["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def measure(latency_ms: int, folder: Path) -> list[Measurement]:
    """Take the estate once through its life, with this latency on every request."""
    estate = Estate(folder / f"rehearsal-{latency_ms}.json")
    estate.emulator.faults.latency = latency_ms / 1000
    phases = []
    for phase in PHASES:
        ran = estate.run(phase)
        if ran.result.exit_code or (phase in ("preview", "refresh") and ran.result.changed):
            raise BenchmarkError(f"{NAME}: {phase} did not end as it has to: {ran.result.errors or ran.result.changes}")
        seconds = ran.seconds
        if phase == "preview":
            seconds = median([seconds, *(estate.run(phase).seconds for _ in range(PREVIEWS - 1))])
        phases.append(Measurement(NAME, phase, latency_ms, seconds, ran.traffic))
    return phases


def empty_program(folder: Path) -> float:
    """Return the seconds that a rehearsal of a program without resources takes."""
    write_empty_project(folder)
    estate = Estate(folder / "state.json", config={}, project=folder)
    runs = [estate.run("preview") for _ in range(PREVIEWS)]
    if runs[0].result.exit_code:
        raise BenchmarkError(f"{NAME}: the empty program failed: {runs[0].result.errors}")
    return median(ran.seconds for ran in runs)
