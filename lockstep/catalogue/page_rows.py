"""Which permissions a page asks for: every row that names one is taken, asked about, or refused, and none is lost.

A row is taken only where the page itself, or the list of an API, leaves one answer: the nearest evidence counts, first
the row, then its table, then the lines above it, then its heading, then the page. Knows no vendor.

| in the row | and around it | becomes |
|---|---|---|
| a name, its API and its type | | taken |
| a name that its API has in one type only | no type | taken, and the type is inferred |
| a name that its API has in both types | no type, or both types | asked: which type |
| a name or title that several permissions have | | asked: which of them |
| a name | no API, or several | asked: which API |
| a name that its API has in the other type only, or not at all | | refused, with the nearest name |
| a name of an API without a list | | refused |
| a name within a sentence, and in no row | | asked: is it asked for |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from lockstep.catalogue.api import Api, ApiPermission, apis, names_of_apis
from lockstep.catalogue.permission import PermissionType
from lockstep.catalogue.saved_page import TEXT_HEADING, Block, Kind, SavedPage
from lockstep.errors import nearest

DELEGATED, APPLICATION = PermissionType.DELEGATED, PermissionType.APPLICATION
_WITHOUT_DOT = frozenset(
    {"openid", "profile", "email", "offline_access", "full_access_as_app", "full_access_as_user", "user_impersonation"}
)
_NAME = re.compile(r"(?<![\w.@/-])[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+){1,5}(?![\w/@]|\.\w)|[A-Za-z]+(?:_[a-z]+)*")
_LIKE_A_NAME = ("Read", "ReadWrite", "All", "Write", "Send", "Selected", "Manage", "FullControl", "Create")
_ADDRESS = re.compile(r"https?://graph\.microsoft\.com/(?=[A-Z])")
_GUID = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
_PREFIX = re.compile(r"\s*([^:>\u203a/|\u2013—]{2,60}?)\s*(?:[:>\u203a/|\u2013—]|\s-\s)\s*(?=\S)")
"""What stands before a colon, or the like, and something behind it."""
_TICK = re.compile(r"[✓✔☑✅●•x\u00d7]|yes|true|required|needed|checked", re.IGNORECASE)
_TYPE_WORDS = {
    DELEGATED: re.compile(r"\bdelegated\b|\bon behalf of\b", re.IGNORECASE),
    APPLICATION: re.compile(
        r"\bapplication(?:[ -]only)?(?: api)? permissions?\b|\bapp(?:lication)?[ -]only\b|\bapp roles?\b"
        r"|\(application\)|\btype[: ]+application\b|\bof (?:the )?type application\b",
        re.IGNORECASE,
    ),
}
_TYPE_CELL = {
    DELEGATED: re.compile(r"delegated?(?: permissions?)?|scope|user|d", re.IGNORECASE),
    APPLICATION: re.compile(r"app(?:lication)?(?:[ -]only)?(?: permissions?)?|app ?role|role|a", re.IGNORECASE),
}
_ONLY_TYPE = re.compile(r"\W*(?:delegated|application)(?: api)?(?: permissions?)?\W*", re.IGNORECASE)
_COLUMNS = {
    "delegated": re.compile(r"delegated(?: permissions?)?", re.IGNORECASE),
    "application": re.compile(r"application(?: permissions?)?|app[ -]only", re.IGNORECASE),
    "type": re.compile(r".*\btypes?\b.*|grant|kind", re.IGNORECASE),
    "api": re.compile(r"apis?(?: name)?|resources?|target api|service|microsoft api", re.IGNORECASE),
    "purpose": re.compile(r".*\b(?:purpose|reason|why|usage|used for|justification|use|rationale)\b.*", re.IGNORECASE),
    "title": re.compile(r".*\b(?:display|title|description|displayed|meaning)\b.*", re.IGNORECASE),
    "name": re.compile(r".*\b(?:permissions?|scopes?|roles?|claims?|value|names?)\b.*", re.IGNORECASE),
}


class Outcome(StrEnum):
    """What becomes of a row."""

    TAKEN = "taken"
    ASKED = "asked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PageRow:
    """One row of a page that names a permission.

    `place` says where it stands, `printed` what it calls the permission, `api_label` and `stated` what it says of API
    and type. `why` proves what was taken, asks what is asked, and says what was refused. `digest` is that of the row's
    words, by which a person's decision about it is kept. `misdescribed` is a title in the row that another permission
    has.
    """

    place: str
    section: str
    printed: str
    outcome: Outcome
    why: str
    digest: str
    api_label: str = ""
    stated: PermissionType | None = None
    api: Api | None = None
    permission: ApiPermission | None = None
    choices: tuple[tuple[Api, ApiPermission], ...] = ()
    has_purpose: bool = False
    misdescribed: str = ""
    mentioned: bool = False
    """Whether a sentence names it, and no row."""


@dataclass
class _Evidence:
    """What is known of API and type at one place, and from where: the APIs by key, as they are called there."""

    apis: Mapping[str, str] = field(default_factory=dict)
    types: frozenset[PermissionType] = frozenset()
    where: str = ""


@dataclass
class _Row:
    """A row before it is judged: names and other words, with what the row itself says."""

    place: str
    printed: tuple[str, ...]
    words: tuple[str, ...]
    evidence: list[_Evidence]
    has_purpose: bool = False
    by_title: bool = False
    titles: tuple[str, ...] = ()


def rows_of(page: SavedPage, own: Mapping[str, Api] | None = None) -> tuple[PageRow, ...]:
    """Return every row of a page that names a permission, in the page's order. `own` are a vendor's own APIs by key."""
    return tuple(_once(_Reader(page, _Lists(own or {})).rows()))


class _Lists:
    """The lists that a page's words are looked up in: those of Microsoft's APIs, and of a vendor's own."""

    def __init__(self, own: Mapping[str, Api]) -> None:
        self.apis = {**apis(), **own}
        self.names = {entry.name.casefold(): entry.name for api in self.apis.values() for entry in api.permissions}
        self.first_words = {name.partition(".")[0] for name in self.names.values() if "." in name}
        labels = {**dict(names_of_apis()), **{api.name.casefold(): key for key, api in own.items()}}
        self.labels = sorted(labels.items(), key=lambda entry: (-len(entry[0]), entry[0]))

    @cached_property
    def titles(self) -> Mapping[str, Sequence[tuple[Api, ApiPermission]]]:
        """The permissions of each title, folded."""
        titles: dict[str, list[tuple[Api, ApiPermission]]] = {}
        for api in self.apis.values():
            for entry in api.permissions:
                titles.setdefault(folded(entry.display_name), []).append((api, entry))
        titles.pop("", None)
        return titles

    def is_name(self, word: str) -> bool:
        """Tell whether a word is a permission's name, or is written like one."""
        if word.casefold() in self.names:
            return "." in word or "_" in word or word.casefold() in _WITHOUT_DOT
        parts = word.split(".")
        capital = all(part[:1].isupper() or part[:1].isdigit() for part in parts)
        like = parts[0] in self.first_words or any(part.startswith(_LIKE_A_NAME) for part in parts[1:])
        return word in _WITHOUT_DOT or (len(parts) > 1 and capital and like)

    def names_in(self, text: str) -> list[str]:
        """Return the words of a text that are names of permissions, or are written like one."""
        return [match[0] for match in _NAME.finditer(text) if self.is_name(match[0])]

    def only_names(self, cell: str) -> bool:
        """Tell whether a cell holds names and nothing else but brackets, stars and what joins names."""
        names = self.names_in(cell)
        rest = re.sub(r"[(\[].*?[)\]]", " ", cell)
        for name in names:
            rest = rest.replace(name, " ", 1)
        return bool(names) and not re.sub(r"[\s,;/&*•·|+:\"'`-]|\band\b|\bor\b|\d+$", "", rest)

    def api_of(self, cell: str) -> str | None:
        """Return the key of the API that a cell names and nothing else; None where it names none."""
        whole = cell.casefold().strip()
        text = re.sub(r"\s*[(\[].*?[)\]]|\s*\b(?:api|apis|permissions?)\b|[:*]", "", whole).strip()
        return next((key for label, key in self.labels if label in (text, whole)), None)

    def apis_in(self, text: str) -> dict[str, str]:
        """Return the APIs that a sentence names, by key, as it calls them.

        A product's name of one word, such as SharePoint, names the API only where the word API stands behind it.
        """
        positions: dict[str, tuple[int, str]] = {}
        left = text
        for label, key in self.labels:
            more = "" if {" ", "."} & set(label) else r"(?=\s+API\b)"
            match = re.search(rf"(?<!\w){re.escape(label)}(?!\w){more}", left, re.IGNORECASE)
            if match:
                positions.setdefault(key, (match.start(), match[0]))
                left = left.replace(match[0], " " * len(match[0]))
        return {key: positions[key][1] for key in sorted(positions, key=lambda key: positions[key])}


