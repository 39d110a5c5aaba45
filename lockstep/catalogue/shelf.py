"""The catalogue: a folder of edition files, one folder a vendor, each file named by its edition's date.

A project's private editions are laid over those that ship: they add vendors and editions, and never change one. Reads
an edition when it is asked for and keeps it. Knows nothing of what is inside an edition.
"""

from __future__ import annotations

import datetime
import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from lockstep.catalogue.api import DATA
from lockstep.catalogue.loader import load_edition
from lockstep.catalogue.model import Edition, PageText
from lockstep.catalogue.page_texts import DECISIONS, TEXTS, read_texts
from lockstep.catalogue.private import kept, private_files, private_text_name
from lockstep.errors import CatalogueError, nearest
from lockstep.text_file import read_text

CURRENT = "current"


class Catalogue:
    """All editions of all vendors under one folder, with the files of a private catalogue laid over them."""

    def __init__(self, folder: Path, private: Mapping[str, Path] | None = None) -> None:
        self._folder = folder
        self._private = {name: path for name, path in (private or {}).items() if name.startswith("editions/")}
        self._read: dict[tuple[str, str], Edition] = {}

    @cached_property
    def vendors(self) -> tuple[str, ...]:
        """The keys of all vendors, in order."""
        return tuple(self._dates)

    def editions(self, vendor: str) -> tuple[Edition, ...]:
        """Return all editions of one vendor, oldest first."""
        return tuple(self._edition(vendor, day) for day in self.dates(vendor))

    def dates(self, vendor: str) -> tuple[str, ...]:
        """Return the dates of all editions of one vendor, oldest first, without reading them."""
        if vendor not in self._dates:
            vendors = ", ".join(self.vendors) or "none"
            raise CatalogueError(
                f"unknown vendor {vendor!r}; the catalogue has {vendors}{nearest(vendor, self.vendors)}"
            )
        return self._dates[vendor]

    def edition(self, vendor: str, date: str) -> Edition:
        """Return the edition of exactly this date."""
        dates = self.dates(vendor)
        if date not in dates:
            raise CatalogueError(f"{vendor} has no edition {date!r}; it has {', '.join(dates)}{nearest(date, dates)}")
        return self._edition(vendor, date)

    def digest(self, vendor: str, date: str) -> str:
        """Return `sha256:…` of the file of the edition of exactly this date: what was judged by, to the byte."""
        self.edition(vendor, date)
        return f"sha256:{hashlib.sha256(self._file(vendor, date)[0].read_bytes()).hexdigest()}"

    def text(self, vendor: str, date: str) -> str:
        """Return the text of the file of the edition of exactly this date."""
        self.edition(vendor, date)
        return read_text(*self._file(vendor, date), error=CatalogueError)

    def texts(self, vendor: str, date: str) -> tuple[PageText, ...] | None:
        """Return the digests of the texts that the edition of exactly this date rests on; None where none are kept."""
        self.edition(vendor, date)
        name = f"editions/{vendor}/{date}{TEXTS}"
        if name in self._private:
            return read_texts(self._private[name], private_text_name(name))
        file = self._folder / vendor / f"{date}{TEXTS}"
        return read_texts(file, str(file)) if file.is_file() else None

    def edition_as_of(self, vendor: str, date: str) -> Edition:
        """Return the edition in force on a day, or the newest for `current`."""
        dates = self.dates(vendor)
        if date == CURRENT:
            return self._edition(vendor, dates[-1])
        try:
            day = datetime.date.fromisoformat(date).isoformat()
        except ValueError:
            message = f"{date!r} is neither {CURRENT!r} nor a date; write it like {dates[-1]}"
            raise CatalogueError(message) from None
        position = bisect_right(dates, day)
        if position == 0:
            raise CatalogueError(f"no edition of {vendor} was in force on {day}; the oldest is {dates[0]}")
        return self._edition(vendor, dates[position - 1])

    def private_name(self, vendor: str, date: str) -> str:
        """Return what messages call the file of an edition of the project's own; nothing for one that ships."""
        name = f"editions/{vendor}/{date}.yaml"
        return private_text_name(name) if name in self._private else ""

    @cached_property
    def _dates(self) -> dict[str, tuple[str, ...]]:
        if not self._folder.is_dir():
            raise CatalogueError(f"{self._folder}: not a folder; name one that holds a folder of editions a vendor")
        folders = {
            folder.name: tuple(sorted(file.stem for file in folder.glob("*.yaml")))
            for folder in sorted(self._folder.iterdir())
            if folder.is_dir()
        }
        for name in self._private:
            if name.endswith((TEXTS, DECISIONS)):
                continue  # what `lockstep catalogue draft` writes beside an edition
            vendor, date = name.removeprefix("editions/").removesuffix(".yaml").split("/")
            if date in folders.get(vendor, ()):
                raise CatalogueError(
                    f"{private_text_name(name)}: Lockstep ships the edition {date} of {vendor}, which a private one"
                    " never changes; to fix: give yours the date of another day, in its name and in `valid_from`"
                )
            folders[vendor] = tuple(sorted((*folders.get(vendor, ()), date)))
        return {vendor: folders[vendor] for vendor in sorted(folders) if folders[vendor]}

    def _file(self, vendor: str, date: str) -> tuple[Path, str]:
        """Return the file of an edition, and what messages call it."""
        name = f"editions/{vendor}/{date}.yaml"
        if name in self._private:
            return self._private[name], private_text_name(name)
        path = self._folder / vendor / f"{date}.yaml"
        return path, str(path)

    def _edition(self, vendor: str, date: str) -> Edition:
        if (vendor, date) not in self._read:
            path, name = self._file(vendor, date)
            edition = load_edition(path, name)
            if (edition.vendor, edition.id) != (vendor, date):
                is_of = f"{edition.vendor} {edition.id}"
                raise CatalogueError(f"{name}: holds {is_of}; keep it as {edition.vendor}/{edition.id}.yaml")
            self._read[vendor, date] = edition
        return self._read[vendor, date]


@kept
def load() -> Catalogue:
    """Return the catalogue that ships with Lockstep, with that of the project which this process is about over it."""
    return Catalogue(DATA / "editions", private_files())
