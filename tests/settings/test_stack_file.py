"""A stack file becomes the strings that Pulumi would hand to the program, or one line with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockstep.catalogue import load
from lockstep.errors import SettingError
from lockstep.settings.stack_app import stack_apps
from lockstep.settings.stack_file import read_stack_file
from tests.conftest import REPOSITORY
from tests.settings.reading import LOCAL_TENANT

HEAD = f"""\
config:
  azuread:tenantId: {LOCAL_TENANT}
  entraconsent:tenantId: {LOCAL_TENANT}
  lockstep:target: local
  lockstep:vendors: [atlas]
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    return tmp_path / "Pulumi.test.yaml"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2025-03-01", "2025-03-01"),
        ('"2025-03-01"', "2025-03-01"),
        ("true", "true"),
        ("True", "true"),
        ("yes", "yes"),
        ("2.0", "2.0"),
        ("", ""),
        ("[a, 1, true]", '["a", 1, true]'),
        ("{a: [2025-03-01]}", '{"a": ["2025-03-01 00:00:00 +0000 UTC"]}'),
        ('{a: ["2025-03-01"]}', '{"a": ["2025-03-01"]}'),
    ],
)
def test_values_become_the_strings_that_pulumi_keeps(stack: Path, written: str, text: str) -> None:
    stack.write_text(f"config:\n  lockstep:edition: {written}\n")
    assert read_stack_file(stack).config == {"lockstep:edition": text}


def test_key_without_a_namespace_is_the_projects(stack: Path) -> None:
    stack.write_text("config:\n  target: local\n")
    assert read_stack_file(stack, namespace="contoso").config == {"contoso:target": "local"}


def test_settings_come_from_the_file(stack: Path) -> None:
    stack.write_text(HEAD + "  lockstep:apps:\n    spfx: {withhold: [{permission: Mail.Send, reason: r, by: b}]}\n")
    assert read_stack_file(stack).settings().apps["spfx"].withhold[0].permission == "Mail.Send"


@pytest.mark.parametrize("name", ["Pulumi.dev.yaml", "Pulumi.prod.yaml.example"])
def test_stack_files_of_this_project_are_in_order(name: str) -> None:
    settings = read_stack_file(REPOSITORY / name).settings()
    assert settings.is_local is (name == "Pulumi.dev.yaml")


def test_dev_stack_deploys_everything() -> None:
    settings = read_stack_file(REPOSITORY / "Pulumi.dev.yaml").settings()
    vendors = [load().edition_as_of(vendor, "current") for vendor in ("atlas", "atera")]
    assert [app.app for app in stack_apps(settings)] == [app for edition in vendors for app in edition.apps]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("- a\n", "is not a stack file: it must be an object with config"),
        ("a: b\n", "has no config"),
        ("config: 3\n", ":1: config must be an object of settings"),
        ("config:\n  a: [\n", "is not YAML"),
        ("config:\n  a: \x01\n", "is not YAML"),
        (HEAD + "  lockstep:target: local\n", ":6:3: lockstep:target stands twice, first in line 4; keep one"),
        (
            HEAD + "  lockstep:owners:\n    secure: abc\n",
            ":6: lockstep:owners is encrypted, but no setting is a secret",
        ),
        (HEAD + "  lockstep:edtions: {}\n", ":6: lockstep:edtions is not a setting"),
        (HEAD + "  lockstep:apps: {atlsa: {}}\n", ":6: lockstep:apps names 'atlsa'"),
    ],
)
def test_what_is_no_stack_file_is_refused_in_one_line(stack: Path, text: str, says: str) -> None:
    stack.write_text(text)
    with pytest.raises(SettingError) as caught:
        read_stack_file(stack).settings()
    message = str(caught.value)
    assert message.startswith(str(stack))
    assert says in message
    assert "\n" not in message


def test_file_that_is_not_there_or_not_text_is_refused(stack: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="there is no such stack file"):
        read_stack_file(stack)
    with pytest.raises(SettingError, match="cannot be read"):
        read_stack_file(tmp_path)
    stack.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match="cannot be read"):
        read_stack_file(stack)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("  lockstep:claim:\n    secure: abc\n", ":6: lockstep:claim is encrypted"),
        ("  lockstep:adopted:\n    pnp:\n      secure: abc\n", ":7: lockstep:adopted.pnp is encrypted"),
        (
            "  lockstep:withhold:\n    - app: atera\n      by: {secure: abc}\n",
            ":8: lockstep:withhold[0].by is encrypted",
        ),
        ("  owners:\n    - secure: abc\n", ":7: lockstep:owners[0] is encrypted"),
        ("  lockstep:nothing: {a: [[{secure: abc}]]}\n", ":6: lockstep:nothing.a[0][0] is encrypted"),
    ],
)
def test_c9_a_secret_of_ours_is_refused_at_any_depth_with_its_line(stack: Path, lines: str, says: str) -> None:
    stack.write_text(HEAD + lines)
    with pytest.raises(SettingError) as caught:
        read_stack_file(stack)
    assert str(caught.value) == f"{stack}{says}, but no setting is a secret; set it in plain text"


@pytest.mark.parametrize("value", ["{secure: abc}", "{deep: {secure: abc}}", "[{a: {secure: abc}}]"])
def test_c9_a_secret_anywhere_in_a_setting_of_others_makes_its_whole_key_secret(stack: Path, value: str) -> None:
    stack.write_text(HEAD + f"  azuread:thing: {value}\n")
    assert "azuread:thing" not in read_stack_file(stack).config


def test_secret_of_a_provider_is_passed_over(stack: Path) -> None:
    stack.write_text(HEAD + "  azuread:clientSecret:\n    secure: abc\n")
    assert json.dumps(read_stack_file(stack).config).count("abc") == 0
