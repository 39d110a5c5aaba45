"""`lockstep emulator token`: a check of a deployment by what is in the tokens."""

from __future__ import annotations

import json

import pytest

from tests.command.conftest import Command


@pytest.fixture
def deployed(lockstep: Command) -> Command:
    assert lockstep("up", "--using", "rehearsal").code == 0
    return lockstep


def test_every_app_gets_what_is_documented(deployed: Command) -> None:
    for app in ("connex-api", "provisioning", "atera"):
        done = deployed("emulator", "token", "--app", app)
        assert done.code == 0, done.out
        assert "is in the tokens" in done.out
    done = deployed("emulator", "token", "--app", "Atlas.ConneX API", "--json")
    found = done.document
    assert "Sites.Read.All" in found["application"]["claims"]["roles"]
    assert "User.Read" in found["delegated"]["claims"]["scp"].split()
    assert found["app"]["key"] == "connex-api"
    assert (found["missing"], found["exitCode"]) == ([], 0)


def test_consent_that_is_gone_is_missed_by_name(deployed: Command) -> None:
    import asyncio
    from pathlib import Path

    import httpx

    from lockstep.local.door import open_door
    from lockstep.local.state import LocalState
    from lockstep.settings.project import find_project

    local = LocalState.of(find_project(Path(".")), "dev")
    with open_door(local, None) as door:
        held = door.ask("GET", "/_emulator/snapshot")
        client = next(row for row in held["servicePrincipals"] if row["displayName"] == "Atlas.ConneX API")
        grant = next(row for row in held["oauth2PermissionGrants"] if row["clientId"] == client["id"])

        async def take_away() -> httpx.Response:
            async with door.client() as graph:
                form = {
                    "client_id": door.env["ARM_CLIENT_ID"],
                    "client_secret": door.env["ARM_CLIENT_SECRET"],
                    "grant_type": "client_credentials",
                    "scope": f"{door.url}/.default",
                }
                signed = await graph.post(f"/{door.env['ARM_TENANT_ID']}/oauth2/v2.0/token", data=form)
                head = {"authorization": f"Bearer {signed.json()['access_token']}"}
                return await graph.delete(f"/v1.0/oauth2PermissionGrants/{grant['id']}", headers=head)

        assert asyncio.run(take_away()).status_code == 204
    done = deployed("emulator", "token", "--app", "connex-api")
    assert done.code == 1
    assert "AADSTS65001" in done.out
    assert "not in the token: Microsoft Graph · delegated · " in done.out


def test_raw_is_the_token_and_nothing_else(deployed: Command) -> None:
    done = deployed("emulator", "token", "--app", "connex-api", "--raw")
    assert done.out.count(".") == 2
    assert done.out.startswith("eyJ")
    done = deployed(
        "emulator", "token", "--app", "connex-api", "--api", "sharepoint", "--user", "ben@local.test", "--json"
    )
    found = json.loads(done.out)
    assert found["delegated"]["claims"]["upn"] == "ben@local.test"
    assert found["api"]["name"] == "Office 365 SharePoint Online"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--app", "conex-api"), 2, "did you mean"),
        (("--app", "connex-api"), 1, "lockstep up"),
        (("--app", "22222222-2222-4222-8222-222222222222"), 0, "Application.ReadWrite.All"),
        (("--app", "22222222-2222-4222-8222-222222222222", "--api", "grap"), 2, "did you mean 'graph'"),
        (("--app", "Lockstep deployer", "--raw", "--user", "ada@local.test"), 1, "AADSTS65001"),
        (("--app", "Lockstep deployer", "--user", "nobody@local.test"), 3, "nobody@local.test"),
    ],
)
def test_words_are_judged(lockstep: Command, words: tuple[str, ...], code: int, told: str) -> None:
    done = lockstep("emulator", "token", *words)
    assert done.code == code, done.err
    assert told in done.out + done.err
