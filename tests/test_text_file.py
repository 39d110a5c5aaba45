"""A text is the same whatever Unicode mark its file has; a file is written whole or not at all, and says why not."""

from __future__ import annotations

import codecs
import errno
import os
from pathlib import Path

import pytest

from lockstep.errors import SettingError, UsageError
from lockstep.text_file import decoded, read_json, read_text, write_bytes, write_text

TEXT = '{"name": "Zoë · 日本 🔒"}\r\n'
MARKED = {
    "plain": TEXT.encode(),
    "utf-8": codecs.BOM_UTF8 + TEXT.encode(),
    "utf-16-le": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "utf-16-be": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-32-le": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "utf-32-be": codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
}


@pytest.mark.parametrize("mark", MARKED)
def test_b16_a_text_is_read_by_its_mark(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "text"
    path.write_bytes(MARKED[mark])
    assert read_text(path) == TEXT
    assert read_json(path, hint="no") == {"name": "Zoë · 日本 🔒"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"caf\xe9", "not UTF-8 text at byte 3"),
        (codecs.BOM_UTF8 + b"caf\xe9", "not UTF-8 text at byte 6"),
        (codecs.BOM_UTF16_LE + b"a\0b", "not UTF-16 text at byte 4"),
        (codecs.BOM_UTF16_BE + b"\xd8\x00\x00a", "not UTF-16 text at byte 2"),
    ],
)
def test_b16_what_is_no_text_is_refused_with_its_place(content: bytes, said: str) -> None:
    with pytest.raises(SettingError, match=f"a file: cannot be read: {said}; save the file as UTF-8"):
        decoded(content, "a file", error=SettingError)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_b16_what_is_no_json_is_refused_with_how_it_is_made(tmp_path: Path, text: str) -> None:
    path = tmp_path / "text"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"it is not JSON \(.*\); make it anew"):
        read_json(path, hint="make it anew")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9" * 5000, "a number in it is too long"),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"name": "\\ud800"}', "is half a character"),
    ],
)
def test_d5_json_that_cannot_be_held_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "it.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=f"{said}.*make it anew"):
        read_json(tmp_path / "it.json", hint="make it anew")


def test_d5_both_halves_of_a_character_are_one(tmp_path: Path) -> None:
    (tmp_path / "it.json").write_text('"\\ud83d\\ude00"', encoding="utf-8")
    assert read_json(tmp_path / "it.json", hint="") == "\U0001f600"


def test_d5_a_file_is_written_with_its_folders_and_keeps_link_and_rights(tmp_path: Path) -> None:
    path, link = tmp_path / "a" / "b" / "file", tmp_path / "link"
    write_text(path, "one")
    path.chmod(0o640)
    link.symlink_to(path)
    write_text(link, "two\n")
    assert link.is_symlink()
    assert path.read_bytes() == b"two\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_d5_a_new_file_may_be_kept_from_others(tmp_path: Path) -> None:
    write_bytes(tmp_path / "key", b"secret", mode=0o600)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("there", [False, True])
def test_d5_a_link_in_the_place_of_the_draft_leads_nowhere(tmp_path: Path, there: bool) -> None:
    path, other = tmp_path / "report", tmp_path / "other"
    other.write_text("theirs")
    if there:
        path.write_text("before")
    (tmp_path / f".report.{os.getpid()}.tmp").symlink_to(other)
    write_text(path, "ours")
    assert (path.read_text(), path.is_symlink(), other.read_text()) == ("ours", False, "theirs")


def test_d5_what_stood_there_stays_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    path.write_text("before")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(
        UsageError, match=r"^state: cannot be written: No space left on device; to fix: make room on the disk$"
    ):
        write_text(path, "after", "state")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_d5_a_full_device_is_one_line() -> None:
    with pytest.raises(
        UsageError, match=r"^/dev/full: cannot be written: No space left on device; to fix: make room on the disk$"
    ):
        write_text(Path("/dev/full"), "text")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("file/in", "Not a directory; to fix: a file stands where a folder has to be"),
        ("folder", "Is a directory; to fix: a folder stands where a file has to be"),
        ("circle", "Too many levels of symbolic links; to fix: links lead in a circle"),
        ("x" * 300, "File name too long; to fix: choose a shorter name"),
    ],
)
def test_d5_a_place_that_is_none_is_one_line(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(UsageError, match=f"cannot be written: .*{said}"):
        write_text(tmp_path / name, "text")
    with pytest.raises(UsageError, match=f"cannot be read: .*{said}"):
        read_text(tmp_path / name)
