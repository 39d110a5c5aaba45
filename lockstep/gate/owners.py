"""Who has to look at a change: the base's CODEOWNERS, in the form that GitHub, GitLab and Gitea share. Pure text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lockstep.text_file import read_text

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")


def owners(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the owners of each path below the root of a repository; the last line that matches decides."""
    file = next((root / place for place in PLACES if (root / place).is_file()), None)
    lines = list(_lines(read_text(file, file.relative_to(root).as_posix()))) if file else []
    names_of = {}
    for path in paths:
        matching = [names for pattern, names in lines if pattern.match(path)]
        if matching and matching[-1]:
            names_of[path] = matching[-1]
    return names_of


def _lines(text: str) -> Iterator[tuple[re.Pattern[str], str]]:
    for line in text.splitlines():
        words = re.sub(r"(^|\s)#.*", "", line).split()
        if words and not words[0].startswith(("[", "^[", "!")):
            yield _pattern(words[0]), " ".join(words[1:])


def _pattern(text: str) -> re.Pattern[str]:
    anchored = "/" in text.rstrip("/")
    inner = re.escape(text.strip("/")).replace(r"\*\*", "\0").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    inner = inner.replace("\0/", "(?:.*/)?").replace("\0", ".*")
    # A pattern of a folder holds for everything in it, but `folder/*` for its own files only.
    tail = "/.*$" if text.endswith("/") else "$" if text.endswith("/*") else "(?:/.*)?$"
    return re.compile(f"^{'' if anchored else '(?:.*/)?'}{inner}{tail}")
