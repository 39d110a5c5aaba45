"""A private repository that `lockstep init` wrote, with a `types.py` of its own, under the real engine."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import by_exports
from tests.scaffold.installed import Installed


def test_it_is_deployed_and_a_plain_preview_with_its_pack_has_no_changes(
    private: Path, installed: Installed, environ: dict[str, str]
) -> None:
    up = installed.run("up", "--using", "pulumi", "--json", cwd=private)
    assert up.returncode == 0, up.stderr
    assert json.loads(up.stdout)["verification"]["agrees"]
    exports = installed.run("emulator", "env", "--port", "0", cwd=private)
    assert exports.returncode == 0, exports.stderr
    quiet = by_exports(private, environ, exports.stdout, "preview -s dev --policy-pack policy --expect-no-changes")
    assert quiet.returncode == 0, quiet.stdout + quiet.stderr
