"""What a vendor's page says now against what an edition was taken from: rows and sentences that came, went or changed.

Of a sentence only its digest is kept, so a page can be compared word for word and none of a vendor's sentences is
stored. Knows no vendor, and nothing of the catalogue's own files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from lockstep.catalogue.api import Api
from lockstep.catalogue.model import ArticleRow, DocumentedPermission, Edition, PageText
from lockstep.catalogue.page_rows import PageRow, rows_of, says_only_a_type
from lockstep.catalogue.permission import OWN_API
from lockstep.catalogue.saved_page import Kind, SavedPage
from lockstep.errors import UsageError

Item = TypeVar("Item", ArticleRow, PageText)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that stands where it stood, and says something else of the type, or of a purpose."""

    before: ArticleRow
    after: ArticleRow


@dataclass(frozen=True, slots=True)
class PageCheck:
    """How a page differs from an edition. `same_text`: it is, to the byte, the text that the edition was taken from.

    `silenced` are texts that the edition rests on and that are not on the page any more, `added` are texts that stand
    between them and did not. `compared` is False where the edition has no record of its page's texts.
    """

    edition: Edition
    rows: int
    gained: tuple[ArticleRow, ...]
    lost: tuple[ArticleRow, ...]
    changed: tuple[RowChange, ...]
    same_text: bool
    silenced: tuple[PageText, ...] = ()
    added: tuple[PageText, ...] = ()
    compared: bool = True

    @property
    def rows_differ(self) -> bool:
        """Whether any row differs: only then is there anything to draft."""
        return bool(self.gained or self.lost or self.changed)

    @property
    def differs(self) -> bool:
        """Whether any row differs, or any text."""
        return self.rows_differ or bool(self.silenced or self.added)


def vendor_of(page: SavedPage, editions: Iterable[Edition]) -> str:
    """Return the vendor whose permissions a page asks for; UsageError when it is nobody's, or might be several's."""
    editions = list(editions)
    rows = rows_of(page)
    if not rows:
        raise UsageError("the page has no row of permissions; save it once more, whole, as text or as HTML only")
    # Most vendors offer no API of their own: then the page has been read as theirs already.
    own = {edition.vendor: own_apis(edition) for edition in editions}
    read = {vendor: rows_of(page, apis) if apis else rows for vendor, apis in own.items()}
    shares = sorted(((_share(read[edition.vendor], edition), edition.vendor) for edition in editions), reverse=True)
    names = ", ".join(edition.vendor for edition in editions)
    if not shares or not shares[0][0]:
        raise UsageError(
            f"the page has rows of permissions, and is of no vendor in the catalogue; name the vendor with --vendor"
            f" ({names}), or draft its first edition with `lockstep catalogue draft --page FILE`"
        )
    if len(shares) > 1 and shares[1][0] == shares[0][0]:
        raise UsageError(f"the page could be of {shares[0][1]} or of {shares[1][1]}; name the vendor with --vendor")
    return shares[0][1]


def _share(rows: Iterable[PageRow], edition: Edition) -> float:
    """Return which part of an edition's permissions a page's rows name, in the sections that it has them from."""
    documented = {(row.section, row.name.casefold()) for row in documented_rows(edition)}
    printed = {(row.section, row.printed.casefold()) for row in rows}
    return len(documented & printed) / len(documented)


def own_apis(edition: Edition) -> dict[str, Api]:
    """Return the APIs that apps of an edition offer themselves, by key."""
    return {key: api for key, api in edition.apis.items() if api.app_id.startswith(OWN_API)}


def check_page(edition: Edition, page: SavedPage, texts: Sequence[PageText] | None = None) -> PageCheck:
    """Return how a page differs from an edition, whose page had the `texts`; UsageError for another vendor's page."""
    page_rows = rows_of(page, own_apis(edition))
    rows = [_article_row(row) for row in page_rows if not row.mentioned]
    if not _share(page_rows, edition):
        has = f"names {len(rows)} permissions in other places than" if rows else "has no row of permissions of"
        raise UsageError(
            f"the page {has} {edition.vendor} {edition.id}; save that vendor's page once more, whole, as text or as"
            " HTML only, or name the page's vendor with --vendor"
        )
    before_rows = documented_rows(edition)
    gained, lost = _beyond(rows, before_rows, _plain), _beyond(before_rows, rows, _plain)
    changed = []
    for before in list(lost):
        after = next((row for row in gained if _place(row) == _place(before)), None)
        if after is not None:
            changed.append(RowChange(before, after))
            lost.remove(before)
            gained.remove(after)
    same = page.sha256 == edition.source.sha256
    silenced, added = _compared(texts or (), texts_of(page, page_rows))
    return PageCheck(
        edition,
        len(rows),
        _sorted(gained),
        _sorted(lost),
        tuple(changed),
        same,
        tuple(silenced),
        tuple(added),
        texts is not None,
    )