def folded(text: str) -> str:
    """Return a title without what copying changes: case, kinds of quotation marks and hyphens, the full stop."""
    text = re.sub(r"[\u2018\u2019\u201b`\u00b4]", "'", text.casefold()).replace("“", '"').replace("”", '"')
    return " ".join(re.sub(r"[-\u2010-―]", " ", text).rstrip(" .*").split())


def says_only_a_type(heading: str) -> bool:
    """Tell whether a heading is no name of a part of the page: it says a type of permission, and nothing else."""
    return bool(_ONLY_TYPE.fullmatch(heading))


def _types_of(cell: str) -> frozenset[PermissionType]:
    """Return the types that a cell says which says nothing else."""
    words = cell.strip(" *:()[]")
    both = len(words) <= 40 and all(re.search(kind.value, words, re.IGNORECASE) for kind in PermissionType)
    if both or words.casefold() == "both":
        return frozenset(PermissionType)
    return frozenset(kind for kind, word in _TYPE_CELL.items() if word.fullmatch(words))


def _types_in(text: str) -> frozenset[PermissionType]:
    return frozenset(kind for kind, word in _TYPE_WORDS.items() if word.search(text))


class _Reader:
    """Reads a page from its first block to its last, and knows at each what was said before."""

    def __init__(self, page: SavedPage, lists: _Lists) -> None:
        self.page, self.lists = replace(page, blocks=tuple(map(_without_addresses, page.blocks))), lists
        self.headings: list[tuple[int, str, _Evidence]] = []
        """The headings that a place stands below, each with its level and with what it says."""
        self.above: list[_Evidence] = []
        """What stands between the last heading, or the last table, and here."""
        self.line_said = _Evidence()
        """What a line of its own said of the lines below it."""
        self.title_said = _Evidence(lists.apis_in(page.title), frozenset(), "the title of the page")
        everything = " ".join([page.title, *(_words_of(block) for block in page.blocks)])
        self.whole = _Evidence(lists.apis_in(everything), frozenset(), "the page names no other API")
        self.tables = 0
        self.mentions: list[PageRow] = []

    def rows(self) -> Iterator[PageRow]:
        """Yield the rows, and then what is named in sentences and in no row."""
        yielded: set[str] = set()
        blocks = self.page.blocks
        number = 0
        while number < len(blocks):
            block = blocks[number]
            rows: Iterable[_Row]
            if block.kind is Kind.TABLE:
                self.tables += 1
                rows = self._table(block)
            elif block.kind is Kind.CELLS:
                self.tables += 1
                rows = self._cells(block.rows[0], f"table {self.tables}, cell")
            else:
                rows, number = self._lines(blocks, number)
            for row in rows:
                for judged in self._judged(row):
                    yielded.add(judged.printed.casefold())
                    yielded |= {judged.permission.name.casefold()} if judged.permission else set()
                    yield judged
            if block.kind in (Kind.TABLE, Kind.CELLS):
                self.above = []
            number += 1
        for mention in self.mentions:
            if mention.printed.casefold() not in yielded:
                yielded.add(mention.printed.casefold())
                yield mention

    @property
    def section(self) -> str:
        """The nearest heading that says more than a type."""
        return next((text for _, text, _ in reversed(self.headings) if not says_only_a_type(text)), "")

    def _around(self) -> list[_Evidence]:
        """Return what is said around a place, the nearest first."""
        headings = [evidence for _, _, evidence in reversed(self.headings)]
        return [self.line_said, *reversed(self.above), *headings, self.title_said]

    def _lines(self, blocks: Sequence[Block], number: int) -> tuple[list[_Row], int]:
        """Read a line that is in no table: a heading, a row, or a sentence. Return its rows and its last line."""
        block = blocks[number]
        text, place = block.text, f"line {number + 1}"
        api, kind = self.lists.api_of(text), _ONLY_TYPE.fullmatch(text)
        row = self._line_row(text, place)
        if row is not None:
            more, number = _words_below(self.lists, blocks, number)
            row.words, row.titles = (*row.words, *more), tuple(more)
            return [row], number
        if block.kind is Kind.HEADING:
            level = block.level + bool(kind)
            types = _types_in(text) or (_only(text) if kind else frozenset())
            evidence = _Evidence(self.lists.apis_in(text), types, f"the heading {text!r}")
            self.headings = [*(heading for heading in self.headings if heading[0] < level), (level, text, evidence)]
            # Plain text has no headings, only short lines: the sentence above several of them is above them all.
            self.above = self.above[-1:] if block.level >= TEXT_HEADING else []
            self.line_said = _Evidence({api: text}, _types_in(text), f"the heading {text!r}") if api else _Evidence()
            return [], number
        if api:
            self.line_said = replace(self.line_said, apis={api: text}, where=f"the line {text!r}")
        elif kind:
            self.line_said = replace(self.line_said, types=_only(text), where=f"the line {text!r}")
        self.above.append(_Evidence(self.lists.apis_in(text), _types_in(text), f"the line above: {text!r}"))
        self._mention(place, (text,))
        return [], number

    def _mention(self, place: str, texts: Iterable[str]) -> None:
        """Remember what is named beside all rows: where no row names it, a person is asked."""
        for text in texts:
            for name in self.lists.names_in(text):
                if name.casefold() in self.lists.names and "." in name:
                    why = f"the text names {name} in a sentence, and no row does; is it asked for?"
                    mention = self._row(place, name, Outcome.ASKED, why, (text,))
                    self.mentions.append(replace(mention, mentioned=True))

    def _line_row(self, text: str, place: str) -> _Row | None:
        """Return the row that a line is: it begins with a name, or is a title and nothing else."""
        body, evidence = _without_prefix(self.lists, text)
        match = _NAME.match(body)
        if match and self.lists.is_name(match[0]):
            rest = body[match.end() :]
            listed = re.match(r"(?:\s*(?:,|;|/|&|\band\b)\s*[\w.-]+)*", rest)
            more = self.lists.names_in(listed[0] if listed else "")
            behind = rest[listed.end() if listed else 0 :]
            if re.match(r"\s*(?:$|[(\[:,;*\u2013—-]|\|)", behind):
                types = _types_in_brackets(behind)
                evidence.append(_Evidence({}, types, "the row"))
                return _Row(place, (match[0], *more), (text,), evidence)
        if folded(body) in self.lists.titles and len(body.split()) > 2:
            return _Row(place, (body,), (text,), evidence, by_title=True)
        return None

    def _table(self, block: Block) -> Iterator[_Row]:
        head, body = _head(self.lists, block)
        columns = _columns(head)
        above = _Evidence()
        if not _is_of_permissions(self.lists, head, body, columns):
            self._mention(f"table {self.tables}", (cell for row in block.rows for cell in row))
            return
        for number, cells in enumerate(body, start=len(block.rows) - len(body) + 1):
            filled = [cell for cell in cells if cell]
            distinct = list(dict.fromkeys(filled))
            if not filled:
                continue
            if len(distinct) == 1 and not self.lists.names_in(distinct[0]):
                # A row that only says of which API, or type, the rows below it are.
                api, types = self.lists.api_of(distinct[0]), _types_in(distinct[0]) or _types_of(distinct[0])
                if api or types:
                    above = _Evidence(
                        {api: distinct[0]} if api else above.apis, types or above.types, f"the row {distinct[0]!r}"
                    )
                    continue
            row = self._table_row(cells, columns, f"table {self.tables}, row {number}", above)
            if row.evidence and row.evidence[0].apis:
                above = replace(above, apis=row.evidence[0].apis, where="the row above")
            yield row

    def _table_row(self, cells: Sequence[str], columns: dict[str, int], place: str, above: _Evidence) -> _Row:
        def cell(role: str) -> str:
            column = columns.get(role)
            return cells[column] if column is not None and column < len(cells) else ""

        api_cell = cell("api") or next((text for text in cells if self.lists.api_of(text)), "")
        types = _types_of(cell("type"))
        if not types:
            ticked = {kind for kind in PermissionType if _TICK.fullmatch(cell(kind.value).strip())}
            types = frozenset(ticked)
        if not types and "type" not in columns:
            others = [text for number, text in enumerate(cells) if number != columns.get("name")]
            types = next((kinds for text in others if (kinds := _whole_type(text))), frozenset())
        where = [cell(role) for role in ("name", "title") if cell(role)] + [text for text in cells if text]
        named = next((text for text in where if self.lists.only_names(text)), "") or next(
            (text for text in where[:2] if self.lists.names_in(text)), ""
        )
        for kind in PermissionType:  # a column of a type may hold the names instead of ticks
            if not named and self.lists.names_in(cell(kind.value)):
                named, types = cell(kind.value), frozenset({kind})
        label = api_cell if api_cell and not self.lists.names_in(api_cell) else ""
        key = self.lists.api_of(label) if label else None
        evidence = [_Evidence({key or f"?{label}": label} if label else {}, types, "the row"), above]
        titles = tuple(text for text in cells if text != named)
        purpose = bool(cell("purpose"))
        if named:
            bracket = _types_in_brackets(named)
            if bracket:
                evidence.insert(0, _Evidence({}, bracket, "the row"))
            return _Row(place, tuple(self.lists.names_in(named)), tuple(cells), evidence, purpose, titles=titles)
        title = next((text for text in where if folded(text) in self.lists.titles), "")
        if title:
            return _Row(place, (title,), tuple(cells), evidence, purpose, by_title=True)
        printed = next((text for text in where if text != api_cell), api_cell)
        return _Row(place, (printed,), tuple(cells), evidence, purpose, by_title=True)

    def _cells(self, cells: Sequence[str], place: str) -> Iterator[_Row]:
        """Read cells that lost their rows: a row begins at a name, and at a title where there are no names."""
        starts = [number for number, text in enumerate(cells) if self.lists.only_names(text)]
        by_title = not starts
        if by_title:
            starts = [number for number, text in enumerate(cells) if folded(text) in self.lists.titles]
        if not starts:
            self._mention(place, cells)
            return
        head = [text for text in cells[: starts[0]] if text]
        columns = _columns(head)
        apart = columns["purpose"] - columns["name"] if {"purpose", "name"} <= columns.keys() else 0
        evidence = _Evidence()
        for position, (start, end) in enumerate(zip(starts, [*starts[1:], len(cells)], strict=True)):
            before = cells[(starts[position - 1] + 1 if position else 0) : start]
            for number, text in enumerate(before):
                key, types = self.lists.api_of(text), _whole_type(text)
                if text and "api" in columns and not types and _alone(before[number + 1 :], columns):
                    key = key or f"?{text}"  # it stands alone in its row, in the column of APIs
                if key:
                    evidence = replace(evidence, apis={key: text}, where=f"the cell {text!r}")
                elif types and text not in head:
                    evidence = replace(evidence, types=types, where=f"the cell {text!r}")
            words = tuple(text for text in cells[start:end] if text and not self.lists.api_of(text))
            purpose = cells[start + apart] if apart and start + apart < end else ""
            yield _Row(
                f"{place} {start + 1}",
                (cells[start],) if by_title else tuple(self.lists.names_in(cells[start])),
                words,
                [evidence],
                bool(purpose) and not self.lists.api_of(purpose),
                by_title,
                words[1:],
            )

    def _judged(self, row: _Row) -> Iterator[PageRow]:
        around = [*row.evidence, *self._around()]
        for printed in row.printed:
            yield from self._judge(row, printed, around)

    def _judge(self, row: _Row, printed: str, around: Sequence[_Evidence]) -> Iterator[PageRow]:
        of_api = next((evidence for evidence in around if evidence.apis), None)
        if of_api is None and len(self.whole.apis) == 1:
            of_api = self.whole
        of_type = next((evidence for evidence in around if evidence.types), _Evidence())
        types = of_type.types
        stated = next(iter(types)) if len(types) == 1 else None
        label, called = next(iter(of_api.apis.items())) if of_api and len(of_api.apis) == 1 else ("", "")
        make = _Maker(self, row, printed, stated, called)
        if label.startswith("?"):
            api_names = [api.name for api in self.lists.apis.values()]
            words = f"{label[1:]!r} is no API whose permissions are listed here{nearest(label[1:], api_names)}"
            yield make(Outcome.REFUSED, f"{words}; `lockstep catalogue api` makes a list")
            return
        if row.by_title:
            yield from _by_title(make, printed, label, types)
            return
        name = self.lists.names.get(printed.casefold(), printed)
        if of_api is None or not label:
            offers = [(api, entry) for api in self.lists.apis.values() for entry in _offers(api, name, types)]
            if not offers:
                yield make(Outcome.REFUSED, f"no API has a permission {name!r}{_nearest_anywhere(self.lists, name)}")
                return
            which = " or ".join(dict.fromkeys(api.name for api, _ in offers))
            many = "names several APIs" if of_api else "names no API"
            yield make(Outcome.ASKED, f"the page {many} for it: is it {which}?", choices=offers)
            return
        api = self.lists.apis[label]
        owners = [entry for ident in _GUID.findall(" ".join(row.words)) for entry in _owners(api, ident)]
        of_row = {entry.type for entry in owners if entry.name == name}
        if owners and not of_row & (types or of_row):
            owned_by = " or ".join(f"{entry.type.value} {entry.name}" for entry in owners)
            why = f"the id in the row is that of {api.name} {owned_by}: is that meant, or what the row says?"
            meant = dict.fromkeys([*owners, *_offers(api, name, types)])
            yield make(Outcome.ASKED, why, choices=[(api, entry) for entry in meant])
            return
        if not types and len(of_row) == 1:
            types, of_type = frozenset(of_row), _Evidence({}, frozenset(of_row), "the id in the row")
        proof = f"API: {of_api.where}" + (f"; type: {of_type.where}" if types else "")
        yield from _by_name(make, api, name, types, proof, in_row=of_type in row.evidence)

    def _row(self, place: str, printed: str, outcome: Outcome, why: str, words: Sequence[str]) -> PageRow:
        return PageRow(place, self.section, printed, outcome, why, _digest(self.section, printed, *words))


