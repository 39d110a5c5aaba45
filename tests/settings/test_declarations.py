"""Pulumi.yaml, docs/settings.md and the code name the same settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from lockstep.emulator.constants import TENANT_ID
from lockstep.settings.model import Settings, names
from lockstep.settings.target import LOCAL_TENANT
from tests.conftest import REPOSITORY
from tests.settings.reading import FILE, config

PROJECT: dict[str, Any] = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text(encoding="utf-8"))
DECLARED: dict[str, Any] = PROJECT["config"]
SETTING = pytest.mark.parametrize("name", names())


def test_every_declared_setting_is_one_and_every_setting_is_declared() -> None:
    assert set(DECLARED) == {f"lockstep:{name}" for name in names()}
    assert PROJECT["name"] == "lockstep"


@SETTING
def test_declaration_has_a_type_and_a_description(name: str) -> None:
    declared = DECLARED[f"lockstep:{name}"]
    assert declared["description"].endswith(".")
    assert declared["type"] in ("string", "boolean", "array", "object")
    assert ("items" in declared) is (declared["type"] == "array")


def test_only_the_target_has_to_be_set() -> None:
    assert [key for key, declared in DECLARED.items() if "default" not in declared] == ["lockstep:target"]


def test_defaults_that_pulumi_fills_in_are_the_programs_own() -> None:
    filled = {
        key: yaml.safe_dump(declared["default"], default_flow_style=True).strip()
        if isinstance(declared["default"], list | dict)
        else str(declared["default"]).lower()
        for key, declared in DECLARED.items()
        if "default" in declared and key != "lockstep:ateraClientId"
    }
    filled["lockstep:vendors"] = '["atlas", "atera"]'
    assert Settings.read({**config(), **filled}, where=FILE) == Settings.read(config(), where=FILE)
    assert DECLARED["lockstep:vendors"]["default"] == ["atlas", "atera"]


@SETTING
def test_setting_has_a_row_in_the_documentation(name: str) -> None:
    text = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \|", text, re.MULTILINE)


def test_documentation_has_no_row_for_what_is_no_setting() -> None:
    text = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(names())


def test_local_tenant_is_the_emulators() -> None:
    assert TENANT_ID == LOCAL_TENANT


def test_plugin_of_our_own_provider_is_referred_to_by_path() -> None:
    (provider,) = PROJECT["plugins"]["providers"]
    assert provider == {"name": "entraconsent", "path": "./plugins/entraconsent"}
    folder = REPOSITORY / provider["path"]
    plugin = yaml.safe_load((folder / "PulumiPlugin.yaml").read_text(encoding="utf-8"))
    environment = folder / plugin["runtime"]["options"]["virtualenv"]
    assert environment.resolve() == (REPOSITORY / PROJECT["runtime"]["options"]["virtualenv"]).resolve()
    # Other modules beside the plugin's own would shadow the standard library's and break its start.
    assert sorted(path.name for path in folder.glob("*.*")) == ["PulumiPlugin.yaml", "__main__.py"]
