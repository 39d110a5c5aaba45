"""Reads a YAML file into nodes that know their line and column: the one YAML reader of Lockstep.

Two readers of one file can disagree on what it says: on which of two equal keys counts, or on what an alias stands
for. So stack files, Pulumi.yaml, editions, exceptions, approvals and every other YAML file go through here, and what
readers disagree on is refused: equal keys, merge keys, keys that are no text. Files come from pull requests that
nobody has judged yet, so size, depth and what aliases multiply are bounded before anything is built.

Knows no meaning of any file: what has to stand in it is for whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lockstep.errors import UsageError
from lockstep.text_file import read_text

MAX_DEPTH = 64
MAX_NODES = 50_000
"""How many values a file may have, those behind an alias counted each time that they are used."""

_BITS = 256
"""Of the largest whole number; JSON, in which settings reach a program, can't be written for any size."""
_SHOWN = 40  # characters of a number that a message repeats

_TAG = "tag:yaml.org,2002:"
_CONSTRUCTED = {"int": "construct_yaml_int", "float": "construct_yaml_float"}


@dataclass(frozen=True, slots=True)
class _File:
    """What a message needs: the name of the file, and the error that its reader raises."""

    name: str
    error: type[UsageError]


@dataclass(slots=True, eq=False)
class Node:
    """One value of a file. Lines and columns count from 1, as editors count them.

    `kind` is `map`, `seq`, `str`, `int`, `float`, `bool`, `null`, `timestamp`, or the whole tag of anything else.
    `text` is a scalar as it is written; `items` are the values of a list, `fields` those of an object by their keys,
    and `keys` the keys themselves, where they are written. `inline` tells that a list or object is written in
    brackets, or a text without `|` and `>`. `end` is the line in which the value ends; for a value that is not inline,
    the last line before the next value, with the comments in between. `size` counts the value and all inside it.
    """

    file: _File
    kind: str
    line: int
    column: int
    text: str = ""
    items: list[Node] = field(default_factory=list)
    fields: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Node] = field(default_factory=dict)
    inline: bool = True
    end: int = 0
    size: int = 1

    def refuse(self, message: str) -> UsageError:
        """Return the error for this place."""
        return self.file.error(f"{self.file.name}:{self.line}:{self.column}: {message}")

    def walk(self) -> Iterator[Node]:
        """Yield this value and all values inside it, in the order of the file; keys are left out."""
        yield self
        for value in (*self.items, *self.fields.values()):
            yield from value.walk()

    def value(self, *, as_written: bool = False) -> Any:
        """Return the plain value: object, list, text, number, flag or None; a date stays the text that it is.

        Only `true` and `false` are flags, as for Pulumi: `yes` and `off` are text. With `as_written`, everything that
        is neither object nor list is the text in the file.
        """
        if self.kind == "map":
            return {key: value.value(as_written=as_written) for key, value in self.fields.items()}
        if self.kind == "seq":
            return [item.value(as_written=as_written) for item in self.items]
        if as_written or self.kind in ("str", "timestamp"):
            return self.text
        if self.kind == "null":
            return None
        if self.kind == "bool":
            return {"true": True, "false": False}.get(self.text.lower(), self.text)
        if self.kind in _CONSTRUCTED:
            return self._number()
        raise self.refuse(f"a value tagged {self.kind} is not plain YAML; write text, a number, a list or an object")

    def _number(self) -> Any:
        import yaml

        try:
            scalar = yaml.ScalarNode(_TAG + self.kind, self.text)
            number = getattr(yaml.constructor.SafeConstructor(), _CONSTRUCTED[self.kind])(scalar)
        except ValueError:
            raise self.refuse(f"{self.text[:_SHOWN]!r} is tagged as a number and is none") from None
        if isinstance(number, int) and number.bit_length() > _BITS:
            raise self.refuse(f"the number {self.text[:_SHOWN]}… is too large; write it as a text, in quotation marks")
        return number


def read_yaml(path: Path, *, where: str = "", error: type[UsageError] = UsageError) -> Node | None:
    """Return the root of a YAML file, or None where it holds nothing; `error` with `where:line:column` otherwise.

    `where` is what messages call the file: its path, unless given.
    """
    where = where or str(path)
    return parse_yaml(read_text(path, where, error=error), where, error=error)