@dataclass
class _Maker:
    """Makes the rows that one printed name becomes."""

    reader: _Reader
    row: _Row
    printed: str
    stated: PermissionType | None
    label: str

    def __call__(
        self,
        outcome: Outcome,
        why: str,
        *,
        answer: tuple[Api, ApiPermission] | None = None,
        choices: Sequence[tuple[Api, ApiPermission]] = (),
        stated: PermissionType | None = None,
    ) -> PageRow:
        kind = stated or self.stated
        page_row = self.reader._row(self.row.place, self.printed, outcome, why, (kind or "", *self.row.words))
        return replace(
            page_row,
            api_label=self.label,
            stated=kind,
            api=answer[0] if answer else None,
            permission=answer[1] if answer else None,
            choices=tuple(choices),
            has_purpose=self.row.has_purpose,
            misdescribed=_misdescribed(self.reader.lists, self.row, answer) if answer else "",
        )


def _by_name(
    make: _Maker, api: Api, name: str, types: frozenset[PermissionType], proof: str, *, in_row: bool
) -> Iterator[PageRow]:
    offers = _offers(api, name, frozenset())
    if not offers:
        names = [entry.name for entry in api.permissions]
        yield make(Outcome.REFUSED, f"{api.name} has no permission {name!r}{nearest(name, names)}")
    elif len(types) == 1 or (len(types) == 2 and in_row):
        for kind in sorted(types, reverse=True):
            entry = api.find(name, kind)
            if entry is None:
                others = " and ".join(offer.type.value for offer in offers)
                hint = nearest(name, api.names(kind))
                yield make(Outcome.REFUSED, f"{api.name} has {name} as {others} only, not as {kind.value}{hint}")
            else:
                yield make(Outcome.TAKEN, proof, answer=(api, entry), stated=kind)
    elif len(offers) == 1:
        why = f"{proof}; type: {api.name} has it as {offers[0].type.value} only"
        yield make(Outcome.TAKEN, why, answer=(api, offers[0]))
    else:
        types_given = "says both types" if types else "says no type"
        yield make(
            Outcome.ASKED, f"the page {types_given}: delegated or application?", choices=[(api, e) for e in offers]
        )


