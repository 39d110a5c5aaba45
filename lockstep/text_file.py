"""Reads a text file that somebody hands over, whatever its Unicode mark, and writes one whole or not at all.

Windows PowerShell writes what `>` and `tee` take as UTF-16 with a mark, and editors put a mark before UTF-8. Either way
the text is the same, and is read as the same. Knows nothing of what is in a file.
"""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from lockstep.errors import UsageError, reason_of

MAX_BYTES = 4 * 1024 * 1024
# The longer marks first: that of UTF-32 begins as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def read_text(
    path: Path, where: str = "", *, most: int | None = MAX_BYTES, error: type[UsageError] = UsageError
) -> str:
    """Return a file's text without its mark; `error` in one line, with `where` for the file, when it cannot be read.

    `where` is the path, unless given. A file of more than `most` bytes is refused: it may come from a pull request.
    """
    return decoded(read_bytes(path, where, most=most, error=error), where or str(path), error=error)


def read_bytes(path: Path, where: str = "", *, most: int | None = None, error: type[UsageError] = UsageError) -> bytes:
    """Return a file's content as it is; otherwise as `read_text`."""
    where = where or str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read() if most is None else stream.read(most + 1)
    except OSError as failure:
        raise error(f"{where}: cannot be read: {reason_of(failure)}") from None
    if most is not None and len(content) > most:
        raise error(f"{where}: cannot be read: it is larger than {most // 1024 // 1024} MiB")
    return content


def read_json(path: Path, where: str = "", *, hint: str, error: type[UsageError] = UsageError) -> Any:
    """Return what a JSON file holds; `error` otherwise, with `hint` on how such a file is made or mended."""
    where = where or str(path)
    text = read_text(path, where, most=None, error=error)
    try:
        document = json.loads(text)
        if _HALF.search(text):  # The escape of half a character passes as JSON, and could be written nowhere.
            json.dumps(document, ensure_ascii=False).encode()
        return document
    except UnicodeEncodeError:
        raise error(
            f"{where}: cannot be read: an escape in it (\\ud800 to \\udfff) is half a character; {hint}"
        ) from None
    except (ValueError, RecursionError) as failure:
        why = "it is nested too deeply" if isinstance(failure, RecursionError) else "a number in it is too long"
        why = f"line {failure.lineno}" if isinstance(failure, json.JSONDecodeError) else why
        raise error(f"{where}: cannot be read: it is not JSON ({why}); {hint}") from None


def decoded(content: bytes, where: str, *, error: type[UsageError] = UsageError) -> str:
    """Return the text of a file's content by its mark, UTF-8 without one; `error` when it is no such text."""
    mark, encoding = mark_of(content)
    try:
        return content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as failure:
        name = encoding.upper().removesuffix("-LE").removesuffix("-BE")
        message = f"not {name} text at byte {len(mark) + failure.start}; save the file as UTF-8"
        raise error(f"{where}: cannot be read: {message}") from None


def mark_of(content: bytes) -> tuple[bytes, str]:
    """Return the mark that a file's content begins with, which may be empty, and the encoding that it stands for."""
    return next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", "utf-8"))


def write_text(
    path: Path, text: str, where: str = "", *, follow: bool = True, error: type[UsageError] = UsageError
) -> None:
    """Write a file whole or not at all, with the folders that it needs; `error` in one line when it cannot be written.

    A link stays a link, and the file behind it keeps its rights; unless `follow`, a file takes the place of the link.
    What is no regular file, such as /dev/stdout, is written to directly.
    """
    write_bytes(path, text.encode("utf-8", "surrogateescape"), where, follow=follow, error=error)


def write_new(path: Path, text: str, option: str) -> None:
    """Write a file that is not there yet; UsageError, which names the option that named it, when it cannot be written.

    Never over a file: what somebody has worked on would be lost.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{option} {path}: is there already; move it away, or name another file") from None
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be written: {error.strerror}") from None


def write_bytes(
    path: Path,
    content: bytes,
    where: str = "",
    *,
    mode: int | None = None,
    follow: bool = True,
    error: type[UsageError] = UsageError,
) -> None:
    """Write a file's bytes as `write_text` does its text; `mode` are the rights of a new file."""
    try:
        target, kind = path, _kind(path)
        if follow and kind is not None and stat.S_ISLNK(kind):
            target = Path(os.path.realpath(path))
            kind = _kind(target)
        if kind is None:
            _make_folder(target.parent)
        elif stat.S_ISREG(kind):
            mode = stat.S_IMODE(kind)
        elif follow:
            target.write_bytes(content)
            return
        _swap_in(target, content, mode)
    except OSError as failure:
        raise error(f"{where or path}: cannot be written: {reason_of(failure)}") from None


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as failure:  # a file is there
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from failure


def _kind(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return None


def _swap_in(target: Path, content: bytes, mode: int | None) -> None:
    draft = target.with_name(f".{target.name[:100]}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    try:
        # A new file, not what a link of that name leads to; nobody else reads it before it has its own rights.
        draft.touch(mode=0o666 if mode is None else 0o600, exist_ok=False)
        draft.write_bytes(content)
        if mode is not None:
            draft.chmod(mode)
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
