"""Which files decide what is deployed or how that is judged. A change of one needs an approval.

All of them do but a short list: what nothing runs and nothing reads. Stack files are on it, because their effect is in
the grant manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_HARMLESS_FOLDERS = ("docs/", "tests/", "benchmarks/")
_HARMLESS_FILES = re.compile(r"[^/]+\.(md|example)|LICENSE|NOTICE")
# Wherever it is, it says who has to look: hosts read it from `docs/` as well.
_OWNERS = "CODEOWNERS"

STACK_FILE = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9_.-]{1,100})\.yaml")
APPROVALS = "policy/approvals.yaml"
EXCEPTIONS = "policy/exceptions.yaml"
EDITIONS = "lockstep/catalogue/data/editions/"


def guarded(path: str, reached: Iterable[str] = ()) -> bool:
    """Tell whether a file, by its path from the project's folder with `/`, is guarded.

    `reached` are the paths that a symbolic link leads to: what is there can be run or read under another name.
    """
    if any(target in (".", path) or path.startswith(f"{target}/") for target in reached):
        return True
    if path.rpartition("/")[2] == _OWNERS:
        return True
    harmless = path.startswith(_HARMLESS_FOLDERS) or _HARMLESS_FILES.fullmatch(path) or STACK_FILE.fullmatch(path)
    return not harmless