def _by_title(make: _Maker, printed: str, label: str, types: frozenset[PermissionType]) -> Iterator[PageRow]:
    lists = make.reader.lists
    offers = [
        (api, entry)
        for api, entry in lists.titles.get(folded(printed), ())
        if (not label or api.key == label) and (not types or entry.type in types)
    ]
    if len(offers) == 1 and label:
        yield make(Outcome.TAKEN, "the title is that of this permission and of no other there", answer=offers[0])
    elif offers:
        which = " or ".join(f"{api.name} {entry.type.value} {entry.name}" for api, entry in offers)
        yield make(Outcome.ASKED, f"by this title: {which}?", choices=offers)
    else:
        listed = [entry for api in lists.apis.values() if not label or api.key == label for entry in api.permissions]
        titles = {entry.display_name: entry.name for entry in listed if not types or entry.type in types}
        where = lists.apis[label].name if label else "any API"
        kind = f" as {next(iter(types)).value}" if len(types) == 1 else ""
        elsewhere = lists.titles.get(folded(printed), ())
        only = sorted({f"{api.name} {entry.type.value}" for api, entry in elsewhere})
        hint = f"; it is one of {', '.join(only)}" if only else nearest(printed, titles)
        yield make(Outcome.REFUSED, f"no permission of {where} has the name or the title {printed[:80]!r}{kind}{hint}")


