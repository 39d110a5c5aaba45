"""azuread's SDK is put off, and nobody who imports it sees a difference. Each claim has an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

OURS = "import lockstep.program\n"


def printed(script: str) -> Any:
    """Run a script, and return what it prints as JSON."""
    words = [sys.executable, "-W", "error", "-c", f"import json, sys\n{script}"]
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def test_a_program_of_ours_imports_only_what_it_uses() -> None:
    modules = printed(OURS + "print(json.dumps([name for name in sys.modules if name.startswith('pulumi_azuread.')]))")
    assert sorted(name.partition(".")[2] for name in modules) == [
        "_inputs",
        "_utilities",
        "application",
        "application_certificate",
        "application_federated_identity_credential",
        "get_client_config",
        "outputs",
        "service_principal",
    ]


@cache
def whole() -> Any:
    """Return the names of the SDK and what each is, where nobody put it off."""
    return printed(f"import pulumi_azuread as a\na.config.tenant_id\n{NAMES}")


NAMES = "print(json.dumps(sorted((n, type(v).__name__) for n, v in vars(a).items() if not n.startswith('__'))))"


@pytest.mark.parametrize(
    "asked",
    [
        "a.Group",
        "from pulumi_azuread import Group",
        "from pulumi_azuread import *\nGroup",
        "a.get_group",
        "from pulumi_azuread import user\na.User",
        "import pulumi_azuread.config\na.Provider",
        "import pulumi_azuread.get_user",
        "from pulumi_azuread.get_user import get_user",
        "hasattr(a, 'nothing')",
    ],
)
def test_whoever_asks_for_more_has_all_of_it(asked: str) -> None:
    assert printed(f"{OURS}import pulumi_azuread as a\n{asked}\na.config.tenant_id\n{NAMES}") == whole()
    assert len(whole()) > 300


@pytest.mark.parametrize("first", [OURS, "import pulumi_azuread\nwhole = dict(vars(pulumi_azuread))\n" + OURS])
def test_types_and_functions_are_the_same_ones(first: str) -> None:
    script = (
        f"{first}from lockstep.components import azuread\nimport pulumi_azuread as a\na.Group\n"
        "print(json.dumps([name for name in azuread.__all__ if getattr(a, name) is not getattr(azuread, name)]))"
    )
    assert printed(script) == []


def test_many_threads_may_ask_at_once() -> None:
    script = (
        f"{OURS}import pulumi_azuread as a\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(16) as pool:\n"
        "    types = pool.map(lambda name: getattr(a, name), ['User', 'Group', 'Provider', 'Application'] * 8)\n"
        "print(json.dumps(sorted({each.__name__ for each in types})))"
    )
    assert printed(script) == ["Application", "Group", "Provider", "User"]


def test_what_the_sdk_does_not_have_is_said_as_ever() -> None:
    script = (
        f"{OURS}import pulumi_azuread as a\n"
        "try:\n    a.Nothing\nexcept AttributeError as error:\n    print(json.dumps(str(error)))"
    )
    assert printed(script) == "module 'pulumi_azuread' has no attribute 'Nothing'"
