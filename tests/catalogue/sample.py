"""A small edition file of a made-up vendor, for tests that break one thing at a time."""

from __future__ import annotations

from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from lockstep.catalogue import Edition, load_edition

MAIL_SEND = "e383f46e-2787-4529-855e-0e479a3ffac0"
MAIL_SEND_APPLICATION = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
ALL_SITES_READ = "4e0d77b0-96ba-4398-af14-3baa780278f4"
SCOPE_ID = str(uuid5(NAMESPACE_URL, "lockstep:acme/hub/Hub.Use"))

HEAD = """\
vendor: acme
name: Acme Tools
valid_from: 2026-01-31
product_version: not-stated
basis: documented
sources:
  - key: page
    title: Permissions of Acme
    publisher: Acme
    retrieved: "2026-02-01"
    sha256: 0000000000000000000000000000000000000000000000000000000000000abc
api_labels:
  graph: Microsoft Graph
  sharepoint: SharePoint
  hub: Acme Hub
footnotes:
  delegated: With a user.
  application: Without a user.
apps:
"""

HUB = f"""\
  - key: hub
    name: Acme Hub
    kind: registration
    role: Offers the hub.
    created_by: Acme
    optional: false
    managed_at: App registrations
    exposes:
      - value: Hub.Use
        type: Admin
        admin_consent_display_name: Use the hub
        admin_consent_description: Lets an app use the hub.
        stable_id: {SCOPE_ID}
    permissions:
"""

SHARED = """\
  - key: shared
    name: Microsoft Thing
    kind: shared-principal
    role: Carries the calls.
    created_by: Microsoft
    optional: true
    optional_reason: Only for web parts.
    managed_at: API access
    documented_on: new
    principals:
      - key: new
        name: Microsoft Thing
        app_id: 08e18876-6177-487e-b8b5-cf950c1e598c
      - key: old
        name: Older Thing
        identifier_uris: ["api://{tenant}/thing"]
    permissions:
"""


def permission(api: str, type: str, name: str, id: str, **more: str) -> str:
    """Return one permission of an app; `more` adds or replaces fields."""
    fields = {"api": api, "type": type, "name": name, "id": id, "basis": "stated", "capability": "read"}
    fields |= {"when_used": "not-stated", "label": "A title", "purpose": "Needs it.", **more}
    lines = [f"{key}: {value}" for key, value in fields.items()]
    return "      - " + "\n        ".join(lines) + "\n"


MAIL = permission("graph", "delegated", "Mail.Send", MAIL_SEND)
SITES = permission("sharepoint", "delegated", "AllSites.Read", ALL_SITES_READ, purpose="not-stated")
USE = permission("hub", "delegated", "Hub.Use", SCOPE_ID)
EDITION = HEAD + HUB + MAIL + SITES + SHARED + USE


def edition(folder: Path, text: str = EDITION) -> Edition:
    """Return the edition that a text holds."""
    return load_edition(written(folder, text))


def written(folder: Path, text: str) -> Path:
    """Return the path of a file that holds a text."""
    path = folder / "acme.yaml"
    path.write_text(text, encoding="utf-8")
    return path
