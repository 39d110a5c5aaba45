"""The table of the pack's verdicts on azuread's types, held to the installed SDK: each of its types has one.

`python -m lockstep.policy.types_page` prints it; docs/policy-types.md is its output. No part of a running pack.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from lockstep.policy.closed_world import ALLOWED, CREDENTIAL, GRANTS, REFUSED, TypeVerdict, azuread_types

_TYPE = re.compile(r'"(azuread:index/\w+:\w+)": "\w+"')
_RULES = {GRANTS: "no-azuread-grants", CREDENTIAL: "no-passwords", REFUSED: "only-listed-types"}

_HEAD = """# Types of azuread

Every resource type of the azuread SDK ({version}), and what becomes of it in a stack that the [policy pack](policy.md)
judges. Made from `lockstep/policy/azuread-types.yaml` by `python -m lockstep.policy.types_page`; do not edit. A version
of the SDK with a new type fails the check until somebody has decided on it. Types of every other package are refused,
except those of `entraconsent` and our components.
"""


def installed_types() -> frozenset[str]:
    """Return the token of every resource type of the installed SDK, read from its text: importing it takes long."""
    package = find_spec("pulumi_azuread")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("pulumi_azuread is not installed")
    return frozenset(_TYPE.findall(Path(package.origin).read_text(encoding="utf-8")))


def disagreement(installed: frozenset[str], decided: Mapping[str, TypeVerdict]) -> str:
    """Return what the SDK and the verdicts disagree in, or nothing."""
    lacking, gone = sorted(installed - decided.keys()), sorted(decided.keys() - installed)
    words = [f"no verdict on {', '.join(lacking)}"] if lacking else []
    words += [f"a verdict on {', '.join(gone)}, which the SDK does not have"] if gone else []
    return f"lockstep/policy/azuread-types.yaml: {'; '.join(words)}: decide, and write it there" if words else ""


def page() -> str:
    """Return the page."""
    lines = [_HEAD.format(version=version("pulumi-azuread")), "| type | verdict | why |", "|---|---|---|"]
    for token, entry in sorted(azuread_types().items()):
        rule = _RULES.get(entry.verdict)
        verdict = f"refused by [{rule}](policy.md#{rule})" if rule else ALLOWED
        lines.append(f"| `{token.rpartition(':')[2]}` | {verdict} | {entry.why} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    objection = disagreement(installed_types(), azuread_types())
    if objection:
        sys.exit(objection)
    print(page(), end="")
