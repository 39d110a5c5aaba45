"""Watches a tenant while it is taken over: at every write, nobody may be without what they rightly had."""

from __future__ import annotations

from lockstep.catalogue import load
from lockstep.emulator import Emulator, Write
from tests.scenarios.estate import NEW_SPFX, REGISTRATIONS, Consents, consents, documented
from tests.vendors import ATERA_CLIENT_ID

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
