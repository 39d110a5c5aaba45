"""The environment that a local target asks for: the program reads where its providers go."""

import pytest

from tests.scenarios.estate import HOST


@pytest.fixture(autouse=True)
def local_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", HOST)