def _offers(api: Api, name: str, types: frozenset[PermissionType]) -> list[ApiPermission]:
    return [entry for kind in PermissionType if not types or kind in types if (entry := api.find(name, kind))]


def _owners(api: Api, ident: str) -> list[ApiPermission]:
    return [entry for kind in PermissionType if (entry := api.by_id(kind, ident))]


def _without_addresses(block: Block) -> Block:
    """Return a block with the names of scopes in place of their addresses, as `https://graph.microsoft.com/Mail.Read`."""
    rows = tuple(tuple(_ADDRESS.sub("", cell) for cell in row) for row in block.rows)
    return replace(block, text=_ADDRESS.sub("", block.text), rows=rows)


def _nearest_anywhere(lists: _Lists, name: str) -> str:
    return nearest(name, lists.names.values())


def _misdescribed(lists: _Lists, row: _Row, answer: tuple[Api, ApiPermission]) -> str:
    """Return a title in the row that other permissions have, and the one that the row names has not."""
    own = {folded(entry.display_name) for entry in _offers(answer[0], answer[1].name, frozenset())}
    for words in row.titles:
        if folded(words) in lists.titles and folded(words) not in own:
            return words
    return ""


def _once(rows: Iterable[PageRow]) -> Iterator[PageRow]:
    """Leave out a row that stands twice, word for word; ask about one that says the same permission in other words."""
    first_digests: dict[object, str] = {}
    for row in rows:
        if row.permission is None or row.api is None:
            yield row
            continue
        key = (row.section, row.api.key, row.permission)
        if key not in first_digests:
            first_digests[key] = row.digest
            yield row
        elif first_digests[key] != row.digest:
            why = "it stands twice in this section, in other words each time; which of the two holds?"
            answer = ((row.api, row.permission),)
            yield replace(row, outcome=Outcome.ASKED, why=why, choices=answer, api=None, permission=None)


