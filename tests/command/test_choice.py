"""Which engine `auto` chooses, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.errors import UsageError
from lockstep.local.engine import choose


def _machine(folder: Path, *, pulumi: bool, plugin: str) -> dict[str, str]:
    tools, home = folder / "bin", folder / "home"
    tools.mkdir()
    home.mkdir()
    for name in [*(["pulumi"] if pulumi else []), *(["pulumi-resource-azuread"] if plugin == "path" else [])]:
        (tools / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    if plugin == "home":
        (home / "plugins" / "resource-azuread-v6.11.1").mkdir(parents=True)
    return {"PATH": str(tools), "PULUMI_HOME": str(home)}


@pytest.mark.parametrize(
    ("pulumi", "plugin", "platform", "engine", "why"),
    [
        (True, "home", "linux", "pulumi", "are installed"),
        (True, "path", "linux", "pulumi", "are installed"),
        (False, "home", "linux", "rehearsal", "pulumi is not on PATH"),
        (True, "", "linux", "rehearsal", "the azuread plugin is neither in"),
        (True, "home", "darwin", "rehearsal", "on Linux only"),
        (True, "home", "win32", "rehearsal", "on Linux only"),
    ],
)
def test_auto_takes_pulumi_where_it_can_run(
    tmp_path: Path, pulumi: bool, plugin: str, platform: str, engine: str, why: str
) -> None:
    environ = _machine(tmp_path, pulumi=pulumi, plugin=plugin)
    found = choose("auto", environ, platform)
    assert found.name == engine
    assert why in found.why
    assert choose("rehearsal", environ, platform).name == "rehearsal"
    if engine == "pulumi":
        assert choose("pulumi", environ, platform).name == "pulumi"
    else:
        with pytest.raises(UsageError, match="--using pulumi"):
            choose("pulumi", environ, platform)
