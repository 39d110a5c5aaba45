"""Every page's commands that can run on this machine are run: in the order of the page, in a fresh folder.

A stack with a real target has a tenant here too: an emulator that is served over TLS. What a page does with `pulumi`
there is done with `lockstep … --rehearse`; the real CLI's own runs are in tests/cli. No command of a page may be
refused for its words, its files or its sign-in, and every `up` has to succeed.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path

import pytest

from lockstep.emulator import TENANT_ID, Emulator
from tests.command.conftest import Command, clock, lockstep, project
from tests.command.test_adopt_real import served
from tests.docs.pages import REPOSITORY, commands_in_order, pages
from tests.provider.harness import Tenant

__all__ = ["clock", "lockstep", "project", "served"]

NOT_HERE = {
    "emulator serve": "serves until it is interrupted: tests/command/test_emulator.py",
    "emulator env": "is for a shell, and leaves a server behind: tests/command/test_emulator.py",
    "gate": "needs a repository with a base: tests/gate",
    "init": "needs the wheel of a release: tests/scaffold",
    "catalogue check": "needs a vendor's page, saved by hand: tests/catalogue",
}
"""Commands that run to no end in a folder alone, and where they are tried."""

FINDINGS = {"audit", "doctor", "adopt", "catalogue diff", "emulator token"}
"""Commands whose exit code 1 says what they found, and not that they failed."""

IN_PROSE = {"README.md": "| try it |", "first-hour.md": ""}
"""Pages whose tables and sentences name commands to type there, and how the lines begin that do."""

EXAMPLE = "99999999-9999-4999-8999-999999999999"
"""The tenant of the pages' examples; here it is the one that is served."""

_OF_PULUMI = {"up", "preview", "refresh", "destroy"}
_READS_STATE = {"show", "repair"}


def _runs(page: Path) -> list[list[str]]:
    """Return the commands of a page that run here, as words."""
    found = []
    text, start = page.read_text(encoding="utf-8"), IN_PROSE.get(page.name, "")
    if start:
        text = "\n".join(line for line in text.splitlines() if line.startswith(start))
    for line in commands_in_order(text, prose=page.name in IN_PROSE):
        words = _here(shlex.split(line.replace(EXAMPLE, TENANT_ID), comments=True))
        if words and not re.search(r"<[^>]+>|…", line) and not any(_is(words, name) for name in NOT_HERE):
            found.append(words)
    return found


def _is(words: list[str], command: str) -> bool:
    return words[1 : 1 + len(command.split())] == command.split()


def _here(words: list[str]) -> list[str]:
    """Return what a command of a page is where there is no pulumi; nothing for one that needs it."""
    if words == ["make", "up"]:
        return ["lockstep", "up", "--stack", "dev"]
    rehearsed = words[0] == "pulumi" and words[1] in _OF_PULUMI and "prod" in words
    if rehearsed or (words[0] == "lockstep" and words[1] in _READS_STATE and "--rehearse" not in words):
        more = [word for word in words if word == "--expect-no-changes"]
        return ["lockstep", words[1], "--stack", "prod", "--rehearse", *more]
    return words if words[0] == "lockstep" else []


def _pages() -> list[Path]:
    """Return the pages with commands that run here, without those whose commands another page has too."""
    lists = {page: {shlex.join(words) for words in _runs(page)} for page in pages()}
    return [page for page, mine in lists.items() if mine and not any(mine < other for other in lists.values())]


PAGES = _pages()


def test_d3_most_pages_have_commands_that_run_here() -> None:
    assert {page.name for page in PAGES} >= {
        "README.md",
        "adopt-and-upgrade.md",
        "audit.md",
        "emulator.md",
        "first-hour.md",
        "first-real-tenant.md",
        "leaving.md",
        "quick-start.md",
        "reviewers.md",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_d3_commands_of_a_page_run_in_their_order(
    page: Path, served: Emulator, project: Path, lockstep: Command
) -> None:
    (project / "customers.txt").write_text(f"{TENANT_ID}\n", encoding="utf-8")
    deployed = set[str]()
    for words in _runs(page):
        words, file = (words[: words.index("|")], words[-1]) if "|" in words else (words, "")
        if words[1] == "restore":
            asyncio.run(_deleted(served, "Atlas.ConneX Provisioning"))
        done, of = lockstep(*words[1:]), "rehearsal" if "--rehearse" in words else "tenant"
        found = done.code == 1 and any(_is(words, name) for name in FINDINGS) and of not in deployed
        assert done.code == 0 or found, f"{shlex.join(words)}: exit code {done.code}\n{done.err[-2000:]}"
        if file:
            (project / file).write_text(done.out, encoding="utf-8")
        if words[1] == "up" and of == "rehearsal":
            deployed.add(of)  # from here on an audit of it has no errors
        if words[1] == "emulator":
            deployed.clear()


async def _deleted(served: Emulator, name: str) -> None:
    (app,) = [each for each in served.snapshot()["applications"] if each["displayName"] == name]
    await Tenant(served).call("DELETE", f"/applications/{app['id']}")