def _digest(*words: str) -> str:
    text = " ".join(" ".join(words).casefold().split())
    return sha256(text.encode()).hexdigest()[:16]


def _words_of(block: Block) -> str:
    return " ".join([block.text, *(cell for row in block.rows for cell in row)])


def _words_below(lists: _Lists, blocks: Sequence[Block], number: int) -> tuple[list[str], int]:
    """Return the lines below a line that is a name alone: the other cells of its row, one a line."""
    words: list[str] = []
    if blocks[number].level != TEXT_HEADING:
        return words, number
    while number + 1 < len(blocks) and len(words) < 3:
        below = blocks[number + 1]
        ends = below.kind in (Kind.TABLE, Kind.CELLS, Kind.ITEM) or lists.api_of(below.text)
        begins = _NAME.match(below.text)
        if ends or _ONLY_TYPE.fullmatch(below.text) or (begins and lists.is_name(begins[0])):
            break
        if below.kind is Kind.HEADING and not _tail_of_a_row(lists, blocks, number + 1):
            break
        words.append(below.text)
        number += 1
    return words, number


def _tail_of_a_row(lists: _Lists, blocks: Sequence[Block], number: int) -> bool:
    """Tell whether a short line stands between two names, as a cell does, and not above a new part of the page."""
    below = blocks[number + 1 : number + 4]
    return any(lists.only_names(block.text) for block in below) or folded(blocks[number].text) in lists.titles


