"""Whatever a command advises leads on: it is typed here as it is printed, in the situation that prints it.

The fixes of an audit are in test_b6_fixes.py, what to do about applications that somebody deleted or replaced in
test_whose.py. The last part holds the register of all of them to the code, so that no advice is left out.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from lockstep.emulator.testing import running
from lockstep.errors import SettingError
from lockstep.local.workplace import open_workplace
from lockstep.settings.guards import check_host
from tests.command.conftest import Command, Outcome, set_app, set_setting
from tests.command.test_adopt import real_stack
from tests.command.test_b6_fixes import ATERA, COMMAND, PROVISIONING, Hands, by_hand, deployed
from tests.command.test_b6_fixes import project as project
from tests.command.test_killed import killed

__all__ = ["deployed"]

NEXT = re.compile(r"^.*next: .*$", re.MULTILINE)


def advised(done: Outcome) -> list[str]:
    """Return the commands that an outcome advises: its error's where it failed, else those after `next:`."""
    said = done.err if done.code else "\n".join(NEXT.findall(done.out))
    return COMMAND.findall(said)


def typed(lockstep: Command, words: str, *, code: int = 0) -> Outcome:
    done = lockstep(*shlex.split(words))
    assert done.code == code, f"lockstep {words}: {done.err}"
    return done


def _doctors(lockstep: Command) -> str:
    """Return the command that the doctor says comes next."""
    return str(lockstep("doctor", "--json").document["next"]).removeprefix("lockstep ")


@pytest.fixture
def empty(project: Path) -> Path:
    """The project in a tenant that nobody has deployed to."""
    for path in sorted((project / ".lockstep" / "dev").iterdir()):
        if path.is_file():
            path.unlink()
    return project


def test_b6_next_steps_lead_through_a_whole_life(lockstep: Command, empty: Path) -> None:
    preview, snapshot, destroy = advised(typed(lockstep, _doctors(lockstep)))
    typed(lockstep, _doctors(lockstep))
    for words in (preview, snapshot, destroy):
        typed(lockstep, words)
    gone = [typed(lockstep, words, code=1) for words in ("emulator token --app connex-api", "show")]
    assert [advised(done) for done in gone] == [["up --stack dev"], ["up --stack dev"]]
    typed(lockstep, _doctors(lockstep))
    typed(lockstep, "emulator token --app connex-api")
    (audit,) = COMMAND.findall(typed(lockstep, "show").out)
    typed(lockstep, audit)


def test_b6_what_stands_in_the_way_of_up_is_adopted_step_by_step(lockstep: Command, empty: Path) -> None:
    typed(lockstep, "emulator reset --profile brownfield")
    (show,) = advised(typed(lockstep, "up", code=1))
    (write,) = advised(typed(lockstep, show))
    assert write == f"{show} --write"
    (preview,) = advised(typed(lockstep, write))
    typed(lockstep, preview)
    typed(lockstep, "up")


@pytest.mark.parametrize("chosen", [False, True], ids=["nothing chosen", "the deleted one chosen"])
def test_b6_what_is_among_the_deleted_items_is_put_back_and_taken_over(
    lockstep: Command, project: Path, chosen: bool
) -> None:
    ids = list[str]()

    async def delete(hands: Hands) -> None:
        ids.append(hands.app(PROVISIONING)["id"])
        await hands.tenant.call("DELETE", f"/applications/{ids[0]}")

    by_hand(project, delete)
    typed(lockstep, "refresh")
    words = f"adopt --app provisioning={ids[0]}" if chosen else "adopt"
    (restore,) = advised(typed(lockstep, words, code=2 if chosen else 1))
    assert restore == f"restore provisioning{f'={ids[0]}' if chosen else ''} --stack dev"
    refresh, preview, adopt = advised(typed(lockstep, restore))
    typed(lockstep, refresh)
    typed(lockstep, preview, code=1)  # it is not in the state any more: that is what the last one is for
    (write,) = advised(typed(lockstep, adopt))
    typed(lockstep, write)
    typed(lockstep, "up")


def test_b6_deleted_one_beside_ours_can_be_put_back_as_it_says(lockstep: Command, empty: Path) -> None:
    async def make_and_delete(hands: Hands) -> None:
        made = await hands.tenant.call("POST", "/applications", {"displayName": PROVISIONING})
        await hands.tenant.call("DELETE", f"/applications/{made['id']}")

    typed(lockstep, "emulator reset --profile brownfield")
    by_hand(empty, make_and_delete)
    restore, _write = COMMAND.findall(typed(lockstep, "adopt").out)
    typed(lockstep, restore)
    assert restore not in typed(lockstep, "adopt", code=1).err, "two of the name: a person has to choose"


def test_b6_run_that_was_cut_off_is_repaired_as_the_doctor_says(lockstep: Command, empty: Path) -> None:
    killed(empty, "after", 9)
    looked = lockstep("doctor", "--json").document
    assert looked["next"] == "lockstep repair --stack dev"
    typed(lockstep, looked["next"].removeprefix("lockstep "))
    state = [check["health"] for check in lockstep("doctor", "--json").document["checks"] if check["name"] == "state"]
    assert state == ["ok"]
    typed(lockstep, "up")


