"""Profiles that files describe: the two that ship are what they were, and a user's own are read or refused by line."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import apis
from lockstep.catalogue.shelf import Catalogue
from lockstep.emulator import Emulator, check_profile
from lockstep.emulator.profiles import described
from lockstep.errors import UsageError
from tests.catalogue.sample import EDITION, MAIL, permission
from tests.conftest import REPOSITORY
from tests.emulator.test_profiles import consents, opened, roles_of

PAGE = (REPOSITORY / "docs/emulator.md").read_text(encoding="utf-8")
EXAMPLE = next(text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "\napps:" in text)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue that has one vendor, which no code knows."""
    on_exchange = permission("exchange-online", "delegated", "Mail.Send", "5eb43c10-865a-4259-960a-83946678f8dd")
    folder = tmp_path / "editions" / "acme"
    folder.mkdir(parents=True)
    (folder / "2026-01-31.yaml").write_text(EDITION.replace(MAIL, MAIL + on_exchange), encoding="utf-8")
    monkeypatch.setattr(described, "load", lambda: Catalogue(folder.parent))


def written(folder: Path, text: str) -> str:
    """Return the name of a profile that is a file with this text."""
    path = folder / "my tenant.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def ids(tenant: dict[str, list[dict[str, Any]]]) -> str:
    """Return a digest of what people set up in a tenant: ids, names, dates, who holds what. Microsoft's APIs vary."""
    clients = {row["clientId"] for row in tenant["oauth2PermissionGrants"]}
    clients |= {row["principalId"] for row in tenant["appRoleAssignments"]}
    kept = {name: rows for name, rows in tenant.items() if name != "servicePrincipals"}
    principals = [row for row in tenant["servicePrincipals"] if row["id"] in clients]
    text = json.dumps({**kept, "servicePrincipals": principals}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("profile", "digest"), [("brownfield", "2e52013f0acb04eb"), ("drifted", "ce3cd8865527b663")])
def test_i13_the_shipped_tenants_are_the_same_to_the_byte_as_when_code_made_them(profile: str, digest: str) -> None:
    # A change of the newest editions changes these tenants, and then the digest; nothing else may.
    assert ids(opened(profile)) == digest


def test_i13_the_example_of_the_page_is_a_profile(tmp_path: Path) -> None:
    tenant = opened(written(tmp_path, EXAMPLE))
    names = {row["displayName"] for row in tenant["applications"]}
    assert names >= {"Atlas.ConneX API", "Atlas.ConneX API Test", "Fabrikam Intranet API"}
    api = next(row for row in tenant["applications"] if row["displayName"] == "Atlas.ConneX API")
    assert api["createdDateTime"] == "2024-03-01T08:00:00Z"
    assert [secret["displayName"] for secret in api["passwordCredentials"]] == ["portal"]
    assert consents(tenant, "Atlas.ConneX API")["Fabrikam Intranet API"] == "News.Read"
    assert "Mail.Send" not in consents(tenant, "Atlas.ConneX API")["Microsoft Graph"].split()
    assert "Reports.Read.All" not in roles_of(tenant, "Atera")


def test_i13_the_page_names_every_field_of_a_profile() -> None:
    models = (described.ProfileFile, described.ApiEntry, described.AppSetup, described.SecretEntry)
    fields = {name for model in (*models, described.ConsentEntry) for name in model.model_fields}
    assert {name for name in fields if f"`{name}`" not in PAGE} == set()


@pytest.mark.usefixtures("acme")
def test_i6_what_a_profile_gives_on_another_api_is_configured_and_in_force(tmp_path: Path) -> None:
    tenant = opened(written(tmp_path, "apps: [{vendor: acme, app: hub}]"))
    assert consents(tenant, "Acme Hub")["Office 365 Exchange Online"] == "Mail.Send"
    (application,) = (row for row in tenant["applications"] if row["displayName"] == "Acme Hub")
    asked = {entry["resourceAppId"] for entry in application["requiredResourceAccess"]}
    assert apis()["exchange-online"].app_id in asked


@pytest.mark.usefixtures("acme")
def test_i13_a_vendor_that_no_code_knows_has_a_profile_with_its_shared_principal(tmp_path: Path) -> None:
    text = "sharepoint: [new]\napps: [{vendor: acme, app: hub}, {vendor: acme, app: shared, principal: new}]"
    held = consents(opened(written(tmp_path, text)), "SharePoint Online Web Client Extensibility")
    assert held["Acme Hub"] == "Hub.Use"


def test_i13_a_reset_reads_the_file_anew(tmp_path: Path) -> None:
    name = written(tmp_path, "sharepoint: [new]")
    with Emulator.open(profile=name) as emulator:
        written(tmp_path, "apis: [{key: own, name: Own API, scope: Own.Read}]")
        emulator.reset()
        assert "Own API" in {row["displayName"] for row in emulator.snapshot()["applications"]}


