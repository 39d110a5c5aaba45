"""The difference between two grant manifests, and the digest by which somebody approves it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lockstep.gate.changes import FileChange, digest_of
from lockstep.gate.manifest import NOT_KNOWN, Line, Manifest


@dataclass(frozen=True)
class Difference:
    """What a pull request changes in one stack. `before` is None for a new stack, `after` for one that goes.

    `whole` tells that the head's program did all its work; without that, what is missing says nothing.
    """

    stack: str
    before: Manifest | None
    after: Manifest | None
    whole: bool = True

    @property
    def added(self) -> tuple[Line, ...]:
        """The lines that the base does not have."""
        lines = _less(self.after, self.before)
        # What could not be known because something else failed says nothing; in a whole run it is a line like others.
        return lines if self.whole else tuple(line for line in lines if NOT_KNOWN not in line.fact)

    @property
    def removed(self) -> tuple[Line, ...]:
        """The lines that the head no longer has."""
        return _less(self.before, self.after) if self.whole else ()

    @property
    def to_approve(self) -> tuple[Line, ...]:
        """The lines that need an approval: what is added, and what an existing resource is no longer bound to.

        A resource that goes, and a permission, an owner or an address that is taken away, needs none.
        """
        staying = {line.subject for line in self.after.lines} if self.after else set()
        unbound = [line for line in self.removed if not line.member and line.subject in staying]
        replaced = {(line.subject, _key(line)) for line in self.added}
        return (*self.added, *(line for line in unbound if (line.subject, _key(line)) not in replaced))

    def lines(self) -> Iterator[str]:
        """Yield the difference as it is shown, `-` before `+`, sorted by what it is about."""
        both = [(line, "-") for line in self.removed] + [(line, "+") for line in self.added]
        # A minus sorts behind a plus, and what was there before is read first.
        for line, sign in sorted(both, key=lambda row: (row[0].subject, _key(row[0]), row[1] == "+", row[0].fact)):
            yield f"{sign} {line}"


def digest(differences: Sequence[Difference], files: Iterable[FileChange]) -> str:
    """Return what an approval has to name: SHA-256 over differences, guarded files and their base.

    With the base in it, an approval holds for one change of one state: once the base has moved it holds no longer.
    """
    stacks = [
        {
            "stack": difference.stack,
            "base": [str(line) for line in difference.before.lines] if difference.before else None,
            "difference": list(difference.lines()),
        }
        for difference in sorted(differences, key=lambda difference: difference.stack)
    ]
    return digest_of(stacks, files)


def _less(one: Manifest | None, other: Manifest | None) -> tuple[Line, ...]:
    if one is None:
        return ()
    others = set(other.lines) if other else set()
    return tuple(line for line in one.lines if line not in others)


def _key(line: Line) -> str:
    return line.fact.split(" = ", 1)[0].split(" ∋ ", 1)[0]
