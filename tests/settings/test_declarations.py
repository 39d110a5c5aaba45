"""Pulumi.yaml, docs/settings.md and the code name the same settings."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from lockstep.catalogue import AppKind, load
from lockstep.emulator.constants import TENANT_ID
from lockstep.settings.model import AppSetting, Settings, stack_file_schema
from lockstep.settings.reading import names, read_settings
from lockstep.settings.selection import MAY_HAVE
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
        if "default" in declared and key != "lockstep:apps"
    }
    filled["lockstep:vendors"] = '["atlas", "atera"]'
    assert read_settings({**config(), **filled}, where=FILE) == read_settings(config(), where=FILE)
    assert DECLARED["lockstep:vendors"]["default"] == ["atlas", "atera"]


def rows(head: str) -> dict[str, str]:
    """Return the rows of the table in docs/settings.md whose first column is called `head`, by their setting."""
    text = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    table = text[text.index(f"\n| {head} |") :].split("\n\n")[0]
    return dict(re.findall(r"^\| `([\w-]+)` \| (.*)$", table, re.MULTILINE))


def test_documentation_has_a_row_for_each_setting_and_no_other() -> None:
    assert list(rows("setting")) == list(names())
    assert list(rows("of an app")) == [field.alias for field in AppSetting.model_fields.values()]


@pytest.mark.parametrize(("head", "shape"), [("setting", Settings), ("of an app", AppSetting)])
def test_row_names_every_choice_of_its_setting(head: str, shape: type[Settings] | type[AppSetting]) -> None:
    schema = shape.model_json_schema()
    choices = {name: part["enum"] for name, part in schema["properties"].items() if "enum" in part}
    assert choices
    for name, words in choices.items():
        assert all(f"`{word}`" in rows(head)[name] for word in words), name


def test_row_of_an_app_says_for_which_kinds_it_is() -> None:
    kinds = {kind: kind.value.replace("-", " ") for kind in AppKind}
    for name, row in rows("of an app").items():
        field = next(key for key, field in AppSetting.model_fields.items() if field.alias == name)
        may = {words for kind, words in kinds.items() if field in MAY_HAVE[kind]}
        column = row.split(" | ")[2]
        assert {words for words in kinds.values() if words in column} == (may if len(may) < len(kinds) else set()), name


def test_documentation_lists_every_app_with_its_kind() -> None:
    apps = {
        app.key: app.kind.value.replace("-", " ")
        for vendor in load().vendors
        for app in load().edition_as_of(vendor, "current").apps
    }
    assert {key: row.split(" | ")[1].rstrip(" |") for key, row in rows("key").items()} == apps


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


def test_schema_of_a_stack_file_is_up_to_date_and_takes_what_the_reader_takes() -> None:
    schema = stack_file_schema()
    kept = REPOSITORY / "lockstep" / "settings" / "schema.json"
    assert json.loads(kept.read_text(encoding="utf-8")) == schema, "run scripts/schemas.py"
    validator = jsonschema.Draft202012Validator(schema)
    for name in ("Pulumi.dev.yaml", "Pulumi.prod.yaml.example"):
        assert list(validator.iter_errors(yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8")))) == [], name


@pytest.mark.parametrize(
    "config",
    [
        {"lockstep:apps": {"pnp": {"deplyo": True}}},
        {"contoso:apps": {"spfx": {"principals": "news"}}},
        {"lockstep:editions": {"atlas": "March 2025"}},
        {"lockstep:owners": ["me"]},
        {"lockstep:apps": {"atera": {"withhold": [{"permission": "Mail.Send"}]}}},
    ],
)
def test_schema_refuses_what_the_reader_refuses(config: dict[str, Any]) -> None:
    assert not jsonschema.Draft202012Validator(stack_file_schema()).is_valid({"config": config})
