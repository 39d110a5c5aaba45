"""One clone of the project for all, and a copy of it for each pull request."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.gate.pulls import Pull, make_clone
from tests.scaffold.installed import installed, private, written

__all__ = ["installed", "private", "written"]


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the project as its only commit."""
    return make_clone(tmp_path_factory.mktemp("clone") / "project")


@pytest.fixture
def pull(clone: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Pull:
    """A copy of the clone, to change and judge."""
    return Pull(Path(shutil.copytree(clone, tmp_path / "pull", symlinks=True)), capfd)
