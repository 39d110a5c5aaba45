"""Fixtures for users of the emulator: `entra` in process, `entra_server` over TLS. Imports nothing until one is used.

    def test_consent(entra):
        transport = httpx.ASGITransport(app=entra.app)

    def test_foreign_client(entra_server):
        ssl_context = ssl.create_default_context(cafile=entra_server.ca)
        ... entra_server.url, entra_server.emulator.snapshot()

`@pytest.mark.entra(profile="brownfield")` chooses what the tenant holds at the start, `faults={...}` what goes wrong,
in the words of a faults file; `enforce_permissions=True` refuses callers without the Graph permissions of an operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from lockstep.emulator.core import Emulator
    from lockstep.emulator.testing import RunningServer


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "entra(profile, faults, enforce_permissions): the local Entra of this test")


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return what the marker says, as the emulator takes it."""
    marker = request.node.get_closest_marker("entra")
    options = dict(marker.kwargs) if marker is not None else {}
    if "faults" in options:
        from lockstep.emulator.faults.reading import read_plan

        options["faults"] = read_plan(options["faults"])
    return options


@pytest.fixture
def entra(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """A local Entra in memory, new for each test."""
    from lockstep.emulator.core import Emulator

    with Emulator.open(**_options(request)) as emulator:
        yield emulator


@pytest.fixture
def entra_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    """A local Entra over TLS on a free port of loopback, new for each test."""
    from lockstep.emulator.testing import running

    options = _options(request)
    enforced = bool(options.pop("enforce_permissions", False))
    with running(tmp_path / "entra.sqlite", **options) as server:
        server.emulator.enforce_permissions = enforced
        yield server
