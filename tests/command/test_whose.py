"""Is it there, and is it ours? Every command gives one answer, and whatever it advises leads to the end.

Faults D1 and D2: an application of a deployed stack is deleted by hand, and something else stands in its place, or
nothing. The advice is followed as it is printed, command by command, until the situation is gone.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lockstep.cli import run
from lockstep.emulator import Emulator
from tests.command.conftest import PROGRAM, REPOSITORY, Command, Outcome, set_setting
from tests.provider.harness import Tenant

KEY, NAME, API = "provisioning", "Atlas.ConneX Provisioning", "Atlas.ConneX API"
_COMMAND = re.compile(r"`lockstep ([^`]*)`")


@dataclass(frozen=True)
class Hands:
    """Somebody at work in the tenant, and the application that they are at."""

    tenant: Tenant
    app: dict[str, Any]

    async def delete(self, *, purge: bool = False) -> None:
        await self.tenant.call("DELETE", f"/applications/{self.app['id']}")
        if purge:
            await self.tenant.call("DELETE", f"/directory/deletedItems/{self.app['id']}")

    async def make(self, name: str, **more: Any) -> dict[str, Any]:
        """Make an application with the same permissions, and its principal."""
        body = {"displayName": name, "requiredResourceAccess": self.app["requiredResourceAccess"], **more}
        made = dict(await self.tenant.call("POST", "/applications", body))
        await self.tenant.call("POST", "/servicePrincipals", {"appId": made["appId"]})
        return made

    async def principal(self) -> str:
        found = await self.tenant.call("GET", f"/servicePrincipals(appId='{self.app['appId']}')")
        return str(found["id"])


Change = Callable[[Hands], Awaitable[object]]


async def another_of_the_name(hands: Hands) -> None:
    await hands.delete()
    await hands.make(hands.app["displayName"])


async def another_in_other_letters(hands: Hands) -> None:
    await hands.delete(purge=True)
    await hands.make(hands.app["displayName"].upper())


async def another_with_the_uri(hands: Hands) -> None:
    await hands.delete(purge=True)
    scopes = [{**scope, "isEnabled": True} for scope in hands.app["api"]["oauth2PermissionScopes"]]
    api = {"oauth2PermissionScopes": scopes}
    await hands.make("Contoso Intranet API", identifierUris=hands.app["identifierUris"], api=api)


async def two_others_of_the_name(hands: Hands) -> None:
    await hands.delete(purge=True)
    await hands.make(hands.app["displayName"])
    await hands.make(hands.app["displayName"])


async def deleted(hands: Hands) -> None:
    await hands.delete()


async def gone_for_good(hands: Hands) -> None:
    await hands.delete(purge=True)


async def only_a_look_alike(hands: Hands) -> None:
    await hands.delete(purge=True)
    await hands.make(hands.app["displayName"].replace(".", " "))


async def principal_deleted(hands: Hands) -> None:
    await hands.tenant.call("DELETE", f"/servicePrincipals/{await hands.principal()}")


async def principal_made_anew(hands: Hands) -> None:
    await principal_deleted(hands)
    await hands.tenant.call("POST", "/servicePrincipals", {"appId": hands.app["appId"]})


async def namesake(hands: Hands) -> None:
    await hands.make(hands.app["displayName"])


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose stack is deployed: the apps of one vendor."""
    folder = tmp_path_factory.mktemp("deployed")
    for name in PROGRAM:
        shutil.copy(REPOSITORY / name, folder / name)
    set_setting(folder, "  lockstep:vendors: [atlas, atera]\n", "  lockstep:vendors: [atlas]\n")
    assert run(("up", "--using", "rehearsal", "--cwd", str(folder))) == 0
    return folder


@pytest.fixture
def project(deployed: Path, project: Path) -> Path:
    """A copy of the deployed project."""
    shutil.copytree(deployed, project, dirs_exist_ok=True)
    return project


def change(project: Path, what: Change, name: str = NAME) -> dict[str, Any]:
    """Change the tenant by hand; return the application as it was."""

    async def act() -> dict[str, Any]:
        with Emulator.open(project / ".lockstep" / "dev" / "emulator.sqlite") as emulator:
            (app,) = [each for each in emulator.snapshot()["applications"] if each["displayName"] == name]
            await what(Hands(Tenant(emulator), app))
            return dict(app)

    return asyncio.run(act())


def apps(project: Path) -> dict[str, str]:
    """Return the names of the applications by app id."""
    with Emulator.open(project / ".lockstep" / "dev" / "emulator.sqlite") as emulator:
        return {app["appId"]: app["displayName"] for app in emulator.snapshot()["applications"]}


