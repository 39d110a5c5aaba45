"""Puts the reference project into the wheel: its files stand at the root here, and `lockstep init` copies them.

Everything else about the package is in pyproject.toml.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
FOLDERS = ("components", "pipelines", "plugins", "policy", "stacks")
FILES = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml.example", "__main__.py", "requirements/run.txt")


class BuildWithProject(build_py):
    """Builds the package, and lays the reference project beside `lockstep/scaffold`'s own files.

    An editable install needs no copy: `lockstep.scaffold.files` looks at the root then.
    """

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "lockstep" / "scaffold" / "project"
        shutil.rmtree(target, ignore_errors=True)  # of an earlier build in the same folder
        for folder in FOLDERS:
            shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        for file in FILES:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, target / file)


setup(cmdclass={"build_py": BuildWithProject})