def test_b6_rehearsal_that_was_cut_off_is_repaired_as_a_rehearsal(lockstep: Command, empty: Path) -> None:
    """The state of the stack's real tenant is not touched by what a rehearsal needs."""
    real_stack(empty)
    typed(lockstep, "up --stack prod --rehearse")
    state = empty / ".lockstep" / "prod" / "state.json"
    document = json.loads(state.read_text(encoding="utf-8"))
    resources = document["deployment"]["resources"]
    document["deployment"]["pending_operations"] = [{"type": "updating", "resource": resources[-1]}]
    state.write_text(json.dumps(document), encoding="utf-8")
    looked = lockstep("doctor", "--stack", "prod", "--rehearse", "--json").document
    assert looked["next"] == "lockstep repair --stack prod --rehearse"
    typed(lockstep, looked["next"].removeprefix("lockstep "))
    assert lockstep("doctor", "--stack", "prod", "--rehearse").code == 0


def test_b6_lock_of_a_machine_that_is_gone_is_named_by_its_file(lockstep: Command, project: Path) -> None:
    """Nobody here can end a process of a container that is not there any more."""
    lock = Path(".lockstep", "dev", "backend", ".pulumi", "locks", "organization", "lockstep", "dev", "1.json")
    lock.parent.mkdir(parents=True)
    lock.write_text('{"pid": 1, "username": "u", "hostname": "gone", "timestamp": "2026-11-25T00:00:00Z"}', "utf-8")
    refused = typed(lockstep, "repair", code=1)
    assert f"if that machine is gone, delete {lock} and run this again" in refused.err
    lock.unlink()
    typed(lockstep, "repair")
    typed(lockstep, "preview")


@pytest.mark.parametrize("served", [False, True], ids=["in process", "served"])
def test_b6_emulator_with_another_profile_is_made_anew_from_any_folder(
    lockstep: Command, project: Path, served: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow() -> None:
        monkeypatch.chdir(project.parent)
        refused = typed(lockstep, f"preview --profile no-spfx --cwd {project.name}", code=2)
        (reset,) = advised(refused)
        assert f"--state {project.name}/.lockstep/dev/emulator.sqlite" in reset
        typed(lockstep, reset)
        again = "" if "then this again without --profile" in refused.err else "--profile no-spfx "
        assert served is not bool(again)
        typed(lockstep, f"preview {again}--cwd {project.name}")

    if served:
        with running(project / ".lockstep" / "dev" / "emulator.sqlite"):
            follow()
    else:
        follow()


def test_b6_what_differs_is_shown_by_the_command_that_is_named(lockstep: Command, project: Path) -> None:
    set_app(project, "workspaces-sync", {"withhold": [{"permission": "Sites.Read.All", "reason": "r", "by": "b"}]})
    (preview,) = advised(typed(lockstep, "up --expect-no-changes", code=1))
    assert "Sites.Read.All" in typed(lockstep, preview).out


def test_b6_consents_that_nobody_documents_are_adopted_in_the_rehearsal_that_refuses_them(
    lockstep: Command, empty: Path
) -> None:
    """The provider says it, which knows no words of a command line: those of the run reach it."""
    real_stack(empty)
    set_setting(empty, "vendors: [atlas, atera]", "vendors: [atera]", "prod")
    set_setting(empty, 'editions: {atlas: "2025-03-01", ', "editions: {", "prod")
    for line in ("    api-client: {deploy: true}\n", "    pnp: {deploy: true}\n"):
        set_setting(empty, line, "", "prod")
    state = str(Path(".lockstep", "prod", "emulator.sqlite"))
    typed(lockstep, f"emulator reset --profile brownfield --state {state}")
    by_hand(empty, lambda hands: hands.give(ATERA, "Chat.Read"), "prod")
    (adopt,) = set(advised(typed(lockstep, "up --stack prod --rehearse", code=1)))
    assert adopt == "adopt --stack prod --rehearse --write"
    (preview,) = advised(typed(lockstep, adopt))
    assert "Chat.Read" in typed(lockstep, preview).out
    typed(lockstep, "up --stack prod --rehearse")


FILES: list[tuple[str, str, int]] = [
    ("audit --stack dev --compare given.json", "audit --stack dev --json", 0),
    ("report --audit given.json --stack dev", "audit --stack dev --json", 0),
    ("emulator reset --profile given.json", "capture", 0),
]


@pytest.mark.parametrize(("words", "makes", "code"), FILES, ids=[row[0].split()[0] for row in FILES])
@pytest.mark.parametrize("content", ["no JSON", "{}"])
def test_b6_wrong_file_names_the_command_that_makes_a_right_one(
    lockstep: Command, project: Path, words: str, makes: str, code: int, content: str
) -> None:
    (project / "given.json").write_text(content, encoding="utf-8")
    refused = typed(lockstep, words, code=2)
    assert [made.replace("STACK", "dev") for made in advised(refused)] == [makes]
    (project / "given.json").write_text(typed(lockstep, makes).out, encoding="utf-8")
    typed(lockstep, words, code=code)


def test_b6_plain_pulumi_without_the_emulator_is_told_what_starts_it(lockstep: Command, project: Path) -> None:
    with pytest.raises(SettingError) as refused:
        check_host(open_workplace(project, "dev").settings, None, "dev")
    (up,) = [words for words in COMMAND.findall(str(refused.value)) if "emulator env" not in words]
    typed(lockstep, up)
