"""Running the program: again and again in one process, in its own folder, and when it fails."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from lockstep.errors import UsageError
from lockstep.rehearsal import Rehearsal, Result
from lockstep.settings.project import Project
from tests.rehearsal.conftest import Boxes
from tests.rehearsal.toy import ToyPlugin


def _run(directory: Path, source: str, **modules: str) -> Result:
    (directory / "Pulumi.yaml").write_text("name: scratch\nruntime: python\n")
    (directory / "__main__.py").write_text(dedent(source))
    for name, text in modules.items():
        (directory / f"{name}.py").write_text(dedent(text))
    return Rehearsal(directory, "dev", {}, plugins={"toy": ToyPlugin()}).up()


def test_runs_follow_each_other_with_fresh_settings(boxes: Boxes) -> None:
    for name in ("a", "b", "c"):
        result = boxes({"name": name}, greeting=name).preview()
        assert (result.exit_code, result.outputs["names"], result.outputs["greeting"]) == (0, [name], name)


def test_declared_defaults_apply_unless_set(boxes: Boxes) -> None:
    assert boxes().up().outputs["greeting"] == "hello"


def test_modules_of_the_program_are_forgotten_and_others_restored(tmp_path: Path, boxes: Boxes) -> None:
    path, arguments, folder = list(sys.path), list(sys.argv), Path.cwd()
    before = {key: module for key, module in sys.modules.items() if key.startswith("components")}
    first = _run(tmp_path, "import pulumi, words\npulumi.export('word', words.WORD)", words="WORD = 'one'")
    second = _run(tmp_path, "import pulumi, words\npulumi.export('word', words.WORD)", words="WORD = 'other'")
    assert (first.outputs, second.outputs) == ({"word": "one"}, {"word": "other"})
    boxes({"name": "a"}).preview()
    assert "words" not in sys.modules
    assert {key: module for key, module in sys.modules.items() if key.startswith("components")} == before
    assert (sys.path, sys.argv, Path.cwd()) == (path, arguments, folder)


def test_program_works_in_its_own_folder(tmp_path: Path) -> None:
    result = _run(tmp_path, "import os, pulumi\npulumi.export('here', os.listdir('.'))")
    assert sorted(result.outputs["here"])[:2] == ["Pulumi.yaml", "__main__.py"]


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("raise ValueError('no good')", 1, "the program failed: ValueError: no good (__main__.py:1)"),
        (
            "from lockstep.errors import SettingError\nraise SettingError('edition is not a date')",
            2,
            "edition is not a date",
        ),
        ("from lockstep.errors import SignInError\nraise SignInError('wrong secret')", 3, "wrong secret"),
        ("import pulumi\nraise pulumi.RunError('plain words')", 1, "the program failed: plain words (__main__.py:2)"),
        ("import sys\nsys.exit(3)", 3, "the program ended itself with sys.exit(3)"),
        (
            "import absent",
            1,
            "the program failed: ModuleNotFoundError: No module named 'absent' (__main__.py:1)",
        ),
        ("import pulumi\npulumi.log.error('I give up')", 1, "I give up"),
    ],
)
def test_failure_is_one_line_with_an_exit_code(tmp_path: Path, source: str, code: int, message: str) -> None:
    result = _run(tmp_path, source)
    assert (result.exit_code, result.errors) == (code, [message])


def test_failure_inside_an_output_is_reported_once(tmp_path: Path) -> None:
    source = """
        import pulumi
        def fail(value):
            raise ValueError(f"cannot take {value}")
        pulumi.export("x", pulumi.Output.from_input(4).apply(fail))
    """
    result = _run(tmp_path, source)
    assert result.exit_code == 1
    assert len(result.errors) == 1
    assert "cannot take 4" in result.errors[0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Box('a', opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name='b')]))", "aliases"),
        ("Box('a'); Box('a')", "duplicate resource"),
        ("Box('a', color=pulumi.Output.secret('red'))", "secret input 'color'"),
        ("pulumi.export('x', pulumi.Output.secret('red'))", "secret output 'x'"),
        ("pulumi.runtime.call('toy:index:Box/move', {})", "does not model"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(tmp_path: Path, line: str, message: str) -> None:
    source = f"""
        import pulumi
        class Box(pulumi.CustomResource):
            def __init__(self, name, opts=None, **props):
                super().__init__("toy:index:Box", name, props, opts)
        {line}
    """
    result = _run(tmp_path, source)
    assert result.exit_code == 2
    assert message in result.errors[0]
    assert "red" not in result.errors[0].replace("rehearsal", "")


def test_functions_and_reads_reach_the_plugin(tmp_path: Path) -> None:
    source = """
        import pulumi
        class Box(pulumi.CustomResource):
            def __init__(self, name, opts=None, **props):
                super().__init__("toy:index:Box", name, {"weight": None, **props}, opts)
        shelf = pulumi.runtime.invoke("toy:index:getShelf", {}).value["shelf"]
        pulumi.export("shelf", shelf)
        Box("seen", opts=pulumi.ResourceOptions(id="mine"))
    """
    (tmp_path / "Pulumi.yaml").write_text("name: scratch\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(dedent(source))
    toy = ToyPlugin()
    toy.boxes["mine"] = {"color": "red"}
    rehearsal = Rehearsal(tmp_path, "dev", {}, plugins={"toy": toy})
    result = rehearsal.up()
    assert (result.exit_code, result.outputs) == (0, {"shelf": "top"})
    assert [str(step.op) for step in result.steps if step.name == "seen"] == ["read"]
    rehearsal.destroy()
    assert toy.boxes == {"mine": {"color": "red"}}


def test_project_without_program_or_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        Project.load(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("runtime: python\n")
    with pytest.raises(UsageError, match="no project name"):
        Project.load(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: empty\n")
    assert "there is no program" in Rehearsal(tmp_path, "dev", {}, plugins={}).up().errors[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", "3"),
        ("true", "true"),
        ("[a, b]", '["a", "b"]'),
        ("2025-03-01", "2025-03-01"),
        ("'x'", "x"),
        ("yes", "yes"),
    ],
)
def test_defaults_of_a_project_arrive_as_text(tmp_path: Path, text: str, value: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: p\nconfig:\n  x: {{default: {text}}}\n  p:y: {{value: {text}}}\n")
    assert Project.load(tmp_path).defaults == {"p:x": value, "p:y": value}
