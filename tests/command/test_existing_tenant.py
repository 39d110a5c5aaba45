"""An existing tenant, end to end: audit, adopt, preview, up, audit; and nobody is ever without what they had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import load
from lockstep.emulator import ATERA_CLIENT_ID, Emulator, Write
from tests.command.conftest import Command
from tests.scenarios.estate import NEW_SPFX, REGISTRATIONS, Consents, consents, documented

OLD_SPFX = "SharePoint Online Client Extensibility Web Application Principal"


def clients(emulator: Emulator) -> dict[str, str]:
    """Return the object id of each client that the stack takes over, by the key of its app."""
    found = {}
    for each in emulator.snapshot()["servicePrincipals"]:
        for key, name in REGISTRATIONS.items():
            if each["displayName"] == name:
                found[key] = each["id"]
        if each["appId"] == ATERA_CLIENT_ID:
            found["atera"] = each["id"]
        if each["appId"] == NEW_SPFX:
            found["new spfx"] = each["id"]
        if each["displayName"] == OLD_SPFX:
            found["old spfx"] = each["id"]
    return found


def rightful(emulator: Emulator) -> dict[str, Consents]:
    """Return, by object id, what each client holds that is documented: what it must never be without."""
    atlas, atera = load().editions("atlas")[-1].id, load().editions("atera")[-1].id
    had = {}
    for key, client in clients(emulator).items():
        vendor, edition, app = ("atera", atera, key) if key == "atera" else ("atlas", atlas, key.split()[-1])
        had[client] = consents(emulator, client) & documented(emulator, vendor, edition, app)
    return had


class Watch:
    """Looks at the tenant after each write of any command."""

    def __init__(self, had: dict[str, Consents]) -> None:
        self.had = had
        self.looked = 0
        self.outages: list[str] = []

    def over(self, emulator: Emulator) -> None:
        def look(write: Write) -> None:
            if write.when != "after":
                return
            self.looked += 1
            for client, rightful in self.had.items():
                missing = rightful - consents(emulator, client)
                if missing:
                    self.outages.append(f"{write.method} {write.path}: {client} is without {sorted(missing)}")

        emulator.on_write.append(look)


@pytest.fixture(params=["brownfield", "drifted"])
def watch(request: pytest.FixtureRequest, project: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A tenant of this profile, watched through whatever opens it."""
    folder = project / ".lockstep" / "dev"
    folder.mkdir(parents=True)
    with Emulator.open(folder / "emulator.sqlite", profile=request.param) as emulator:
        watch = Watch(rightful(emulator))
    ordinary = Emulator.open

    def watched(path: Path | None = None, **options: Any) -> Emulator:
        emulator = ordinary(path, **options)
        watch.over(emulator)
        return emulator

    monkeypatch.setattr(Emulator, "open", watched)
    return watch


def test_existing_tenant_becomes_exact_without_an_outage(watch: Watch, lockstep: Command) -> None:
    before = lockstep("audit", "--stack", "dev", "--json")
    assert before.code == 1, before.err
    assert lockstep("adopt").code == 0
    adopted = lockstep("adopt", "--write")
    assert adopted.code == 0, adopted.err
    preview = lockstep("preview", "--json")
    assert preview.code == 0, preview.err
    assert {step["op"] for step in preview.document["steps"]} <= {"create", "update", "same"}
    assert watch.looked == 0, "adoption wrote to the tenant"
    up = lockstep("up", "--json")
    assert up.code == 0, up.err
    assert up.document["verification"]["agrees"]
    after = lockstep("audit", "--stack", "dev", "--json")
    assert after.code == 0, after.err
    assert lockstep("preview", "--expect-no-changes").code == 0
    assert watch.looked > 10
    assert sum(len(rightful) for rightful in watch.had.values()) > 60
    assert watch.outages == []


def test_outage_would_be_seen(watch: Watch, lockstep: Command, project: Path) -> None:
    with Emulator.open(project / ".lockstep/dev/emulator.sqlite") as emulator:
        client = next(iter(watch.had))
        row = next(iter(emulator.tenant.store["appRoleAssignments"].by("principalId", client)))
        emulator.tenant.store.remove("appRoleAssignments", row["id"])
    assert lockstep("adopt", "--write").code == 0
    assert lockstep("up").code == 0
    assert watch.outages
