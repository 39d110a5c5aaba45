"""The certificates that a served emulator is trusted by: one file, read by several programs at once."""

from __future__ import annotations

from pathlib import Path

from lockstep.local.door import bundle
from lockstep.local.state import LocalState


def test_bundle_never_leaves_half_a_file_to_whoever_is_reading_it(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("first\n" * 10_000, encoding="utf-8")
    local = LocalState(tmp_path)
    path = bundle(local, ca)
    with path.open(encoding="utf-8") as reader:
        begun = reader.read(6)
        ca.write_text("second\n", encoding="utf-8")
        assert bundle(local, ca) == path
        rest = reader.read()
    assert (begun + rest).startswith("first\n" * 10_000)
    assert path.read_text(encoding="utf-8").startswith("second\n")
    assert [found.name for found in tmp_path.iterdir() if found.suffix == ".tmp"] == []
