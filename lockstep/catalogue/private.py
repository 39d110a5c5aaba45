"""The private catalogue of a project: the folder `catalogue/` beside its Pulumi.yaml, laid over the shipped catalogue.

A process says once which project it is about (`lay_over`); whoever asks for editions, lists or sentences then gets both
as one. Refuses whatever does not belong into the folder. Knows nothing of what is inside a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lockstep.errors import CatalogueError, nearest
from lockstep.text_file import read_json, read_text
from lockstep.yaml_file import Node, parse_yaml

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

FOLDER = "catalogue"
_BELONGS = re.compile(
    r"README\.md|meanings\.json|risk-tiers\.json|apis/(?P<api>[^/]+)\.json|editions/(?P<edition>[^/]+/[^/.]+)(?:\.yaml|\.texts\.json|\.decisions\.yaml)"
)
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EDITION = re.compile(rf"{_KEY.pattern}/\d{{4}}-\d\d-\d\d")
_ALLOWED = (
    "editions/VENDOR/YYYY-MM-DD.yaml (with its .texts.json and .decisions.yaml), apis/API.json (keys in lower case,"
    " words joined with -), meanings.json, risk-tiers.json and README.md"
)
_FOLDERS = ("editions", "apis")

Value = TypeVar("Value")

_forgetting: list[Callable[[], None]] = []
_project: Path | None = None


def kept(function: Callable[..., Value]) -> _lru_cache_wrapper[Value]:
    """Keep what a function returns for as long as the process is about the same project."""
    cached = cache(function)
    _forgetting.append(cached.cache_clear)
    return cached


def lay_over(project: Path | None) -> None:
    """Say which project this process is about, by its folder; None for none. Its folder is read when it is needed."""
    global _project
    # Without a private catalogue before and after, what is kept is as it was; else the folder may have changed.
    stale = any(_has_one(folder) for folder in (_project, project)) or _kept_files()
    _project = project.resolve() if project else None
    if stale:
        for forget in (*_forgetting, private_files.cache_clear):
            forget()


def is_about(project: Path | None) -> bool:
    """Tell whether this process has a project's catalogue: it is about that one, or neither has one of its own."""
    same = _project == (project.resolve() if project else None)
    return same or not any(map(_has_one, (_project, project)))


def _kept_files() -> bool:
    """Tell whether what is kept has files of a private catalogue."""
    return bool(private_files.cache_info().currsize and private_files())


@cache
def private_files() -> Mapping[str, Path]:
    """Return the files of the private catalogue by their path in it, with `/`; CatalogueError for what is none."""
    if _project is None or not _has_one(_project):
        return {}
    folder = _project / FOLDER
    _refuse_link(folder, "")
    if not folder.is_dir():
        raise CatalogueError(
            f"{FOLDER}: is a file, and stands where a project has the folder of its private catalogue; rename it"
        )
    return dict(sorted(_files(folder, "")))


def private_text_name(name: str) -> str:
    """Return what messages call a file of the private catalogue: its path from the project's folder."""
    return f"{FOLDER}/{name}"


def private_file(name: str) -> Node | None:
    """Return what one of the JSON files of the private catalogue holds, checked; None where it is not there."""
    from lockstep.catalogue.private_layout import ApiFile, MeaningsFile, RisksFile
    from lockstep.catalogue.shape import FileShape, checked

    path = private_files().get(name)
    if path is None:
        return None
    models: dict[str, type[FileShape]] = {"meanings.json": MeaningsFile, "risk-tiers.json": RisksFile}
    shown = private_text_name(name)
    read_json(path, shown, hint="correct the syntax", error=CatalogueError)
    # JSON is YAML too, and read as that it has the line of every value.
    root = parse_yaml(read_text(path, shown, error=CatalogueError), shown, error=CatalogueError)
    if root is None:
        raise CatalogueError(f"{shown}:1:1: the file is empty; fill it, or delete it")
    checked(root, models.get(name, ApiFile))
    return root


def _has_one(project: Path | None) -> bool:
    folder = project / FOLDER if project else None
    return folder is not None and (folder.is_symlink() or folder.exists())


def _files(folder: Path, within: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        name = f"{within}{path.name}"
        if path.name.startswith("."):
            continue  # what editors and git leave there; nobody reads it
        _refuse_link(path, name)
        if path.is_dir():
            if name not in _FOLDERS and not (within == "editions/" and _KEY.fullmatch(path.name)):
                raise _stranger(name)
            yield from _files(path, f"{name}/")
            continue
        match = _BELONGS.fullmatch(name)
        right = match and (
            _KEY.fullmatch(match["api"])
            if match["api"]
            else _EDITION.fullmatch(match["edition"])
            if match["edition"]
            else True
        )
        if not right:
            raise _stranger(name)
        yield name, path


def _refuse_link(path: Path, name: str) -> None:
    if path.is_symlink():
        shown = private_text_name(name).rstrip("/")
        raise CatalogueError(
            f"{shown}: is a symbolic link; a private catalogue is made of files inside the project only, so that"
            " whoever reviews a change sees what is judged by; to fix: put the file itself there"
        )


def _stranger(name: str) -> CatalogueError:
    near = nearest(name, ("meanings.json", "risk-tiers.json", "README.md", *_FOLDERS))
    return CatalogueError(
        f"{private_text_name(name)}: does not belong into a private catalogue; allowed in {FOLDER}/ are"
        f" {_ALLOWED}{near}; to fix: rename the file or move it elsewhere"
    )
