"""Tables of JSON objects in memory, written through to one sqlite file.

Objects are never changed in place: `put` takes a new dict, so undoing a request is putting the old one back, and a
reader may hold what it got. Every request is one transaction. Knows no Entra and no HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.statefile import StateFile

Object = dict[str, Any]
PLACE = "_place"
"""Where an object of a list keeps the place that a page token continues from; never shown."""


@dataclass(frozen=True)
class ObjectChange:
    """What a transaction has done to one object: None stands for its absence. `sequence` is its place in the table."""

    table: str
    ident: str
    before: Object | None
    after: Object | None
    sequence: int = 0

    @property
    def row(self) -> Object:
        """The object as it is now, or as it was before it went."""
        return self.after or self.before or {}


class ObjectTable:
    """Objects of one kind by id, in the order of their creation, with indexes on some of their values."""

    def __init__(self, name: str, indexes: Iterable[str]) -> None:
        self.name = name
        self.rows: dict[str, Object] = {}
        self.sequence: dict[str, int] = {}
        self._indexes: dict[str, dict[str, dict[str, None]]] = {index: {} for index in indexes}

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, ident: object) -> bool:
        return ident in self.rows

    def get(self, ident: str) -> Object | None:
        """Return the object of this id; ids are not case-sensitive."""
        return self.rows.get(ident) or self.rows.get(ident.lower())

    def indexed(self, index: str) -> bool:
        """Tell whether look-ups by this index are cheap."""
        return index in self._indexes

    def by(self, index: str, key: str) -> list[Object]:
        """Return the objects with this key, oldest first."""
        idents = sorted(self._indexes[index].get(key.casefold(), ()), key=self.sequence.__getitem__)
        return [self.rows[ident] for ident in idents]

    def after(self, sequence: int = 0) -> Iterator[Object]:
        """Return the objects that were made after this point, oldest first."""
        if sequence <= 0:
            yield from self.rows.values()
            return
        for ident, row in self.rows.items():
            if self.sequence[ident] > sequence:
                yield row

    def placed(self, rows: Iterable[Object]) -> list[Object]:
        """Return some of these objects, each with its lasting place for a page token."""
        return [{**row, PLACE: self.sequence[row["id"]]} for row in rows]

    def sort(self) -> None:
        """Put the objects back into the order of their creation."""
        self.rows = {ident: self.rows[ident] for ident in sorted(self.rows, key=self.sequence.__getitem__)}

    def set(self, ident: str, row: Object | None, sequence: int) -> None:
        """Replace the object of this id, or remove it, and keep the indexes right."""
        old = self.rows.get(ident)
        for index, place in self._indexes.items():
            before, after = _keys(old, index), _keys(row, index)
            for key in before - after:
                del place[key][ident]
                if not place[key]:
                    del place[key]
            for key in after - before:
                place.setdefault(key, {})[ident] = None
        if row is None:
            self.rows.pop(ident, None)
            self.sequence.pop(ident, None)
        else:
            self.rows[ident] = row
            self.sequence[ident] = sequence


def _keys(row: Object | None, name: str) -> set[str]:
    """Return the keys by which an index finds an object: the text of a property, or the texts of its list."""
    value = row.get(name) if row is not None else None
    return {key.casefold() for key in ([value] if value and isinstance(value, str) else value or ())}


class Store:
    """All tables, and the transaction that a request runs in."""

    def __init__(self, tables: Mapping[str, Iterable[str]], journal: StateFile | None = None) -> None:
        self.tables = {name: ObjectTable(name, indexes) for name, indexes in tables.items()}
        self.journal = journal
        self.watchers: list[Callable[[list[ObjectChange]], None]] = []
        self._sequence = 0
        self._undo: dict[tuple[str, str], tuple[Object | None, int]] = {}
        self._open = False

    def __getitem__(self, table: str) -> ObjectTable:
        return self.tables[table]

    def put(self, table: str, row: Object) -> Object:
        """Store an object under its `id`."""
        ident = row["id"]
        target = self.tables[table]
        with self.transaction():
            self._remember(target, ident)
            sequence = target.sequence.get(ident)
            if sequence is None:
                self._sequence += 1
                sequence = self._sequence
            target.set(ident, row, sequence)
        return row

    def remove(self, table: str, ident: str) -> None:
        """Remove an object; nothing happens when it is not there."""
        target = self.tables[table]
        with self.transaction():
            self._remember(target, ident)
            target.set(ident, None, 0)

    def load(self, table: str, sequence: int, row: Object) -> None:
        """Put an object back as the journal kept it."""
        self._sequence = max(self._sequence, sequence)
        self.tables[table].set(row["id"], row, sequence)

    def changes(self) -> list[ObjectChange]:
        """Return what the open transaction has changed so far, in the order of the first touch."""
        changes = []
        for (table, ident), (before, sequence) in self._undo.items():
            after = self.tables[table].rows.get(ident)
            if before != after:
                changes.append(ObjectChange(table, ident, before, after, sequence))
        return changes

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything that happens inside, or nothing; one inside another is part of it."""
        if self._open:
            yield
            return
        self._open = True
        try:
            yield
            self._commit()
        except BaseException:
            self._restore()
            raise
        finally:
            self._undo = {}
            self._open = False

    @contextmanager
    def as_it_was(self, past: Iterable[tuple[str, str, Object | None, int]]) -> Iterator[None]:
        """Show some objects as (table, id, object or None, sequence) says; whatever happens inside leaves no trace."""
        if self._open:
            raise RuntimeError("the past is not shown in the middle of a transaction")
        self._open = True
        try:
            moved = False
            for name, ident, row, sequence in past:
                self._remember(self.tables[name], ident)
                moved = moved or (row is not None and ident not in self.tables[name])
                self.tables[name].set(ident, row, sequence)
            if moved:
                for name in {name for name, _ in self._undo}:
                    self.tables[name].sort()
            yield
        finally:
            self._restore()
            self._undo = {}
            self._open = False

    def _restore(self) -> None:
        """Put back everything that was touched since the transaction began, in its old order."""
        moved = {name for name, ident in self._undo if ident not in self.tables[name]}
        for (name, ident), (row, sequence) in reversed(self._undo.items()):
            self.tables[name].set(ident, row, sequence)
        for name in moved:
            self.tables[name].sort()

    def _remember(self, table: ObjectTable, ident: str) -> None:
        self._undo.setdefault((table.name, ident), (table.rows.get(ident), table.sequence.get(ident, 0)))

    def _commit(self) -> None:
        if not self._undo:
            return
        if self.journal is not None:
            self.journal.write(
                (name, ident, self.tables[name].sequence.get(ident, 0), self.tables[name].rows.get(ident))
                for name, ident in self._undo
            )
        for watcher in self.watchers:
            watcher(self.changes())
