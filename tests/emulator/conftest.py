"""A client that is signed in to an emulator in process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lockstep.emulator import Emulator
from tests.emulator.client import Client


@pytest.fixture
def graph(entra: Emulator) -> Iterator[Client]:
    """The deployer, signed in."""
    with Client(entra) as client:
        yield client