def _article_row(row: PageRow) -> ArticleRow:
    return ArticleRow(row.section, row.api_label, row.printed, row.stated, row.has_purpose)


def texts_of(page: SavedPage, rows: Iterable[PageRow] = ()) -> tuple[PageText, ...]:
    """Return a digest of each heading, paragraph, entry of a list and cell of a page, and where it stands.

    What stands in a row that asks for a permission supports that row.
    """
    by_place: dict[str, list[str]] = {}
    for row in rows:
        by_place.setdefault(row.place, []).append(f"rows/{row.printed}")
    return tuple(_texts(page, by_place))


def _texts(page: SavedPage, by_place: dict[str, list[str]]) -> Iterator[PageText]:
    section, tables = "", 0
    for number, block in enumerate(page.blocks, start=1):
        if block.level and not says_only_a_type(block.text):
            section = block.text
        if block.text:
            place = f"line {number}"
            yield PageText(text_digest(block.text), section, place, tuple(by_place.get(place, ())))
        tables += bool(block.rows)
        if block.kind is Kind.CELLS:
            supports: tuple[str, ...] = ()
            for count, cell in enumerate(block.rows[0], start=1):
                place = f"table {tables}, cell {count}"
                supports = tuple(by_place.get(place, supports))
                if cell:
                    yield PageText(text_digest(cell), section, place, supports)
            continue
        for line, row in enumerate(block.rows, start=1):
            place = f"table {tables}, row {line}"
            for cell in dict.fromkeys(cell for cell in row if cell):
                yield PageText(text_digest(cell), section, place, tuple(by_place.get(place, ())))


def text_digest(text: str) -> str:
    """Return the digest of a text, whatever its case and spaces."""
    return sha256(" ".join(text.casefold().split()).encode()).hexdigest()[:16]


def _compared(recorded: Sequence[PageText], now: Sequence[PageText]) -> tuple[list[PageText], list[PageText]]:
    """Return the recorded texts that are not there any more, and the new ones between the first and the last of them.

    What a site puts around an article, such as its menu, stands before or behind it and is nobody's promise.
    """
    recorded_places = {_where(text) for text in recorded}
    places = [number for number, text in enumerate(now) if _where(text) in recorded_places]
    within = now[places[0] : places[-1] + 1] if places else ()
    return _beyond(recorded, now, _where), _beyond(within, recorded, _where)


def _where(text: PageText) -> tuple[str, str, tuple[str, ...]]:
    """Return what tells a text from the same words elsewhere: the heading above it, and the row that it stands in."""
    return text.section.casefold(), text.digest, tuple(path for path in text.supports if path.startswith("rows/"))


def documented_rows(edition: Edition) -> list[ArticleRow]:
    """Return the rows that an edition was taken from; a twin that is only possible has none of its own."""
    return [entry.row for app in edition.apps for entry in app.permissions if entry.certain]


def _beyond(items: Iterable[Item], others: Iterable[Item], key: Callable[[Item], Hashable]) -> list[Item]:
    """Return the items whose key the others do not have, or not as often."""
    left, beyond = Counter(map(key, others)), []
    for item in items:
        left[key(item)] -= 1
        if left[key(item)] < 0:
            beyond.append(item)
    return beyond


def is_of(entry: DocumentedPermission, row: ArticleRow) -> bool:
    """Tell whether a documented permission was taken from a row."""
    return _plain(entry.row) == _plain(row)


def _plain(row: ArticleRow) -> ArticleRow:
    # How a page capitalises an API's name does not matter.
    return ArticleRow(row.section, row.api.casefold(), row.name, row.type, row.has_purpose)


def _place(row: ArticleRow) -> tuple[str, str, str]:
    return row.section, row.api.casefold(), row.name


def _sorted(rows: Iterable[ArticleRow]) -> tuple[ArticleRow, ...]:
    return tuple(sorted(rows, key=lambda row: (row.section, row.api, row.type or "", row.name)))