def follow(lockstep: Command, first: str, prefer: str = "") -> list[str]:
    """Follow what is advised, from the command `first` until the doctor is content; return the commands.

    Where two ways are named, the one that holds `prefer` is taken.
    """
    walked, words = list[str](), first
    for _ in range(9):
        walked.append(words)
        done = lockstep(*shlex.split(words))
        advice = advised(done, prefer)
        if not advice and words.startswith("doctor"):
            return walked
        words = advice or "doctor --stack dev"
        assert "OBJECT_ID" not in words, f"{walked} leads to {words}, where a person has to choose"
    raise AssertionError(f"advice in a circle: {walked}")


def advised(done: Outcome, prefer: str) -> str:
    """Return the next command that an outcome advises, without the word lockstep; nothing after a good end."""
    said = done.out + done.err if done.code else "".join(re.findall(r"^next: .*$", done.out, re.MULTILINE))
    commands = [words for words in _COMMAND.findall(said) if not words.startswith(("preview", "repair"))]
    preferred = [words for words in commands if prefer and prefer in words]
    doctors = re.search(r"^next: lockstep (.*)$", done.out, re.MULTILINE)
    if doctors and done.code == 0:
        return ""
    return next(iter([*preferred, *([doctors[1]] if doctors else []), *commands]), "")


SITUATIONS: list[tuple[str, Change, str, str, str]] = [
    ("another of the name, taken over", another_of_the_name, NAME, "another application", "refresh"),
    ("another of the name, ours put back", another_of_the_name, NAME, "another application", "restore"),
    ("another in other letters", another_in_other_letters, NAME, "another application", ""),
    ("another name with our URI", another_with_the_uri, API, "another application", ""),
    ("deleted, put back", deleted, NAME, "is not in the tenant", "restore"),
    ("deleted, made anew", deleted, NAME, "is not in the tenant", "refresh"),
    ("gone for good", gone_for_good, NAME, "is not in the tenant", ""),
    ("only a look-alike", only_a_look_alike, NAME, "is not in the tenant", ""),
    ("its principal is deleted", principal_deleted, NAME, "is not in the tenant", ""),
    ("its principal is another one", principal_made_anew, NAME, "is not in the tenant", ""),
]
FIRST = [(row, "doctor") for row in SITUATIONS] + [(SITUATIONS[0], "up"), (SITUATIONS[1], "adopt")]


@pytest.mark.parametrize(("situation", "first"), FIRST, ids=[f"{row[0]}: {first}" for row, first in FIRST])
def test_d2_advice_leads_to_the_end(
    lockstep: Command, project: Path, situation: tuple[str, Change, str, str, str], first: str
) -> None:
    _, what, name, says, prefer = situation
    change(project, what, name)
    looked = lockstep(first)
    assert looked.code == 1
    assert says in looked.out + looked.err
    follow(lockstep, first, prefer)
    up = lockstep("up", "--json")
    assert up.code == 0, up.err
    assert up.document["verification"]["agrees"]
    assert lockstep("doctor", "--json").code == 0
    assert lockstep("adopt").code == 0


def test_d2_every_command_names_the_same_two_applications(lockstep: Command, project: Path) -> None:
    before = change(project, another_of_the_name)
    (other,) = [client for client, name in apps(project).items() if name == NAME]
    for words in (("doctor",), ("up",), ("preview",), ("adopt",), ("audit", "--stack", "dev")):
        done = lockstep(*words)
        assert done.code == 1, words
        said = " ".join((done.out + done.err).split())
        assert "another application" in said, words
        assert before["appId"] in said, words
        assert other in said, words


def test_d2_choice_without_effect_is_refused_by_name(lockstep: Command, project: Path) -> None:
    change(project, namesake)
    ids = {app["displayName"]: app["id"] for app in _applications(project)}
    for word in (f"{KEY}={ids[API]}", f"{KEY}=new"):
        done = lockstep("adopt", "--app", word)
        assert done.code == 2
        assert f"--app {word} has no effect" in done.err


def test_d2_choice_for_what_is_lost_says_what_comes_first(lockstep: Command, project: Path) -> None:
    change(project, another_of_the_name)
    (other,) = [app["id"] for app in _applications(project) if app["displayName"] == NAME]
    done = lockstep("adopt", "--write", "--app", f"{KEY}={other}")
    assert done.code == 1
    assert f"--app {KEY}={other} has no effect yet" in done.err
    assert "`lockstep refresh --stack dev`" in done.err
    assert lockstep("refresh").code == 0
    assert lockstep("adopt", "--write", "--app", f"{KEY}={other}").code == 0
    assert lockstep("up", "--json").document["verification"]["agrees"]


