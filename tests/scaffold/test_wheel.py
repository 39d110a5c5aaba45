"""The wheel: one package, and in it the reference project."""

from __future__ import annotations

import zipfile

from tests.conftest import REPOSITORY
from tests.gate.pulls import git
from tests.scaffold.installed import Installed

PROJECT = "lockstep/scaffold/project/"
FOLDERS = ("components/", "pipelines/", "plugins/", "policy/", "stacks/")
FILES = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml.example", "__main__.py", "requirements/run.txt")


def test_one_package_is_installed(installed: Installed) -> None:
    names = {path.name for path in next((installed.bin.parent / "lib").glob("*/site-packages")).iterdir()}
    assert {name for name in names if "borrowed" not in name and not name.endswith(".dist-info")} == {"lockstep"}


def test_the_reference_project_is_in_the_wheel_as_it_stands_at_the_root(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        packed = {name.removeprefix(PROJECT): wheel.read(name) for name in wheel.namelist() if name.startswith(PROJECT)}
    listed = git(REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    own = {name: (REPOSITORY / name).read_bytes() for name in listed if name.startswith(FOLDERS) or name in FILES}
    assert packed == own