def parse_yaml(text: str, where: str, *, error: type[UsageError] = UsageError) -> Node | None:
    """Return the root of a YAML text, or None where it holds nothing; `error` with `where:line:column` otherwise."""
    import yaml

    try:
        return _Building(_File(where, error)).root(text)
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        problem = failure.problem or failure.context
        raise error(f"{where}{place}: is not YAML: {problem}; correct the syntax") from None
    except yaml.reader.ReaderError as failure:
        line = text.encode("utf-8", "surrogatepass")[: failure.position].count(b"\n") + 1
        raise error(f"{where}:{line}:1: is not YAML: it holds a character that YAML does not allow") from None
    except yaml.YAMLError as failure:
        raise error(f"{where}: is not YAML: {' '.join(str(failure).split())}; correct the text") from None


def yaml_text(value: Any) -> str:
    """Return a plain value as YAML, one key a line."""
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, default_flow_style=False, allow_unicode=True, width=4096)
    return text


class _Building:
    """Builds the nodes of one text from the parser's events, and counts what it builds."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._anchors: dict[str, Node] = {}
        self._open: list[Node] = []
        self._count = 0

    def root(self, text: str) -> Node | None:
        import yaml

        parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        roots: list[Node] = []
        keys: list[Node | None] = []  # for each open object, the key whose value comes next
        try:
            while parser.check_event():
                event: Any = parser.get_event()
                if isinstance(event, yaml.CollectionEndEvent):
                    node = self._open.pop()
                    keys.pop()
                    node.end = _end(event, node)
                    self._place(node, self._open, keys, roots)
                elif isinstance(event, yaml.CollectionStartEvent):
                    node = self._start(event, parser)
                    self._open.append(node)
                    keys.append(None)
                elif isinstance(event, yaml.NodeEvent):
                    node = self._alias(event) if isinstance(event, yaml.AliasEvent) else self._start(event, parser)
                    self._place(node, self._open, keys, roots)
        finally:
            parser.dispose()
        if len(roots) > 1:
            raise roots[1].refuse("is not YAML: but found another document; keep one")
        return roots[0] if roots else None

    def _start(self, event: Any, parser: Any) -> Node:
        import yaml

        mark: Any = event.start_mark
        tag = event.tag
        if isinstance(event, yaml.ScalarEvent):
            if tag is None or tag == "!":
                tag = parser.resolve(yaml.ScalarNode, event.value, event.implicit)
            node = Node(self._file, _kind(tag), mark.line + 1, mark.column + 1, text=event.value)
            node.inline = event.style not in ("|", ">")
            node.end = _end(event, node)
        else:
            plain = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
            kind = plain if tag in (None, "!") else _kind(tag)
            node = Node(self._file, kind, mark.line + 1, mark.column + 1, inline=bool(event.flow_style))
            if kind != plain:
                raise node.refuse(f"a value tagged {kind} is not plain YAML; take the tag away")
            if len(self._open) >= MAX_DEPTH:
                raise node.refuse(f"stands more than {MAX_DEPTH} levels deep, which is not read")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._counted(node, 1)
        return node

    def _alias(self, event: Any) -> Node:
        mark: Any = event.start_mark
        alias = Node(self._file, "alias", mark.line + 1, mark.column + 1)
        target = self._anchors.get(event.anchor)
        if target is None:
            raise alias.refuse(f"is not YAML: found undefined alias {event.anchor!r}; correct the syntax")
        if any(target is node for node in self._open):
            raise alias.refuse(f"the alias *{event.anchor} stands inside what it stands for; write it out")
        self._counted(alias, target.size)
        return target

    def _counted(self, node: Node, size: int) -> None:
        self._count += size
        if self._count > MAX_NODES:
            much = f"more than {MAX_NODES} values, those behind an alias counted each time"
            raise node.refuse(f"the file holds {much}, which is not read")

    def _place(self, node: Node, parents: Sequence[Node], keys: list[Node | None], roots: list[Node]) -> None:
        """Put a finished node where it belongs."""
        if not parents:
            roots.append(node)
            return
        parent = parents[-1]
        parent.size += node.size
        if parent.kind == "seq":
            parent.items.append(node)
        elif (key := keys[-1]) is not None:
            parent.fields[key.text] = node
            keys[-1] = None
        else:
            _check_key(node, parent)
            parent.keys[node.text] = node
            keys[-1] = node


def _check_key(key: Node, parent: Node) -> None:
    if key.kind in ("map", "seq"):
        raise key.refuse(f"a field name must be text, not {'a mapping' if key.kind == 'map' else 'a list'}")
    if key.kind == "merge":
        raise key.refuse("a merge key (<<) is not read; write its fields out")
    first = parent.keys.get(key.text)
    if first is not None:
        raise key.refuse(f"{key.text} stands twice, first in line {first.line}; keep one")


def _end(event: Any, node: Node) -> int:
    return int(event.end_mark.line) + (1 if node.inline else 0)


def _kind(tag: str) -> str:
    return tag.removeprefix(_TAG)
