"""What an application has beside permissions: refused before `up`, named after it, kept where the stack says so."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from lockstep.emulator import Emulator
from tests.command.conftest import REPOSITORY, Command
from tests.provider.harness import Tenant

API = "Atlas.ConneX API"
SOMEBODY = "0badc0de-0000-4000-8000-00000000000a"
ROLE = {
    "id": SOMEBODY,
    "value": "Reader",
    "displayName": "Reader",
    "description": "Reads.",
    "allowedMemberTypes": ["User"],
    "isEnabled": True,
}
LIVE: dict[str, dict[str, Any]] = {
    "web.redirectUris": {"web": {"redirectUris": ["https://contoso.example/in"]}},
    "web.implicitGrant.idTokenIssuanceEnabled": {"web": {"implicitGrantSettings": {"enableIdTokenIssuance": True}}},
    "fallbackPublicClientEnabled": {"isFallbackPublicClient": True},
    "appRoles": {"appRoles": [ROLE]},
    "api.knownClientApplications": {"api": {"knownClientApplications": [SOMEBODY]}},
    "optionalClaims.idTokens": {"optionalClaims": {"idToken": [{"name": "email"}]}},
    "groupMembershipClaims": {"groupMembershipClaims": "SecurityGroup"},
}
"""What somebody changes in the portal, by the name that Lockstep has for it."""


def _emulator(project: Path, profile: str = "fresh") -> Emulator:
    folder = project / ".lockstep" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    return Emulator.open(folder / "emulator.sqlite", profile=profile)


def _by_hand(project: Path, name: str, *bodies: dict[str, Any], secret: bool = False, owner: bool = False) -> str:
    """Change an application as an administrator does, and return its object id."""

    async def change(emulator: Emulator) -> str:
        tenant = Tenant(emulator)
        found = await tenant.call("GET", f"/applications?$filter=displayName eq '{name}'")
        ident = str(found["value"][0]["id"])
        for body in bodies:
            await tenant.call("PATCH", f"/applications/{ident}", body)
        if secret:
            asked = {"passwordCredential": {"displayName": "theirs"}}
            await tenant.call("POST", f"/applications/{ident}/addPassword", asked)
        if owner:
            user = next(iter(emulator.tenant.store["users"].rows))
            link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
            await tenant.call("POST", f"/applications/{ident}/owners/$ref", link)
        return ident

    with _emulator(project) as emulator:
        return asyncio.run(change(emulator))


def test_c1_the_read_back_and_the_audit_name_what_a_live_application_has_beside_permissions(
    project: Path, lockstep: Command
) -> None:
    assert lockstep("up").code == 0
    _by_hand(project, API, *LIVE.values(), secret=True, owner=True)
    up = lockstep("up", "--json")
    assert up.code == 1
    assert not up.document["verification"]["agrees"]
    (row,) = [row for row in up.document["verification"]["apps"] if row["name"] == API]
    said = "\n".join(row["problems"])
    for name in (*LIVE, "passwordCredentials"):
        assert f"{API}: {name} is not declared: " in said
    assert "Ada Admin" in said
    assert all("; to fix: " in problem for problem in row["problems"])
    audit = lockstep("audit", "--stack", "dev", "--json")
    found = {(each["rule"], each.get("properties", {}).get("trait", "")) for each in audit.document["findings"]}
    assert {("beside-permissions", name) for name in LIVE} <= found
    assert {("credential-undeclared", ""), ("owner", "")} <= found


def test_b18_the_closing_check_prints_names_and_a_fix_that_works(project: Path, lockstep: Command) -> None:
    assert lockstep("up").code == 0

    async def grant(emulator: Emulator) -> None:
        tenant = Tenant(emulator)
        by_name = "/servicePrincipals?$filter=displayName eq '{}'"
        (client,) = (await tenant.call("GET", by_name.format(API)))["value"]
        (graph,) = (await tenant.call("GET", by_name.format("Microsoft Graph")))["value"]
        role = next(each["id"] for each in graph["appRoles"] if each["value"] == "Mail.ReadWrite")
        body = {"principalId": client["id"], "resourceId": graph["id"], "appRoleId": role}
        await tenant.call("POST", f"/servicePrincipals/{client['id']}/appRoleAssignments", body)

    with _emulator(project) as emulator:
        asyncio.run(grant(emulator))
    refused = lockstep("up")
    assert refused.code == 1
    said = f"{API}: consented but not documented: Microsoft Graph · application · Mail.ReadWrite; to fix: "
    assert said in refused.err
    assert "00000003-0000" not in refused.err
    fix = refused.err.partition(said)[2].splitlines()[0]
    commands = [part.split()[1:] for part in fix.split("`")[1::2]]
    assert [words[0] for words in commands] == ["refresh", "up"]
    assert [lockstep(*words).code for words in commands] == [0, 0]


@pytest.fixture
def adoptable(project: Path) -> Path:
    """A tenant whose applications were made by hand, and a project with the pack."""
    _emulator(project, "brownfield").close()
    shutil.copytree(REPOSITORY / "policy", project / "policy")
    return project


def test_c1_adopt_shows_and_keeps_what_an_application_has_and_up_and_audit_know_it(
    adoptable: Path, lockstep: Command
) -> None:
    _by_hand(adoptable, API, *LIVE.values())
    shown = lockstep("adopt")
    assert shown.code == 0
    assert "    ! web.redirectUris: https://contoso.example/in: sends tokens" in shown.out
    assert "    ! appRoles: Reader (0badc0de-" in shown.out
    assert lockstep("adopt", "--write").code == 0
    kept = (adoptable / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    assert "web.redirectUris:" in kept
    assert "passwordCredentials:" in kept  # the profile's secret
    done = lockstep("up")
    assert done.code == 0, done.err
    audit = lockstep("audit", "--stack", "dev", "--json").document["findings"]
    assert {each["properties"]["trait"] for each in audit if each["rule"] == "kept"} == set(LIVE)
    assert not [each for each in audit if each["rule"] in ("beside-permissions", "credential-undeclared")]
    # What comes to it afterwards is nobody's, until an adoption writes it down.
    _by_hand(adoptable, API, {"web": {"redirectUris": ["https://contoso.example/in", "https://contoso.example/2"]}})
    refused = lockstep("up")
    assert refused.code == 1
    assert "web.redirectUris is not declared: https://contoso.example/2" in refused.err
    assert "`lockstep adopt --stack dev --write`" in refused.err
    assert lockstep("refresh").code == 0
    assert lockstep("up").code == 1  # the pack, this time: nothing is kept that nobody has decided on
    assert lockstep("adopt", "--stack", "dev", "--write").code == 0
    assert lockstep("up").code == 0


REFUSED: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("single-tenant-only", {"signInAudience": "AzureADMultipleOrgs"}, {"signInAudience": "AzureADMyOrg"}),
    (
        "https-redirects-only",
        {"publicClient": {"redirectUris": ["http://localhost"]}},
        {"publicClient": {"redirectUris": []}},
    ),
    (
        "https-redirects-only",
        {"web": {"redirectUris": ["https://*.contoso.example/in"]}},
        {"web": {"redirectUris": ["https://one.contoso.example/in"]}},
    ),
)


def test_b5_adopt_shows_what_up_will_refuse_and_both_ways_on_work(adoptable: Path, lockstep: Command) -> None:
    _by_hand(adoptable, API, *(body for _, body, _ in REFUSED))
    shown = lockstep("adopt", "--write")
    assert shown.code == 0
    lines = [line for line in shown.out.splitlines() if line.startswith("  ! up refuses (")]
    assert [line.partition("(")[2].partition(")")[0] for line in lines] == [rule for rule, _, _ in REFUSED]
    refused = lockstep("up")
    assert refused.code == 1
    assert all(rule in refused.err for rule, _, _ in REFUSED)
    # The one way: an exception, as it is printed.
    entries = {
        line.partition("{")[2].partition(", owner: …")[0] for line in shown.out.splitlines() if "yaml: {" in line
    }
    path = adoptable / "policy" / "exceptions.yaml"
    kept = path.read_text(encoding="utf-8")
    lines = [f"  - {{{entry}, owner: us, reason: ours, expires: 2027-06-30}}" for entry in sorted(entries)]
    path.write_text("\n".join(["exceptions:", *lines, ""]), encoding="utf-8")
    assert lockstep("up").code == 0
    # The other: by hand, then a refresh; and what there is instead is written down.
    path.write_text(kept, encoding="utf-8")
    _by_hand(adoptable, API, *(mended for _, _, mended in REFUSED))
    assert lockstep("refresh").code == 0
    assert lockstep("adopt", "--write").code == 0
    assert lockstep("up").code == 0