APP = "apps:\n  - vendor: atlas\n    app: provisioning\n"
ATERA = "apps:\n  - vendor: atera\n    app: atera\n"
SPFX = "apps:\n  - vendor: atlas\n    app: spfx\n"
REFUSED = [
    ("", r"yaml: is empty; a profile has sharepoint, apis, apps"),
    ("sharepont: [new]", r":1:1: unknown field 'sharepont' .*did you mean 'sharepoint'"),
    ("sharepoint: [newer]", r":1:14: .*'newer' is not known; allowed are new, old; did you mean 'new'"),
    ("apps:\n  - vendor: atlas\n", r"an app that is set up lacks the field 'app'; add it"),
    ("apps:\n  - vendor: atlass\n    app: x\n", r":2:13: unknown vendor 'atlass'.*did you mean 'atlas'"),
    ("apps:\n  - vendor: atlas\n    app: provisionin\n", r":3:10: .*'provisionin'.*did you mean 'provisioning'"),
    (APP + "    edition: 2025-03-x\n", r":4:14: '2025-03-x' is neither 'current' nor a date"),
    (APP + "    since: 2024\n", r":4:12: the moment in which it was set up must be text"),
    (APP + '    since: "2024-13-01"\n', r":4:12: .*'2024-13-01' is not a moment; write it like"),
    (APP + "    owners: [adam]\n", r":4:14: an owner 'adam' is not known; allowed are ada, ben, cleo"),
    (APP + "    sufix: Test\n", r":4:5: unknown field 'sufix' .*did you mean 'suffix'"),
    (APP + "    principal: new\n", r":4:5: .*is of the kind registration, which has no 'principal'"),
    (APP + "    beyond: {grahp: {delegated: [Mail.Send]}}\n", r":4:14: there is no API 'grahp'.*did you mean 'graph'"),
    (APP + "    beyond: {graph: {delegated: [Mail.Sned]}}\n", r":4:34: graph has no delegated permission 'Mail.Sned'"),
    (
        APP + "    beyond: {graph: {application: [Mail.Snd]}}\n",
        r":4:36: graph has no application permission 'Mail.Snd'; did you mean 'Mail.Send'",
    ),
    (
        APP + "    lacks: {graph: {application: [Mail.Send]}}\n",
        r":4:35: Atlas.ConneX Provisioning does not document the",
    ),
    (
        APP + "    unconsented: {graph: {application: [Mail.Send]}}\n",
        r":4:41: Atlas.ConneX Provisioning does not have in this tenant the application permission",
    ),
    (APP + "    name: A\n    suffix: B\n", r":5:5: an app has either 'name' or 'suffix'"),
    (
        APP + APP.removeprefix("apps:\n"),
        r":4:5: Atlas.ConneX Provisioning stands twice, first in line 2; name one of them",
    ),
    (APP + "    directory_roles: [User Adminstrator]\n", r":4:23: .*did you mean 'User Administrator'"),
    (ATERA + "    secrets: [{name: a, start: 2024-01-01T00:00:00Z, end: x}]\n", r":4:59: .*'x' is not a moment"),
    (ATERA + "    suffix: Test\n", r":4:5: Atera is of the kind enterprise-app, which has no 'suffix'; allowed are"),
    (ATERA + "    users: [{user: ben, api: graf, scopes: [User.Read]}]\n", r":4:30: there is no API 'graf'"),
    (ATERA + "    users: [{user: ben, api: graph, scopes: [User.Raed]}]\n", r":4:46: .*did you mean 'User.Read'"),
    (SPFX, r":2:5: 'principal' must name one of them: .* has the principals new, old"),
    (SPFX + "    principal: odl\n", r":4:16: 'principal' must name one of them: .*did you mean 'old'"),
    (
        "sharepoint: [new]\n" + SPFX + "    principal: old\n",
        r":5:16: .* is not in this tenant; add old to 'sharepoint'",
    ),
    ("apis: [{key: graph, name: A, scope: b}]", r":1:14: there is an API 'graph' already; take another key"),
    ("apis: [{key: a, name: Microsoft Graph, scope: b}]", r":1:8: every tenant has Microsoft Graph already"),
    ("apis: [{key: provisioning, name: A, scope: b}]\n" + APP, r":4:10: 'apis' has the key 'provisioning' too"),
    (
        APP + "    edition: 2025-03-01\n    beyond: {graph: [Mail.Send]}\n",
        r":5:21: .* must be a mapping of fields, not a",
    ),
    ("- sharepoint", r":1:1: a profile must be a mapping of fields, not a list"),
    ("apps: [\n", r":2:1: is not YAML"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=range(len(REFUSED)))
def test_i13_a_profile_is_refused_with_its_line_and_the_nearest_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_profile(written(tmp_path, text))


@pytest.mark.usefixtures("acme")
def test_i13_a_principal_that_no_tenant_here_has_is_refused(tmp_path: Path) -> None:
    text = "apps: [{vendor: acme, app: shared, principal: old}]"
    with pytest.raises(UsageError, match=r":1:47: Older Thing is known neither as an application of Microsoft's"):
        check_profile(written(tmp_path, text))


def test_i13_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml"):
        check_profile(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (APP + "    owners: [ada, ada]\n", r":2:5: Entra refuses this: .*'owners'"),
        (APP + f"    suffix: {'x' * 120}\n", r":2:5: Entra refuses this: .*'displayName'"),
        (ATERA + "    directory_roles: [User Administrator, User Administrator]\n", r":2:5: Entra refuses this: "),
        ("apis: [{key: own, name: Own, scope: 'a<b'}]", r":1:8: Entra refuses this: "),
    ],
)
def test_i13_what_entra_itself_would_refuse_is_refused_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(UsageError, match=place):
        Emulator.open(profile=written(tmp_path, text))
