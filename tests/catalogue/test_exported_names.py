"""The door of the package: what other parts may import."""

from __future__ import annotations

import subprocess
import sys

import lockstep.catalogue


def test_all_is_sorted_and_real() -> None:
    names = lockstep.catalogue.__all__
    constants = [name for name in names if name.isupper()]
    classes = [name for name in names if name[0].isupper() and not name.isupper()]
    functions = [name for name in names if name[0].islower()]
    assert names == sorted(constants) + sorted(classes) + sorted(functions)
    assert all(hasattr(lockstep.catalogue, name) for name in names)


def test_all_leaves_out_nothing_public() -> None:
    """Everything that the door imports from the package is exported, and nothing else."""
    modules = {"annotations"} | {name for name in vars(lockstep.catalogue) if _is_module(name)}
    public = {name for name in vars(lockstep.catalogue) if name[0].isalpha()} - modules
    assert public == set(lockstep.catalogue.__all__)


def test_import_reads_no_yaml_and_no_pydantic() -> None:
    """Programs that read no edition must not pay for reading one."""
    code = "import sys, lockstep.catalogue; print([m for m in ('yaml', 'pydantic', 'pulumi') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def _is_module(name: str) -> bool:
    return f"lockstep.catalogue.{name}" in sys.modules
