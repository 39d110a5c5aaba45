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
    """A repository with the project as its only commit, as those of users are: without a Lockstep of its own."""
    return make_clone(tmp_path_factory.mktemp("clone") / "project", library=False)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a Lockstep of its own, as this repository is. A test that uses it changes that in its `pull`."""
    return make_clone(tmp_path_factory.mktemp("library") / "project", library=True)


@pytest.fixture
def pull(request: pytest.FixtureRequest, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Pull:
    """A copy of a clone, to change and judge."""
    clone: Path = request.getfixturevalue("library" if "library" in request.fixturenames else "clone")
    return Pull(Path(shutil.copytree(clone, tmp_path / "pull", symlinks=True)), capfd)
