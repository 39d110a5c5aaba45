"""The public names of the package."""

from __future__ import annotations

import subprocess
import sys

import lockstep.emulator


def test_exported_names_are_sorted_and_there() -> None:
    names = lockstep.emulator.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(lockstep.emulator, name) for name in names)


def test_plugin_loads_nothing_heavy() -> None:
    heavy = "{'httpx', 'starlette', 'uvicorn', 'joserfc', 'cryptography', 'trustme', 'pydantic', 'yaml'}"
    code = f"import sys, lockstep.emulator.pytest_plugin; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
