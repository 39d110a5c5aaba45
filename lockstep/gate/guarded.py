"""Which files decide what is deployed or how that is judged. A change of one needs an approval.

Code, the judge and the pipelines; stack files are not among them: their effect is in the grant manifest.
"""

from __future__ import annotations

import re

FOLDERS = (
    *("lockstep", "policy", "plugins", "components", "stacks", "pipelines", "requirements", "scripts"),
    *(".github", ".azuredevops", ".ci", ".devcontainer"),
)
FILES = ("Pulumi.yaml", "Makefile", "pyproject.toml", ".gitattributes", ".gitmodules", "CODEOWNERS")
# Anything else that Python would run or read as settings, wherever it could be imported from, and lock files.
_KINDS = re.compile(
    r"(\.(py|pyc|pyd|pth|so|dll|dylib|zip|egg|whl|toml|cfg|ini|lock)|(^|/)[\w.-]*requirements[\w.-]*\.txt|"
    r"(^|/)constraints[\w.-]*\.txt|(^|/)(azure-pipelines|\.gitlab-ci)[\w.-]*\.ya?ml|(^|/)Pulumi[^/]*\.(yml|json))$"
)
_HARMLESS = ("docs/", "tests/", "benchmarks/")

STACK_FILE = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9_.-]{1,100})\.yaml")
APPROVALS = "policy/approvals.yaml"
EXCEPTIONS = "policy/exceptions.yaml"
EDITIONS = "lockstep/catalogue/data/editions/"


def guarded(path: str) -> bool:
    """Tell whether a file, by its path from the project's folder with `/`, is guarded."""
    if path.startswith(_HARMLESS):
        return False
    if STACK_FILE.fullmatch(path):
        return False
    return path.split("/")[0] in (*FOLDERS, *FILES) or bool(_KINDS.search(path)) or _odd_stack_file(path)


def _odd_stack_file(path: str) -> bool:
    """Tell whether Pulumi might read a file as a stack's that the gate does not run."""
    return path.startswith("Pulumi.") and path.endswith(".yaml")
