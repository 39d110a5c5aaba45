from __future__ import annotations

import subprocess
import sys

import lockstep.directory


def test_exported_names_are_sorted_and_there() -> None:
    names = lockstep.directory.__all__
    assert names == sorted(names)
    assert all(hasattr(lockstep.directory, name) for name in names)


def test_import_leaves_the_heavy_libraries_out() -> None:
    heavy = ("azure", "msal", "requests", "pulumi")
    probe = f"import sys, lockstep.directory; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
