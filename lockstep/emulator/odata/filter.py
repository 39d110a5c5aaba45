"""`$filter`: read the text into a small tree, and judge objects by it.

Grammar: or, and, not, parentheses; eq, ne, ge, le, gt, lt, in; startsWith, endsWith, contains; `list/any(x:x eq 'v')`.
What Graph refuses is refused here; which property of which entity allows which operator is the caller's table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.exceptions import BadRequestError

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_@][\w./@-]*(?::)?)"
    r"|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})|(?P<number>-?\d[\w:.+-]*)|(?P<mark>[(),]))"
)
_COMPARE = ("eq", "ne", "ge", "le", "gt", "lt")
_FUNCTIONS = {"startswith": "startsWith", "endswith": "endsWith", "contains": "contains"}
_DEPTH = 20

Row = dict[str, Any]


@dataclass(frozen=True)
class Clause:
    """One comparison: a property, an operator, and what it is compared with; `any` of a list when so asked."""

    path: str
    operator: str
    value: Any
    any: bool = False


@dataclass(frozen=True)
class Junction:
    """`and`, `or` or `not` over other parts."""

    operator: str
    parts: tuple[Clause | Junction, ...]


Node = Clause | Junction


def parse(text: str) -> Node:
    """Return the tree of a filter; BadRequestError as Graph words it when it is none."""
    parser = _Parser(text)
    node = parser.disjunction(0)
    if parser.peek() is not None:
        raise parser.error()
    return node


def clauses(node: Node) -> Iterator[Clause]:
    """Return every comparison in the tree."""
    if isinstance(node, Clause):
        yield node
        return
    for part in node.parts:
        yield from clauses(part)


def operators(node: Node) -> set[str]:
    """Return the junctions used in the tree."""
    if isinstance(node, Clause):
        return set()
    return {node.operator}.union(*(operators(part) for part in node.parts))


def conjunction(node: Node) -> list[Clause]:
    """Return the comparisons that must all hold, as far as the top of the tree says so."""
    if isinstance(node, Clause):
        return [node]
    if node.operator == "and":
        return [clause for part in node.parts for clause in conjunction(part)]
    return []


def matches(node: Node, row: Row) -> bool:
    """Tell whether an object is asked for."""
    if isinstance(node, Junction):
        if node.operator == "not":
            return not matches(node.parts[0], row)
        judge: Callable[[Iterator[bool]], bool] = all if node.operator == "and" else any
        return judge(matches(part, row) for part in node.parts)
    found = _value(row, node.path)
    if node.any:
        member = node.path.partition("/any/")[2]
        values = found if isinstance(found, list) else []
        return any(_compare(node.operator, item.get(member) if member else item, node.value) for item in values)
    return _compare(node.operator, found, node.value)


def _value(row: Row, path: str) -> Any:
    found: Any = row
    for name in path.partition("/any/")[0].split("/"):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _compare(operator: str, found: Any, wanted: Any) -> bool:
    found = _fold(found)
    if operator == "in":
        return found in [_fold(item) for item in wanted]
    wanted = _fold(wanted)
    if operator in ("eq", "ne"):
        return bool(found == wanted) is (operator == "eq")
    if not isinstance(found, str) or not isinstance(wanted, str):
        return False
    tests: dict[str, Callable[[], bool]] = {
        "startsWith": lambda: found.startswith(wanted),
        "endsWith": lambda: found.endswith(wanted),
        "contains": lambda: wanted in found,
        "ge": lambda: found >= wanted,
        "le": lambda: found <= wanted,
        "gt": lambda: found > wanted,
        "lt": lambda: found < wanted,
    }
    return tests[operator]()


class _Parser:
    """Recursive descent over the tokens, with a bound on its depth."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.place = 0
        position = 0
        while text[position:].strip():
            found = _TOKEN.match(text, position)
            if found is None:
                raise self.error()
            self.tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            position = found.end()

    def error(self) -> BadRequestError:
        return BadRequestError(f"Invalid filter clause: syntax error in '{self.text}'.", code="BadRequest")

    def peek(self) -> str | None:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else None

    def take(self, expected: str | None = None) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise self.error()
        token = self.tokens[self.place]
        if expected is not None and token[1].lower() != expected:
            raise self.error()
        self.place += 1
        return token

    def disjunction(self, depth: int) -> Node:
        return self._chain("or", lambda: self._chain("and", lambda: self.unary(depth)))

    def _chain(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.peek() == word:
            self.take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts))

    def unary(self, depth: int) -> Node:
        if depth > _DEPTH:
            raise self.error()
        if self.peek() == "not":
            self.take()
            return Junction("not", (self.unary(depth + 1),))
        if self.peek() == "(":
            self.take()
            node = self.disjunction(depth + 1)
            self.take(")")
            return node
        return self.clause()

    def clause(self) -> Clause:
        kind, word = self.take()
        if kind != "word":
            raise self.error()
        if self.peek() == "(" and word.lower() in _FUNCTIONS:
            return self._function(_FUNCTIONS[word.lower()])
        if self.peek() == "(" and word.lower().endswith("/any"):
            return self._any(word[: -len("/any")])
        operator = self.take()[1].lower()
        if operator == "in":
            return Clause(word, "in", self._list())
        if operator not in _COMPARE:
            raise self.error()
        return Clause(word, operator, self._literal())

    def _function(self, name: str) -> Clause:
        self.take("(")
        path = self.take()[1]
        self.take(",")
        value = self._literal()
        self.take(")")
        return Clause(path, name, value)

    def _any(self, path: str) -> Clause:
        self.take("(")
        variable = self.take()[1]
        if not variable.endswith(":"):
            raise self.error()
        name = variable[:-1]
        inner = self.clause()
        self.take(")")
        head, _, member = inner.path.partition("/")
        if head != name or inner.any:
            raise self.error()
        return Clause(f"{path}/any/{member}" if member else path, inner.operator, inner.value, any=True)

    def _list(self) -> list[Any]:
        self.take("(")
        values = [self._literal()]
        while self.peek() == ",":
            self.take()
            values.append(self._literal())
        self.take(")")
        return values

    def _literal(self) -> Any:
        kind, text = self.take()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind in ("guid", "number"):
            return text
        words = {"true": True, "false": False, "null": None}
        if kind == "word" and text.lower() in words:
            return words[text.lower()]
        if kind == "word" and re.fullmatch(r"[0-9a-fA-F-]{36}", text):
            return text
        raise self.error()
