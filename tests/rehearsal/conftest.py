"""Fixtures: the toy plugin, a program of boxes, the recordings, and a rehearsal against the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, Emulator
from lockstep.rehearsal import Rehearsal, local_plugins
from tests.rehearsal.toy import ToyPlugin

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
SIGN_IN = {
    "ARM_METADATA_HOSTNAME": "localhost:8443",
    "ARM_CLIENT_ID": DEPLOYER_CLIENT_ID,
    "ARM_CLIENT_SECRET": DEPLOYER_SECRET,
    "ARM_TENANT_ID": TENANT_ID,
}


@pytest.fixture
def toy() -> ToyPlugin:
    return ToyPlugin()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "stack.json"


Boxes = Callable[..., Rehearsal]


@pytest.fixture
def boxes(toy: ToyPlugin, state: Path) -> Boxes:
    """Make a rehearsal of the program of boxes: `boxes({"name": "a"}, fail="why")`."""

    def make(*entries: dict[str, Any], packs: tuple[Path, ...] = (), **settings: str) -> Rehearsal:
        config = {"boxes": json.dumps(list(entries)), **settings}
        return Rehearsal(PROGRAMS / "basic", "dev", config, plugins={"toy": toy}, state=state, policy_packs=packs)

    return make


@pytest.fixture(scope="session")
def recorded() -> dict[str, Any]:
    """Return what the real engine and the real azuread provider did, cut to what is compared here."""
    document: dict[str, Any] = json.loads((HERE / "data" / "recorded.json").read_text())
    return document


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    opened = Emulator.open()
    yield opened
    opened.close()


@pytest.fixture
def apps(emulator: Emulator, state: Path) -> Boxes:
    """Make a rehearsal of the program of applications against the emulator."""

    def make(program: str = "apps", **settings: str) -> Rehearsal:
        return Rehearsal(
            PROGRAMS / program,
            "dev",
            {"azuread:tenantId": TENANT_ID, **settings},
            plugins=local_plugins(lambda: httpx.ASGITransport(emulator.app), SIGN_IN),
            state=state,
            environment=SIGN_IN,
        )

    return make


def steps(result: Any) -> dict[str, str]:
    """Return name -> operation of a result's custom resources and components, the stack left out."""
    return {step.name: str(step.op) for step in result.steps if not step.type.startswith("pulumi:")}
