"""Write the list of Microsoft Graph's own operations for the areas of the emulator.

The source is msgraph-sdk, which Microsoft generates from Graph's description of v1.0: each request builder holds one
path and its methods. Alternate keys of the same object, such as `applications(appId=...)`, count as the same operation.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

TARGET = Path(__file__).parent.parent / "tests" / "emulator" / "data" / "graph_operations.json"
_MEMBERS = "owners|members|memberOf|transitiveMemberOf|transitiveMembers|appRoleAssignments"
_USERS = "directReports|manager|memberOf|transitiveMemberOf|appRoleAssignments|oauth2PermissionGrants|ownedObjects"
# Folder of the SDK to what is kept of it: everything, or these paths. Left out of users and groups: mail, files and the
# like. Left out everywhere: provisioning of users into other products (synchronization).
AREAS: dict[str, str] = {
    "application_templates": r".*",
    "applications": r".*",
    "audit_logs": r"/auditLogs/directoryAudits.*",
    "directory": r"/directory/deletedItems.*",
    "directory_objects": r".*",
    "directory_role_templates": r".*",
    "directory_roles": r".*",
    "domains": r"/domains(/\{[^}]+\})?(/\$count)?",
    "groups": rf"/groups(/\{{[^}}]+\}}(/({_MEMBERS}).*)?)?|/groups/\$count|/groups/delta\(\)",
    "oauth2_permission_grants": r".*",
    "organization": r"/organization(/\{[^}]+\})?(/\$count)?",
    "policies": r"/policies/(claimsMappingPolicies|defaultAppManagementPolicy).*",
    "role_management": r"/roleManagement/directory/role(Definitions|Assignments).*",
    "service_principals": r".*",
    "users": rf"/users(/\{{[^}}]+\}}(/({_USERS}).*)?)?|/users/\$count|/users/delta\(\)",
}
_TEMPLATE = re.compile(r'super\(\)\.__init__\(request_adapter, "\{\+baseurl\}([^"]+)"')
_METHOD = re.compile(r"^    async def (delete|get|patch|post|put)\(", re.MULTILINE)


def operations(root: Path) -> Iterator[str]:
    """Return `METHOD path` for every request builder of the areas."""
    for area, kept in AREAS.items():
        for path in sorted((root / area).rglob("*_request_builder.py")):
            text = path.read_text("utf-8")
            match = _TEMPLATE.search(text)
            if match is None:
                continue
            template = plain(match[1])
            if re.fullmatch(kept, template) and "/synchronization" not in template:
                yield from (f"{word.upper()} {template}" for word in _METHOD.findall(text))


def plain(template: str) -> str:
    """Return a URL template of the SDK as Graph's documents write the path."""
    path = template.partition("{?")[0].replace("%2D", "-").replace("%24", "$")
    return path.replace("/graph.", "/microsoft.graph.")


def document() -> str:
    """Return the whole file."""
    import msgraph

    root = Path(msgraph.__file__).parent / "generated"
    # The SDK has these two elsewhere.
    names = sorted({*operations(root), "GET /me", "POST /$batch"}, key=lambda word: word.split()[::-1])
    source = f"msgraph-sdk {version('msgraph-sdk')} (v1.0)"
    return json.dumps({"source": source, "operations": names}, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(document(), "utf-8")
    print(f"{TARGET}: written", file=sys.stderr)