def _head(lists: _Lists, block: Block) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Return the names of a table's columns, and its other rows."""
    first = block.rows[0]
    if block.has_head or (
        sum(bool(_role(cell)) for cell in first) >= 2 and not any(lists.only_names(cell) for cell in first)
    ):
        return first, block.rows[1:]
    return (), block.rows


def _role(cell: str) -> str:
    return next((role for role, word in _COLUMNS.items() if word.fullmatch(cell.strip(" *:"))), "")


def _columns(head: Sequence[str]) -> dict[str, int]:
    """Return the column of each role; the first one counts."""
    columns: dict[str, int] = {}
    for number, cell in enumerate(head):
        role = _role(cell)
        if role:
            columns.setdefault(role, number)
    return columns


def _is_of_permissions(
    lists: _Lists, head: Sequence[str], body: Sequence[Sequence[str]], columns: dict[str, int]
) -> bool:
    """Tell whether a table is one of permissions: a row names one, or the head says so and a row has a title."""
    named = any(lists.only_names(cell) for row in body for cell in row)
    titled = any(folded(cell) in lists.titles for row in body for cell in row)
    return named or titled or (any("permission" in cell.casefold() for cell in head) and "type" in columns)


def _alone(behind: Sequence[str], columns: Mapping[str, int]) -> bool:
    """Tell whether nothing but the empty rest of its row stands behind a cell of the first column."""
    width = max(columns.values())
    return len(behind) >= width and not any(behind[:width])


