"""The one YAML reader: where things stand, and what no two readers agree on is refused before anything is built."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue import load_edition
from lockstep.errors import UsageError
from lockstep.gate.approvals import read_approvals
from lockstep.policy.exceptions import read_exceptions
from lockstep.settings.project import Project
from lockstep.settings.stack_file import read_stack_file
from lockstep.text_file import MAX_BYTES
from lockstep.yaml_file import MAX_DEPTH, MAX_NODES, parse_yaml, read_yaml, yaml_text
from tests.policy.service import TODAY


def test_nodes_know_where_they_are() -> None:
    root = parse_yaml("# head\na: 1\nb:\n  c: [x, 2025-03-01]\n\n# tail\nd: yes\n", "f")
    assert root is not None
    assert root.value() == {"a": 1, "b": {"c": ["x", "2025-03-01"]}, "d": "yes"}
    assert root.value(as_written=True) == {"a": "1", "b": {"c": ["x", "2025-03-01"]}, "d": "yes"}
    date = root.fields["b"].fields["c"].items[1]
    assert (date.kind, date.line, date.column, str(date.refuse("no"))) == ("timestamp", 4, 10, "f:4:10: no")
    assert [node.text for node in root.walk() if node.text] == ["1", "x", "2025-03-01", "yes"]


def test_a_mark_in_front_is_passed_over(tmp_path: Path) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        (tmp_path / "f.yaml").write_bytes(mark + "a: é\r\n".encode())
        root = read_yaml(tmp_path / "f.yaml")
        assert root is not None
        assert (root.value(), root.keys["a"].column) == ({"a": "é"}, 1)


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn")), max_size=12)
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(_PLAIN)
def test_plain_values_are_what_everybody_reads(value: object) -> None:
    text = yaml_text(value)
    root = parse_yaml(text, "f")
    assert (root.value() if root else None) == yaml.safe_load(text) == value


BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED: dict[str, tuple[str | bytes, str]] = {
    "top level": ("config: {a: 1}\nconfig: {a: 2}\n", "2:1: config stands twice, first in line 1; keep one"),
    "inside": ("config:\n  a: {x: 1, x: 2}\n", "2:13: x stands twice, first in line 2; keep one"),
    "in a list": ("- a: 1\n  b: 2\n  a: 3\n", "3:3: a stands twice, first in line 1; keep one"),
    "otherwise quoted": ("a: 1\n'a': 2\n", "2:1: a stands twice, first in line 1; keep one"),
    "a number and its text": ("1: a\n'1': b\n", "2:1: 1 stands twice, first in line 1; keep one"),
    "by an alias": ("x: &x a\na: 1\n*x : 2\n", "a stands twice, first in line 2; keep one"),
    "merge key": ("a: &a {b: 1}\nc:\n  <<: *a\n", "3:3: a merge key (<<) is not read; write its fields out"),
    "list as a key": ("? [a]\n: b\n", "1:3: a field name must be text, not a list"),
    "mapping as a key": ("? {a: b}\n: b\n", "1:3: a field name must be text, not a mapping"),
    "two documents": ("a: 1\n---\na: 2\n", "3:1: is not YAML: but found another document"),
    "recursive alias": ("a: &a [1, *a]\n", "1:11: the alias *a stands inside what it stands for; write it out"),
    "recursive mapping": ("a: &a\n  b:\n    c: *a\n", "3:8: the alias *a stands inside what it stands for"),
    "recursive root": ("&r\na: *r\n", "2:4: the alias *r stands inside"),
    "alias of nothing": ("a: *b\n", "1:4: is not YAML: found undefined alias 'b'; correct the syntax"),
    "alias bomb": (BOMB, f"the file holds more than {MAX_NODES} values, those behind an alias counted each time"),
    "bomb of keys": (BOMB.replace("[", "[{k: ").replace(",", "},{k: ").replace("]", "}]"), "the file holds more than"),
    "many values": ("- 1\n" * (MAX_NODES + 1), "the file holds more than"),
    "deep lists": ("[" * 5000 + "]" * 5000, f"1:{MAX_DEPTH + 1}: stands more than {MAX_DEPTH} levels deep"),
    "deep mappings": ("{a: " * 5000 + "}" * 5000, f"stands more than {MAX_DEPTH} levels deep"),
    "a set": ("a: !!set {b}\n", "1:4: a value tagged set is not plain YAML"),
    "unprintable": ("a: 1\nb: \x01\n", "2:1: is not YAML"),
    "large": ("# " + "x" * MAX_BYTES + "\n", "cannot be read: it is larger than 4 MiB"),
    "not UTF-8": (b"a: caf\xe9\n", "cannot be read: not UTF-8 text at byte 6; save the file as UTF-8"),
}
READERS: dict[str, Callable[[Path], object]] = {
    "stack file": read_stack_file,
    "project": lambda path: Project.load(path.parent),
    "edition": load_edition,
    "exceptions": lambda path: read_exceptions(path, {}, TODAY),
    "approvals": lambda path: read_approvals(path, str(path)),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("case", REFUSED)
def test_c5_c9_every_reader_refuses_the_same_with_its_place(tmp_path: Path, reader: str, case: str) -> None:
    text, message = REFUSED[case]
    path = tmp_path / "Pulumi.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    start = time.monotonic()
    with pytest.raises(UsageError) as caught:
        READERS[reader](path)
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - start < 10


def test_c9_what_is_allowed_of_aliases_is_read() -> None:
    root = parse_yaml("a: &a [1, 2]\nb: [*a, *a]\n", "f")
    assert root is not None
    assert root.value() == {"a": [1, 2], "b": [[1, 2], [1, 2]]}
    assert root.size == 13


@pytest.mark.parametrize("text", ["a: !mine 1\n", "a: !!binary aGk=\n", "a: !!int x\n"])
def test_a_value_that_is_not_plain_is_refused_where_it_is_asked_for(text: str) -> None:
    root = parse_yaml(text, "f")
    assert root is not None
    with pytest.raises(UsageError, match=r"^f:1:4: .*tagged"):
        root.value()


def test_c9_a_number_that_no_json_can_hold_is_refused_with_its_line() -> None:
    for text in ("a: 0x" + "f" * 9000, "a: " + "9" * 5000, "a: 0b" + "1" * 9000):
        root = parse_yaml(text, "Pulumi.dev.yaml")
        assert root is not None
        with pytest.raises(UsageError, match=r"^Pulumi\.dev\.yaml:1:4: ") as refused:
            root.value()
        assert len(str(refused.value)) < 200
    whole = parse_yaml("a: 0xff\nb: 12345678901234567890", "x")
    assert whole is not None
    assert whole.value() == {"a": 255, "b": 12345678901234567890}