def test_d2_two_others_of_the_name_have_to_be_chosen_from(lockstep: Command, project: Path) -> None:
    change(project, two_others_of_the_name)
    assert lockstep("refresh").code == 0
    done = lockstep("adopt")
    assert done.code == 1
    ids = [app["id"] for app in _applications(project) if app["displayName"] == NAME]
    assert all(ident in done.err for ident in ids)
    assert "=new" not in done.err, "no up makes a third one of the name"
    assert lockstep("adopt", "--write", "--app", f"{KEY}={ids[1]}").code == 0
    assert lockstep("up", "--json").document["verification"]["agrees"]


def test_d2_namesake_beside_ours_is_in_nobodys_way(lockstep: Command, project: Path) -> None:
    change(project, namesake)
    looked = lockstep("doctor", "--json")
    assert looked.code == 0
    (alike,) = [check for check in looked.document["checks"] if check["name"] == "look-alikes"]
    assert NAME in alike["found"]
    assert lockstep("adopt").code == 0
    up = lockstep("up", "--json")
    assert up.code == 0, up.err
    assert up.document["verification"]["agrees"]
    found = lockstep("audit", "--stack", "dev", "--json")
    assert [f["rule"] for f in found.document["findings"] if f["severity"] == "warning"] == ["look-alike"]


def test_d2_adopted_app_that_another_one_replaces(lockstep: Command, project: Path) -> None:
    """The stack file knows the id when the state has let it go."""
    assert lockstep("destroy").code == 0

    with Emulator.open(project / ".lockstep" / "dev" / "emulator.sqlite") as emulator:
        asyncio.run(Hands(Tenant(emulator), {"requiredResourceAccess": []}).make(NAME))
    for key in ("connex-api", "workspaces-sync", "api-client", "pnp"):
        lockstep("restore", key)
    assert lockstep("adopt", "--write").code == 0
    assert lockstep("up").code == 0
    change(project, another_of_the_name)
    assert lockstep("refresh").code == 0
    walked = follow(lockstep, "doctor", "--app")
    assert any(words.startswith(f"adopt --stack dev --app {KEY}=") for words in walked)
    assert lockstep("up", "--json").document["verification"]["agrees"]


REPLACED: list[tuple[str, Change, str]] = [
    ("of the name", another_of_the_name, NAME),
    ("in other letters", another_in_other_letters, NAME),
    ("with our URI", another_with_the_uri, API),
]


@pytest.mark.parametrize("known", ["earlier audit", "state"])
@pytest.mark.parametrize(("title", "what", "name"), REPLACED, ids=[row[0] for row in REPLACED])
def test_d1_another_application_is_an_error_that_comes_first(
    lockstep: Command, project: Path, title: str, what: Change, name: str, known: str
) -> None:
    (project / "before.json").write_text(lockstep("audit", "--stack", "dev", "--json").out, encoding="utf-8")
    before = change(project, what, name)
    if known == "earlier audit":  # of a stack whose state nobody has
        (project / ".lockstep" / "dev" / "state.json").unlink()
        (project / ".lockstep" / "dev" / "handover.json").unlink(missing_ok=True)
    done = lockstep("audit", "--stack", "dev", "--compare", "before.json", "--json")
    assert done.code == 1
    first, *_ = done.document["changes"]
    other = first["after"]
    assert (first["what"], first["name"], first["before"]) == ("another application", "client id", before["appId"])
    assert apps(project)[other].casefold() in (name.casefold(), "contoso intranet api")
    replaced = [f for f in done.document["findings"] if f["rule"] == "app-replaced"]
    assert [f["message"] for f in replaced] == [f"another application: client id {other}, was {before['appId']}"]
    assert {f["severity"] for f in replaced} == {"error"}
    shown = lockstep("audit", "--stack", "dev", "--compare", "before.json").out
    assert f"another application: client id {other}, was {before['appId']}" in shown
    assert shown[shown.index("changed since then:") :].splitlines()[1].startswith("~ ")
    app = next(each for each in done.document["tenants"][0]["apps"] if each["clientId"] == other)
    assert app["recordedClientId"] == (before["appId"] if known == "state" else None)


def test_d1_same_application_under_another_name_is_no_other_one(lockstep: Command, project: Path) -> None:
    async def rename(hands: Hands) -> None:
        await hands.tenant.call("PATCH", f"/applications/{hands.app['id']}", {"displayName": "Contoso Sync"})

    (project / "before.json").write_text(lockstep("audit", "--stack", "dev", "--json").out, encoding="utf-8")
    change(project, rename)
    done = lockstep("audit", "--stack", "dev", "--compare", "before.json", "--json")
    assert done.code == 0, done.err
    assert done.document["changes"] == []
    assert lockstep("doctor").code == 0


def _applications(project: Path) -> list[dict[str, Any]]:
    with Emulator.open(project / ".lockstep" / "dev" / "emulator.sqlite") as emulator:
        return [json.loads(json.dumps(app)) for app in emulator.snapshot()["applications"]]