def _whole_type(cell: str) -> frozenset[PermissionType]:
    """Return the types that a cell says which says nothing else, in whole words."""
    return _types_of(cell) if re.search(r"delegated|application|\bapp\b", cell, re.IGNORECASE) else frozenset()


def _types_in_brackets(text: str) -> frozenset[PermissionType]:
    inside = re.findall(r"[(\[]([^)\]]*)[)\]]", text)
    behind = re.fullmatch(r"\s*[:\u2013—-]+\s*(delegated|application)\W*", text, re.IGNORECASE)
    words = [*inside, *([behind[1]] if behind else [])]
    return frozenset(kind for word in words for kind in _whole_type(word))


def _without_prefix(lists: _Lists, text: str) -> tuple[str, list[_Evidence]]:
    """Return a line without an API or a type that stands before a colon, or the like, and what that said."""
    evidence: list[_Evidence] = []
    while match := _PREFIX.match(text):
        key, types = lists.api_of(match[1]), _whole_type(match[1])
        if not key and not types:
            break
        evidence.append(_Evidence({key: match[1]} if key else {}, types, "the row"))
        text = text[match.end() :]
    return text, evidence


def _only(text: str) -> frozenset[PermissionType]:
    return frozenset(kind for kind in PermissionType if kind.value in text.casefold())
