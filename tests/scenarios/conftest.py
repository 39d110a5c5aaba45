"""The environment that a local target asks for: the program reads where its providers go."""

from collections.abc import Iterator

import pytest

from tests.scenarios.estate import HOST


@pytest.fixture(autouse=True, scope="module")
def local_target() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARM_METADATA_HOSTNAME", HOST)
        yield
