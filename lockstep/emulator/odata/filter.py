"""`$filter`: read the text into a small tree, and tell for which objects it holds.

Grammar: or, and, not, parentheses; the operators of OPERATORS; `list/any(x:x eq 'v')`. Which property of which kind of
object allows which operators is said in that kind's description (`Entity.filters`), mostly by one of the sets below.
docs/emulator.md, "Add a `$filter` operator", names the steps to a new one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lockstep.emulator.exceptions import BadRequestError, NotSupportedError, ServiceError

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_@][\w./@$-]*(?::)?)"
    r"|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})|(?P<number>-?\d[\w:.+-]*)|(?P<mark>[(),]))"
)
_DEPTH = 20
_LACKING = frozenset({"all", "has", "isof"})
"""What https://learn.microsoft.com/graph/filter-query-parameter has besides, and no property of these objects needs."""

Row = dict[str, Any]
Holds = Callable[[Any, Any], bool]


@dataclass(frozen=True)
class Operator:
    """One comparison: how it is written, and when it holds between a property's value and what it is compared with.

    `form`: `between` is `property eq 'v'`, `function` is `startsWith(property,'v')`, `list` is `property in ('v','w')`.
    """

    name: str
    form: Literal["between", "function", "list"]
    meaning: str
    """For the table of operators in docs/emulator-coverage.md."""
    holds: Holds
    advanced: bool = False
    """Whether Graph wants `ConsistencyLevel: eventual` and `$count=true` with it."""

    @property
    def example(self) -> str:
        """How it is written."""
        return {
            "between": f"property {self.name} 'value'",
            "function": f"{self.name}(property,'value')",
            "list": f"property {self.name} ('value','other')",
        }[self.form]


def _of_text(holds: Callable[[str, str], bool]) -> Holds:
    """Return a comparison that holds between two texts only; dates are texts too, and sort as such."""
    return lambda value, other: isinstance(value, str) and isinstance(other, str) and holds(value, other)


OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator("eq", "between", "is the same, whatever the case", lambda value, other: value == other),
        Operator("ne", "between", "is not the same", lambda value, other: value != other, advanced=True),
        Operator("ge", "between", "is the same, or comes after it", _of_text(lambda value, other: value >= other)),
        Operator("le", "between", "is the same, or comes before it", _of_text(lambda value, other: value <= other)),
        Operator("gt", "between", "comes after it", _of_text(lambda value, other: value > other)),
        Operator("lt", "between", "comes before it", _of_text(lambda value, other: value < other)),
        Operator("in", "list", "is one of these", lambda value, others: value in others),
        Operator("startsWith", "function", "begins with it", _of_text(str.startswith)),
        Operator("endsWith", "function", "ends with it", _of_text(str.endswith), advanced=True),
        Operator(
            "contains",
            "function",
            "holds it; no property here allows it",
            _of_text(str.__contains__),
            advanced=True,
        ),
    )
}

EQ = frozenset({"eq", "ne", "in"})
TEXT = EQ | {"startsWith"}
DATES = frozenset({"eq", "ne", "ge", "le", "gt", "lt"})
ANY = frozenset({"any", "eq", "startsWith"})
"""Of a list, as in `tags/any(t:t eq 'v')`."""
ANY_EQ = frozenset({"any", "eq"})


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


def is_advanced(node: Node) -> bool:
    """Tell whether something in the tree is one of Graph's advanced queries: `not`, or an operator marked so."""
    if isinstance(node, Clause):
        return OPERATORS[node.operator].advanced
    return node.operator == "not" or any(map(is_advanced, node.parts))


def conjunction(node: Node) -> list[Clause]:
    """Return the comparisons that must all hold, as far as the top of the tree says so."""
    if isinstance(node, Clause):
        return [node]
    if node.operator == "and":
        return [clause for part in node.parts for clause in conjunction(part)]
    return []


def matches(node: Node, row: Row) -> bool:
    """Tell whether the filter holds for an object."""
    if isinstance(node, Junction):
        if node.operator == "not":
            return not matches(node.parts[0], row)
        judge: Callable[[Iterator[bool]], bool] = all if node.operator == "and" else any
        return judge(matches(part, row) for part in node.parts)
    value: Any = row
    for name in node.path.partition("/any/")[0].split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    if node.any:
        member = node.path.partition("/any/")[2]
        items = value if isinstance(value, list) else []
        return any(_holds(node, item.get(member) if member else item) for item in items)
    return _holds(node, value)


def _holds(clause: Clause, value: Any) -> bool:
    return OPERATORS[clause.operator].holds(_fold(value), _fold(clause.value))


def _fold(value: Any) -> Any:
    """Return a value so that upper and lower case are the same, as Graph compares."""
    if isinstance(value, list):
        return [_fold(item) for item in value]
    return value.casefold() if isinstance(value, str) else value


class _Parser:
    """Recursive descent over the tokens, with a bound on its depth."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.place = 0
        position = 0
        while text[position:].strip():
            token = _TOKEN.match(text, position)
            if token is None:
                raise self.error()
            self.tokens.append((str(token.lastgroup), token.group(str(token.lastgroup))))
            position = token.end()

    def error(self) -> BadRequestError:
        return BadRequestError(f"Invalid filter clause: syntax error in '{self.text}'.", code="BadRequest")

    def unknown(self, word: str) -> ServiceError:
        if word.lower() in _LACKING:
            return NotSupportedError(f"the operator '{word}' of $filter, which Microsoft Graph documents")
        allowed = ", ".join(sorted(OPERATORS, key=str.lower))
        return BadRequestError(
            f"Invalid filter clause: there is no operator '{word}' in '{self.text}'; allowed: {allowed}.",
            code="BadRequest",
        )

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
        if self.peek() == "(":
            if word.lower().endswith("/any"):
                return self._any(word[: -len("/any")])
            if word.lower().endswith("/all"):
                raise self.unknown("all")
            return self._function(self._operator(word, "function"))
        operator = self._operator(self.take()[1], "between", "list")
        return Clause(word, operator.name, self._list() if operator.form == "list" else self._literal())

    def _operator(self, word: str, *forms: str) -> Operator:
        """Return the operator of this name that is written in one of these forms."""
        operator = next((entry for name, entry in OPERATORS.items() if name.lower() == word.lower()), None)
        if operator is None:
            raise self.unknown(word)
        if operator.form not in forms:
            raise self.error()
        return operator

    def _function(self, operator: Operator) -> Clause:
        self.take("(")
        path = self.take()[1]
        self.take(",")
        value = self._literal()
        self.take(")")
        return Clause(path, operator.name, value)

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
